"""Every API call that production's files hold: operation, input, and the place of each field."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of
from harness.inputs import operation_shapes
from harness.inputs.files import api_calls, cache
from harness.inputs.files.load_balancer import without_arn
from harness.inputs.files.phase_files import PHASE_FILES
from harness.inputs.files.schedule import CREATE_SCHEDULE
from harness.inputs.operation_shapes import kebab

if TYPE_CHECKING:
    from harness.inputs.document import Document
    from harness.inputs.production import Production

_NAMED = (("name", "value"), ("name", "valueFrom"), ("Key", "Value"), ("key", "value"))
"""Fields of the items of a list that stands for a map."""
_CLI_NAME = {"s3": "s3api"}
ROLLBACK = "the rollback"
_EGRESS_OF_EC2 = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
"""The egress of each new security group."""
_DEFAULT_GROUP = "default"
"""The group that EC2 makes with each VPC: its members reach each other."""
_MADE = "AWS makes it by itself: compare"
_ATTRIBUTES_AT_ONCE = 20
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
API_ModifyLoadBalancerAttributes.html (the model's maximum)"""
_BESIDE_ELBV2 = {"Rules": "CreateRule", "TargetGroups": "CreateTargetGroup"}
"""Keys of rules, and of target groups beside the app's own -> the operation."""
_TAGS, _TAG_SPECIFICATIONS = "Tags", "TagSpecifications"
"""The tags of a thing as EC2 prints them, and as it takes them."""
_DOCUMENT = re.compile(r"(?:^Policy|PolicyDocument|\bInput)$")
"""Fields that AWS takes as one JSON text, and the console as well."""


@dataclass(frozen=True)
class Leaf:
    """One value of an input, and the fields that hold it."""

    field: str
    """Path in the input without positions: ``containerDefinitions[].image``; of an entry of a
    list that stands for a map ``environment[APP_URL]``."""
    value: Any
    keys: tuple[str, ...]
    """Paths in the file: of an entry, that of its name, too."""

    @property
    def label_key(self) -> str:
        """The field without the names of entries, as labels of the console are kept by it."""
        return re.sub(r"\[[^\]]*\]", "[]", self.field)

    @property
    def entry(self) -> str:
        """The name of an entry of a list that stands for a map; empty for another field."""
        return self.field.rpartition("[")[2].removesuffix("]") if self.field.endswith("]") else ""

    @property
    def text(self) -> str:
        """The value as it is typed: a list of texts with commas, a document as JSON."""
        if isinstance(self.value, list) and all(isinstance(item, str) for item in self.value):
            return ",".join(self.value)
        return self.value if isinstance(self.value, str) else json.dumps(self.value)


@dataclass(frozen=True)
class FileCall:
    """One call of an API, from a file."""

    api: str
    operation: str
    input: Mapping[str, Any]
    key: str
    """Key of the file in cutover.toml, such as ``ecs.target_group``."""
    at: str = ""
    """Where in the file the input is; empty when the file is the input."""
    besides: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the input that stand elsewhere, or are known once it exists, as <placeholder>."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Field of the input -> its path in the file, where that has another name."""
    aside: str = ""
    """Why its step does not call it; empty where it does."""

    @property
    def leaves(self) -> list[Leaf]:
        """The values of the input, in its order."""
        return list(self._leaves(self.input, field="", key=""))

    def _leaves(self, value: Any, *, field: str, key: str) -> Iterator[Leaf]:
        if _DOCUMENT.search(field) and isinstance(value, Mapping):
            keys = tuple(
                place for leaf in self._leaves(value, field="", key=key) for place in leaf.keys
            )
            yield Leaf(field, value, keys)
        elif isinstance(value, Mapping) and value:
            for name, item in value.items():
                yield from self._leaves(item, field=_below(field, name), key=_below(key, name))
        elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
            for index, item in enumerate(value):
                pair = _pair(item)
                where = f"{key}[{index}]"
                if pair:
                    name, content = pair
                    keys = (self._place(_below(where, name)), self._place(_below(where, content)))
                    yield Leaf(f"{field}[{item[name]}]", item[content], keys)
                else:
                    yield from self._leaves(item, field=f"{field}[]", key=where)
        else:
            yield Leaf(field, value, (self._place(key),))

    def _place(self, key: str) -> str:
        item = key.partition(".")[0]
        for first in (item, item.partition("[")[0]):
            if first in self.renamed:
                return self.renamed[first] + key[len(first) :]
        return f"{self.at}.{key}".strip(".")

    @property
    def sent(self) -> dict[str, Any]:
        """The input as the AWS CLI takes it, with documents as text."""
        sent = api_calls.Call(self.operation, {**self.besides, **self.input}).sent
        if self.api == "ec2" and _TAGS in sent:
            noun = kebab(self.operation.removeprefix("Create"))
            sent[_TAG_SPECIFICATIONS] = [{"ResourceType": noun, "Tags": sent.pop(_TAGS)}]
        return {
            name: json.dumps(value) if _is_document(name, value) else value
            for name, value in sent.items()
        }

    def command(self, production: Production) -> str:
        """Return the command of the AWS CLI; a file that is the input is named, not repeated."""
        words = ["aws", _CLI_NAME.get(self.api, self.api), kebab(self.operation)]
        document = production.documents[self.key]
        if not self.at and not self.besides and not document.origins and self._is_file(document):
            return shlex.join(
                [*words, "--cli-input-json", f"file://{production.path_of(self.key)}"]
            )
        return shlex.join([*words, "--cli-input-json", json.dumps(self.sent)])

    def _is_file(self, document: Document) -> bool:
        return self.sent == document.data


