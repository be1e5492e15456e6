"""Accounts, regions and partitions in every file: the configuration's, or listed as foreign.

``aws.foreign`` lists what is somebody else's: account ids, regions, and ARNs, in which ``*`` and
``?`` stand for any characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from harness.aws import arn as arns
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.aws.arn import Arn
    from harness.inputs.config import Config
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.files.iam_roles import RoleFile
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.reading import Reading

_ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:[^:\s\"'/]*:[^:\s\"'/]*:[^\s\"',]+")
"""An ARN in a text, which may be a policy as JSON."""
_AWS = "aws"
"""The account in the ARNs of policies that AWS manages."""
_REGION_KEYS = ("awslogs-region", "LocationConstraint")
_OWN_ARNS = (
    *("ARN", "Arn", "taskDefinitionArn", "serviceArn"),
    *("LoadBalancerArn", "TargetGroupArn", "ListenerArn"),
)
"""Fields in which the AWS CLI prints a resource's own ARN, which no input has."""
_SEVERAL = 5
"""ARNs that are more than a slip in a file."""
_OWNERS = (
    *("OwnerId", "UserId", "AccountId"),
    *("aws:SourceAccount", "aws:PrincipalAccount", "aws:ResourceAccount", "s3:ResourceAccount"),
)
"""Fields, and condition keys of policies, that hold one account."""
_PEERED = "VpcPeeringConnectionId"
"""A security group that says itself that it is another VPC's."""


def reject(
    reading: Reading,
    *,
    settings: Config,
    roles: Iterable[RoleFile],
    tasks: Iterable[Service | Schedule],
) -> None:
    """Keep the problems of every file that was read, but not of a role that no task has."""
    used = {arn.rpartition("/")[2] for task in tasks for arn in _role_arns(task)}
    unused = {str(role.path) for role in roles if role.name not in used}
    judged = [document for path, document in reading.documents.items() if path not in unused]
    references = [
        arn for source in judged for _, text in _texts(source.data) for arn in _arns(text)
    ]
    for key, part in (("account_id", "account"), ("region", "region")):
        values = Counter(
            value for arn in references if (value := getattr(arn, part)) not in ("", _AWS)
        )
        other, count = (*values.most_common(1), ("", 0))[0]
        if len(values) == 1 and count >= _SEVERAL and other != getattr(settings, key):
            # One mistake is one problem; the rest is judged by the files' own.
            message = f'is "{getattr(settings, key)}", and all {count} ARNs of the files are in'
            problem = Problem(f"aws.{key}", f'{message} "{other}"', "correct it")
            reading.reject(reading.toml, [problem])
            settings = replace(settings, **{key: other})
    for document in judged:
        reading.reject(document, problems(document.data, config=settings))
        for output in reading.printed(document.path):
            reading.reject(output, _of_owner(output.data, config=settings))


def _role_arns(task: Service | Schedule) -> Iterator[str]:
    yield from (task.definition.task_role_arn, task.definition.execution_role_arn)
    target = getattr(task, "target", {})
    yield str(target.get("RoleArn") or "")


def problems(data: Mapping[str, Any], *, config: Config) -> Iterator[Problem]:
    """Report each ARN, account and region of a file that is neither ours nor listed."""
    for key, text in _texts(data):
        name = key.rpartition(".")[2]
        if name in _REGION_KEYS and text != config.region and not _is_listed(text, config):
            yield _problem(key, "region", text, wanted=config.region, where="")
        elif name in _OWNERS and text != config.account_id and not _is_listed(text, config):
            yield _problem(key, "account", text, wanted=config.account_id, where="")
        for match in _ARN.findall(text):
            yield from _of_arn(key, match, config)


def _of_owner(data: Mapping[str, Any], *, config: Config) -> Iterator[Problem]:
    """Report a resource of another account or region that was printed."""
    for key, text in _texts(data):
        if key.rpartition(".")[2] in _OWN_ARNS:
            yield from _of_arn(key, text, config)


def _arns(text: str) -> list[Arn]:
    """Return the ARNs in a text, without those that stand for several."""
    references = (arns.parse(match) for match in _ARN.findall(text))
    return [arn for arn in references if arn and not set("*?") & {*arn.region, *arn.account}]


def _of_arn(key: str, text: str, config: Config) -> Iterator[Problem]:
    arn = arns.parse(text)
    if arn is None or _is_listed(text, config):
        return
    for part, value, setting in (
        ("partition", arn.partition, arns.partition_of(config.region)),
        ("region", arn.region, config.region),
        ("account", arn.account, config.account_id),
    ):
        is_own = not value or fnmatchcase(setting, value) or (part == "account" and value == _AWS)
        if not is_own and not _is_listed(value, config):
            yield _problem(key, part, value, wanted=setting, where=f": {text}")


def _is_listed(text: str, config: Config) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in config.foreign)


def _problem(key: str, part: str, value: str, *, wanted: str, where: str) -> Problem:
    setting = "account_id" if part == "account" else "region"
    return Problem(
        key,
        f'is in the {part} "{value}", and the configuration\'s is "{wanted}"{where}',
        f"correct it, or aws.{setting}; if it is somebody else's on purpose, add it to aws.foreign",
    )


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Go through the texts of a file with their keys."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping) and not value.get(_PEERED):
        for name, item in value.items():
            yield from _texts(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{key}[{index}]")
