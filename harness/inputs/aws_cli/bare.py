"""Inputs without the name of their operation, as ``--cli-input-json`` takes them.

Several stand in one file one after another, as outputs do. They are told by their fields, which
are all of one operation's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.inputs import operation_shapes
from harness.inputs.document import Document, Origin
from harness.inputs.files.bucket import SETTINGS

_ATTRIBUTES = "Attributes"
_LISTS = ("Listeners", "Rules", "CreateQueue")
"""Keys with a list, also of one input."""
_BUCKET = {
    **{wrapper or field: operation for field, (operation, wrapper) in SETTINGS.items()},
    "Bucket": "CreateBucket",
}
"""Field of an input -> the operation that it is of."""


@dataclass(frozen=True)
class _Form:
    """One operation's input."""

    api: str
    operation: str
    needed: tuple[str, ...]
    """Fields that tell it from others."""
    name: str
    """Key of the file's form that holds the input, or its part."""
    part: str = ""

    def fits(self, data: Mapping[str, Any]) -> bool:
        """Whether an object is such an input."""
        fields = operation_shapes.input_shape(self.api, self.operation).members
        return {*self.needed} <= {*data} <= {*fields}


_FORMS: Mapping[str, tuple[_Form, ...]] = {
    "load_balancer": (
        _Form("elbv2", "CreateListener", ("DefaultActions",), "Listeners"),
        _Form("elbv2", "CreateRule", ("Conditions", "Actions"), "Rules"),
        _Form(
            *("elbv2", "ModifyLoadBalancerAttributes", ("LoadBalancerArn", _ATTRIBUTES)),
            *(_ATTRIBUTES, _ATTRIBUTES),
        ),
        *(
            _Form("elbv2", "CreateLoadBalancer", ("Name", field), "LoadBalancer")
            for field in ("SecurityGroups", "Subnets", "SubnetMappings")
        ),
    ),
    "target_group": (
        _Form(
            *("elbv2", "ModifyTargetGroupAttributes", ("TargetGroupArn", _ATTRIBUTES)),
            *(_ATTRIBUTES, _ATTRIBUTES),
        ),
        *(
            _Form("elbv2", "CreateTargetGroup", ("Name", field), "TargetGroup")
            for field in ("VpcId", "TargetType")
        ),
    ),
    "queues": (_Form("sqs", "CreateQueue", ("QueueName",), "CreateQueue"),),
    "bucket": tuple(
        _Form("s3", operation, tuple({"Bucket", field}), operation)
        for field, operation in _BUCKET.items()
    ),
}
"""Key of cutover.toml -> the inputs that its file may hold."""


def key_of(document: Document) -> str:
    """Return the key of a file of such inputs, without its table; empty for any other."""
    return next((key for key in _FORMS if any(_parts(document, key))), "")


def names(document: Document, key: str) -> list[str]:
    """Return the keys under which a file's inputs stand in the file of a key."""
    return [form.name for form, _ in _parts(document, key)] if key in _FORMS else []


def merged(document: Document, key: str) -> Document:
    """Return the inputs of a file as one object with their keys, before its other objects."""
    data: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    rest: list[Document] = []
    for form, source in _forms(document, key):
        if form is None:
            rest.append(replace(source, others=()))
            continue
        values = data.setdefault(form.name, [])
        value = source.data[form.part] if form.part else source.data
        if form.part:
            origins.setdefault(form.name, Origin(source, form.part))
            values += value if isinstance(value, list) else [value]
        else:
            origins[f"{form.name}[{len(values)}]"] = Origin(replace(source, others=()), "")
            values.append(value)
    for name, inputs in data.items():
        if len(inputs) == 1 and name not in (*_LISTS, _ATTRIBUTES):
            data[name], origins[name] = inputs[0], origins.pop(f"{name}[0]")
    documents = tuple(rest)
    return replace(document, data=data, others=documents, origins=origins) if data else document


def _parts(document: Document, key: str) -> Iterator[tuple[_Form, Document]]:
    """Go through the objects of a file with their forms; none where one has none."""
    forms = _forms(document, key)
    yield from (
        ((form, source) for form, source in forms if form) if all(f for f, _ in forms) else ()
    )


def _forms(document: Document, key: str) -> list[tuple[_Form | None, Document]]:
    """List the objects of a file, each with its form as far as it is such an input."""
    return [
        (next((form for form in _FORMS[key] if form.fits(source.data)), None), source)
        for source in document.objects
    ]