def _is_document(name: str, value: Any) -> bool:
    return name.endswith("PolicyDocument") and not isinstance(value, str)


def _below(key: str, name: str) -> str:
    return f"{key}.{name}".removeprefix(".")


def _pair(item: Any) -> tuple[str, str] | None:
    """Return the fields of a name and its value, if an item of a list has these two alone."""
    for pair in _NAMED:
        if isinstance(item, Mapping) and item.keys() == {*pair} and item[pair[0]]:
            return pair
    return None


def calls_of(production: Production) -> list[FileCall]:
    """Return the calls of every file that cutover.toml names, in its order."""
    return [
        call
        for key, document in production.documents.items()
        for pattern, make in _FORMS.items()
        if fnmatch(key, pattern)
        for call in make(key, document.data)
    ]


def _whole(api: str, operation: str) -> Callable[[str, Mapping[str, Any]], Iterator[FileCall]]:
    def make(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
        yield FileCall(api, operation, data, key)

    return make


def _service(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
    """Return the call of a service; its revision is the one that the plan registered before."""
    latest = {
        name: family_of(value) if name == "taskDefinition" else value
        for name, value in data.items()
    }
    yield FileCall("ecs", "CreateService", latest, key)


def _operations(api: str) -> Callable[[str, Mapping[str, Any]], Iterator[FileCall]]:
    def make(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
        for call in api_calls.calls_in(data):
            yield FileCall(api, call.operation, call.input, key, at=call.key)

    return make


def _elbv2(noun: str) -> Callable[[str, Mapping[str, Any]], Iterator[FileCall]]:
    def make(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
        name = data[noun]["Name"]
        arn = {f"{noun}Arn": f"<ARN of {name}>"}
        yield FileCall("elbv2", f"Create{noun}", data[noun], key, at=noun)
        attributes = data.get("Attributes") or []
        for start in range(0, len(attributes), _ATTRIBUTES_AT_ONCE):
            some = attributes[start : start + _ATTRIBUTES_AT_ONCE]
            places = {f"Attributes[{n}]": f"Attributes[{start + n}]" for n in range(len(some))}
            yield FileCall(
                *("elbv2", f"Modify{noun}Attributes", {"Attributes": some}, key),
                besides=arn,
                renamed=places,
            )
        for index, listener in enumerate(data.get("Listeners") or ()):
            at = f"Listeners[{index}]"
            content = without_arn(listener)
            yield FileCall("elbv2", "CreateListener", content, key, at=at, besides=arn)
        for field_name, operation in _BESIDE_ELBV2.items():
            for index, entry in enumerate(data.get(field_name) or ()):
                yield FileCall("elbv2", operation, entry, key, at=f"{field_name}[{index}]")
        if data.get("Certificates"):
            content = {"Certificates": data["Certificates"]}
            listener = {"ListenerArn": "<ARN of the HTTPS listener>"}
            yield FileCall("elbv2", "AddListenerCertificates", content, key, besides=listener)

    return make


def _security_groups(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
    """Return a call for each group first, since rules name other groups."""
    groups = list(enumerate(data["SecurityGroups"]))
    for index, group in groups:
        fields = {*operation_shapes.input_shape("ec2", "CreateSecurityGroup").members, _TAGS}
        content = {name: value for name, value in group.items() if name in fields and value != []}
        aside = _MADE if group["GroupName"] == _DEFAULT_GROUP else ""
        at = f"SecurityGroups[{index}]"
        needed = {} if "Description" in content else {"Description": group["GroupName"]}
        yield FileCall(
            "ec2", "CreateSecurityGroup", content, key, at=at, besides=needed, aside=aside
        )
    for index, group in groups:
        yield from _rules(group, key=key, at=f"SecurityGroups[{index}]")


def _rules(group: Mapping[str, Any], *, key: str, at: str) -> Iterator[FileCall]:
    """Return the calls for a group's rules; EC2 lets each new group out to everywhere."""
    identity = {"GroupId": group["GroupId"]}
    peers = [peer for rule in group.get("IpPermissions") or () for peer in _peers(rule)]
    is_default = group["GroupName"] == _DEFAULT_GROUP and peers == [group["GroupId"]]
    egress = group.get("IpPermissionsEgress")
    opens = egress is None or (all(_is_of_ec2(rule) for rule in egress) and bool(egress))
    if not opens:
        everywhere = {"IpPermissions": _EGRESS_OF_EC2}
        yield FileCall("ec2", "RevokeSecurityGroupEgress", identity, key, at=at, besides=everywhere)
    for direction, field_name, is_made in (
        ("Ingress", "IpPermissions", is_default),
        ("Egress", "IpPermissionsEgress", opens),
    ):
        if group.get(field_name):
            content = {**identity, "IpPermissions": group[field_name]}
            renamed = {"IpPermissions": f"{at}.{field_name}"}
            aside = _MADE if is_made else ""
            operation = f"AuthorizeSecurityGroup{direction}"
            yield FileCall("ec2", operation, content, key, at=at, renamed=renamed, aside=aside)


def _peers(rule: Mapping[str, Any]) -> list[str]:
    """Return the peers of a rule: group ids, addresses and prefix lists."""
    fields = ("UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds")
    names = ("GroupId", "CidrIp", "CidrIpv6", "PrefixListId")
    return [
        str(peer.get(name))
        for field_name, name in zip(fields, names, strict=True)
        for peer in rule.get(field_name) or ()
    ]


def _is_of_ec2(rule: Mapping[str, Any]) -> bool:
    """Whether a rule lets out everything; a VPC with IPv6 has both addresses."""
    return rule["IpProtocol"] == "-1" and {*_peers(rule)} <= {"0.0.0.0/0", "::/0"}


def _cache(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
    """Return the call that makes the cache; its endpoint is no part of it."""
    content = {name: value for name, value in data.items() if name in cache.NAMES}
    yield from _operations("elasticache")(key, content)


def _role(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
    left_out = ("Policies", "ManagedPolicyArns")
    content = {name: value for name, value in data.items() if name not in left_out}
    yield FileCall("iam", "CreateRole", content, key)
    role = {"RoleName": data["RoleName"]}
    for index, policy in enumerate(data.get("Policies") or ()):
        at = f"Policies[{index}]"
        if "PolicyArn" in policy:
            attachment = {"PolicyArn": policy["PolicyArn"]}
            yield FileCall("iam", "AttachRolePolicy", attachment, key, at=at, besides=role)
        else:
            yield FileCall("iam", "PutRolePolicy", policy, key, at=at, besides=role)
    for index, arn in enumerate(data.get("ManagedPolicyArns") or ()):
        attachment, place = {"PolicyArn": arn}, {"PolicyArn": f"ManagedPolicyArns[{index}]"}
        yield FileCall("iam", "AttachRolePolicy", attachment, key, besides=role, renamed=place)


def _schedule(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
    yield from _operations("scheduler" if CREATE_SCHEDULE in data else "events")(key, data)


def _changes_of_dns(key: str, data: Mapping[str, Any]) -> Iterator[FileCall]:
    for index, call in enumerate(api_calls.calls_in(data)):
        aside = ROLLBACK if index else ""
        yield FileCall("route53", call.operation, call.input, key, at=call.key, aside=aside)


_FORMS: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[FileCall]]] = {
    "iam.*": _role,
    "network.security_groups": _security_groups,
    "ecs.load_balancer": _elbv2("LoadBalancer"),
    "ecs.target_group": _elbv2("TargetGroup"),
    "*.task_definition": _whole("ecs", "RegisterTaskDefinition"),
    "services.*.service": _service,
    "resources.bucket": _operations("s3"),
    "resources.queues": _operations("sqs"),
    "resources.identity": _operations("ses"),
    "aws.mail_receipt_rule": _operations("ses"),
    "schedule.rule": _schedule,
    "schedules.*.rule": _schedule,
    "cache.file": _cache,
    **{f"phases.{name}": _operations(file.api) for name, file in PHASE_FILES.items()},
    "phases.dns": _changes_of_dns,
}
"""Key of cutover.toml -> the calls of its file."""
