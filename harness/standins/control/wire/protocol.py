"""AWS's wire formats: JSON 1.1 as ECS speaks it and the query protocol of ELBv2.

Inputs are checked and outputs written by botocore's own service models, so that a field which AWS
does not have can neither be read nor sent. Unknown input fields are dropped, as AWS drops them.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from harness.standins.control.wire import newer_shapes

JSON_TYPE = "application/x-amz-json-1.1"
XML_TYPE = "text/xml"


class ApiError(Exception):
    """An error that the API answers with AWS's own code and words."""

    def __init__(self, code: str, *, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@cache
def service_model(name: str) -> ServiceModel:
    """Return botocore's model of a service, without documentation, which is most of its size."""
    raw = Loader().load_service_model(name, "service-2")
    _drop_documentation(raw)
    newer_shapes.add_to(raw, service=name)
    return ServiceModel(raw, service_name=name)


def _drop_documentation(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("documentation"), str):
            del node["documentation"]
        for item in node.values():
            _drop_documentation(item)
    elif isinstance(node, list):
        for item in node:
            _drop_documentation(item)


def operation(service: str, *, name: str) -> OperationModel | None:
    """Return the model of an operation, or None when AWS has none of this name."""
    model = service_model(service)
    return model.operation_model(name) if name in model.operation_names else None


def read_json(body: bytes, *, model: OperationModel) -> dict[str, Any]:
    """Read and check a JSON 1.1 request."""
    try:
        raw = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", message="Could not parse the request") from error
    if model.input_shape is None:
        return {}
    request = _known_only(raw, shape=model.input_shape)
    report = ParamValidator().validate(request, model.input_shape)
    if report.has_errors():
        code = "InvalidParameterException"
        if model.name in ("RegisterTaskDefinition", "DescribeTaskDefinition"):
            code = "ClientException"
        raise ApiError(code, message=report.generate_report())
    return cast("dict[str, Any]", request)


_EXPECTED: dict[str, tuple[type, str]] = {
    "structure": (dict, "an Object"),
    "map": (dict, "an Object"),
    "list": (list, "a List"),
    "string": (str, "a String"),
    "boolean": (bool, "a Boolean"),
    "integer": (int, "an Integer"),
    "long": (int, "a Long"),
}


def _known_only(value: Any, *, shape: Shape) -> Any:
    """Drop unknown fields and nulls, which mean the same as leaving them out; check JSON types."""
    kind, name = _EXPECTED.get(shape.type_name, (object, ""))
    fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if not fits:
        message = f"{_json_kind(value)} can not be converted to {name}"
        raise ApiError("SerializationException", message=message)
    if isinstance(shape, StructureShape):
        return {
            key: _known_only(item, shape=shape.members[key])
            for key, item in value.items()
            if key in shape.members and item is not None
        }
    if isinstance(shape, ListShape):
        return [_known_only(item, shape=shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: _known_only(item, shape=shape.value) for key, item in value.items()}
    return value


def _json_kind(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, (int, float)):
        return "NUMBER_VALUE"
    names = ((str, "STRING_VALUE"), (list, "START_ARRAY"), (dict, "START_OBJECT"))
    return next((name for kind, name in names if isinstance(value, kind)), "NULL")


def _no_unknown(value: Mapping[str, Any], *, shape: StructureShape) -> None:
    unknown = value.keys() - shape.members.keys()
    if unknown:
        raise TypeError(f"{shape.name} has no {sorted(unknown)}")


def to_json(value: Any, *, shape: Shape | None) -> Any:
    """Turn an output into JSON 1.1's form: times as numbers, empty fields left out."""
    if isinstance(shape, StructureShape):
        _no_unknown(value, shape=shape)
        return {
            key: to_json(item, shape=shape.members[key])
            for key, item in value.items()
            if item is not None
        }
    if isinstance(shape, ListShape):
        return [to_json(item, shape=shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: to_json(item, shape=shape.value) for key, item in value.items()}
    if shape is not None and shape.type_name == "timestamp":
        return round(value, 3)
    return value


def read_query(body: bytes) -> tuple[str, dict[str, str]]:
    """Return the action and the flat parameters of a query request."""
    flat = dict(parse_qsl(body.decode(), keep_blank_values=True))
    flat.pop("Version", None)
    return flat.pop("Action", ""), flat


def unflatten(flat: Mapping[str, str], *, model: OperationModel) -> dict[str, Any]:
    """Build and check the input of a query request."""
    if model.input_shape is None:
        return {}
    value = _from_flat(flat, prefix="", shape=model.input_shape) or {}
    report = ParamValidator().validate(value, model.input_shape)
    if report.has_errors():
        raise ApiError("ValidationError", message=report.generate_report())
    return cast("dict[str, Any]", value)


def _from_flat(flat: Mapping[str, str], *, prefix: str, shape: Shape) -> Any:
    if isinstance(shape, StructureShape):
        fields = {}
        for key, member in shape.members.items():
            value = _from_flat(flat, prefix=f"{prefix}.{key}" if prefix else key, shape=member)
            if value is not None:
                fields[key] = value
        return fields or None
    if isinstance(shape, ListShape):
        item_name = re.escape(f"{prefix}.{shape.member.serialization.get('name', 'member')}")
        pattern = re.compile(rf"^{item_name}\.(\d+)(\.|$)")
        indexes = sorted({int(m[1]) for m in map(pattern.match, flat) if m})
        stem = f"{prefix}.{shape.member.serialization.get('name', 'member')}"
        items = [_from_flat(flat, prefix=f"{stem}.{i}", shape=shape.member) for i in indexes]
        return items or None
    text = flat.get(prefix)
    if text is None:
        return None
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            raise ApiError("ValidationError", message=f"'{prefix}' must be a number, not '{text}'")
        return int(text)
    return text.lower() == "true" if shape.type_name == "boolean" else text


def to_xml(value: Mapping[str, Any], *, model: OperationModel) -> str:
    """Write the answer to a query request."""
    name = model.name
    inner = ""
    if model.output_shape is not None:
        result = _xml(value, shape=model.output_shape)
        inner = f"<{name}Result>{result}</{name}Result>"
    space = model.service_model.metadata["xmlNamespace"]
    return (
        f'<{name}Response xmlns="{space}">{inner}<ResponseMetadata>'
        f"<RequestId>{request_id()}</RequestId></ResponseMetadata></{name}Response>"
    )


def _xml(value: Any, *, shape: Shape) -> str:
    if isinstance(shape, StructureShape):
        _no_unknown(value, shape=shape)
        return "".join(
            f"<{key}>{_xml(item, shape=shape.members[key])}</{key}>"
            for key, item in value.items()
            if item is not None
        )
    if isinstance(shape, ListShape):
        tag = shape.member.serialization.get("name", "member")
        return "".join(f"<{tag}>{_xml(item, shape=shape.member)}</{tag}>" for item in value)
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, tz=UTC).isoformat(timespec="milliseconds")
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return escape(str(value))


def error_json(error: ApiError) -> dict[str, str]:
    """Return the body of a JSON 1.1 error."""
    return {"__type": error.code, "message": error.message}


def error_xml(error: ApiError) -> str:
    """Return the body of a query error."""
    kind = "Sender" if error.status < 500 else "Receiver"
    return (
        '<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">'
        f"<Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id()}</RequestId></ErrorResponse>"
    )


def request_id() -> str:
    """Return a new request id."""
    return secrets.token_hex(16)
