"""Ids and ARNs: made here as AWS forms them, and taken apart again."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass

from harness.aws.arn import partition_of


def task_id() -> str:
    """Return a new task id: 32 hexadecimal digits, as ECS's."""
    return secrets.token_hex(16)


def deployment_id() -> str:
    """Return a new deployment id in ECS's form."""
    return f"ecs-svc/{secrets.randbelow(9 * 10**18) + 10**18}"


def runtime_id(task: str) -> str:
    """Return a container's id on Fargate: the task's id and ten digits."""
    return f"{task}-{secrets.randbelow(9 * 10**9) + 10**9}"


def suffix() -> str:
    """Return the sixteen hexadecimal digits that end ELB's ARNs."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Account:
    """Forms ARNs of one account in one region."""

    account_id: str
    region: str

    def ecs(self, resource: str) -> str:
        """Return the ARN of an ECS resource such as ``service/tickets/tickets-web``."""
        return self._arn("ecs", resource)

    def elb(self, resource: str) -> str:
        """Return the ARN of a load balancing resource such as ``targetgroup/name/suffix``."""
        return self._arn("elasticloadbalancing", resource)

    def events(self, resource: str) -> str:
        """Return the ARN of an EventBridge resource such as ``rule/name``."""
        return self._arn("events", resource)

    def scheduler(self, resource: str) -> str:
        """Return the ARN of an EventBridge Scheduler resource such as ``schedule-group/name``."""
        return self._arn("scheduler", resource)

    def _arn(self, service: str, resource: str) -> str:
        partition = partition_of(self.region)
        return f"arn:{partition}:{service}:{self.region}:{self.account_id}:{resource}"


def last_part(name_or_arn: str) -> str:
    """Return the part after the last slash: the name or id in an ECS ARN, or the text itself."""
    return name_or_arn.rsplit("/", 1)[-1]


def family_and_revision(text: str) -> tuple[str, int | None]:
    """Take ``family``, ``family:revision`` or a task definition's ARN apart."""
    family, _, revision = last_part(text).partition(":")
    return family, int(revision) if re.fullmatch(r"\d+", revision) else None


def elb_name(arn: str) -> str:
    """Return the name in a target group's or load balancer's ARN; its random suffix is ignored.

    Production's ARNs thus find the resource of that name here.
    """
    resource = arn.split(":", 5)[-1]
    parts = resource.split("/")
    return parts[-2] if len(parts) > 2 else resource


def credentials_id() -> str:
    """Return a new, unguessable id for a task's credentials."""
    return str(uuid.uuid4())
