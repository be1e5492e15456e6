"""The account that checks put their questions to: read-only answers, and production's files.

The local stack is one, too: its APIs answer for the account of cutover.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws import declared
from harness.phases.phase import Finding, NotCovered
from harness.target import locate, naming, observer
from harness.target.clients import account, aws
from harness.target.resources.ecs import SERVICES_AT_ONCE

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.production import Production
    from harness.target.access import Access

_IAM_PREFIX = {
    "elbv2": "elasticloadbalancing",
    "sesv2": "ses",
    "service-quotas": "servicequotas",
}


def iam_action(service: str, operation: str) -> str:
    """Return the IAM action of a service's operation."""
    return observer.action(f"{_IAM_PREFIX.get(service, service)}:{operation}")


@dataclass
class Account:
    """Answers of an account, each call made once."""

    production: Production
    access: Access
    client: Callable[[str], Any]
    """Makes a boto3 client of a service."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_local: bool = False
    """Whether stand-ins answer."""
    is_observed: bool = True
    """Whether a guard lets reads pass only, and no value of a secret."""
    _clients: dict[str, Any] = field(default_factory=dict)
    _answers: dict[str, Any] = field(default_factory=dict)

    def read(self, service: str, operation: str, *, at_most: int = 0, **arguments: Any) -> Any:
        """Return the whole answer of a read operation; None where there is no such thing.

        Args:
            service: As boto3 calls it.
            operation: As the API calls it.
            at_most: How many items of a long list are enough; 0 for all.
            arguments: Its input.

        Raises:
            TargetError: AWS refuses the call, or does not answer.
        """
        key = f"{service} {operation} {sorted(arguments.items())}"
        if key not in self._answers:
            self._answers[key] = self._call(service, operation, arguments, at_most=at_most)
        return self._answers[key]

    def _call(
        self, service: str, operation: str, arguments: Mapping[str, Any], *, at_most: int
    ) -> Any:
        if service not in self._clients:
            self._clients[service] = self.client(service)
        client = self._clients[service]
        names = {api: method for method, api in client.meta.method_to_api_mapping.items()}
        method = names[operation]
        call: Callable[[], Any] = partial(getattr(client, method), **arguments)
        if client.can_paginate(method):
            limits = {"PaginationConfig": {"MaxItems": at_most}} if at_most else {}
            call = client.get_paginator(method).paginate(**arguments, **limits).build_full_result
        asking = iam_action(service, operation)
        answer = account.find(call, profile=self.access.profile, asking=asking)
        return {k: v for k, v in answer.items() if k != "ResponseMetadata"} if answer else answer

    def name_of(self, key: str, *, noun: str) -> str:
        """Return the name of one of the app's resources.

        Raises:
            NotCovered: The app has none.
        """
        if key not in self.access.resources:
            place = "schedule.rule" if key == "rule" else "resources"
            raise NotCovered(f"the app has no {noun}", key=f"set {place}")
        return str(self.access.resources[key])

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the cluster's services of production that exist, by their names there."""
        names = list(self.access.services.values())
        descriptions: list[dict[str, Any]] = []
        for first in range(0, len(names), SERVICES_AT_ONCE):
            part = names[first : first + SERVICES_AT_ONCE]
            answer = self.read(
                "ecs", "DescribeServices", cluster=self.access.cluster, services=part
            )
            descriptions += answer["services"] if answer else []
        return {
            service["serviceName"]: service
            for service in descriptions
            if service.get("status", "ACTIVE") == "ACTIVE"
        }

    def load_balancer(self) -> dict[str, Any] | None:
        """Return production's load balancer; None where there is none."""
        answer = self.read("elbv2", "DescribeLoadBalancers", Names=[self.access.load_balancer])
        return next(iter(answer["LoadBalancers"]), None) if answer else None

    def target_group(self) -> dict[str, Any] | None:
        """Return production's target group, with its name as CreateTargetGroup has it."""
        answer = self.read("elbv2", "DescribeTargetGroups", Names=[self.access.target_group])
        group = next(iter(answer["TargetGroups"]), None) if answer else None
        return {**group, "Name": group["TargetGroupName"]} if group else None

    def file(self, key: str, *, noun: str) -> Mapping[str, Any]:
        """Return the content of an input file.

        Raises:
            NotCovered: cutover.toml names none.
        """
        if key not in self.production.documents:
            raise NotCovered(f"no file says how {noun} should be", key=f"set {key}")
        return self.production.documents[key].data

    def differences(
        self, thing: str, fields: Mapping[str, Any], answer: Mapping[str, Any], *, key: str
    ) -> Iterator[Finding]:
        """Compare the input of an operation, from a file, with the account's answer."""
        place = self.production.path_of(key)
        for text in declared.differences(fields, answer):
            yield Finding(thing, f"as in {place}", text, _remedy(place))

    def default_differences(
        self, thing: str, usual: Mapping[str, Any], answer: Mapping[str, Any], *, key: str
    ) -> Iterator[Finding]:
        """Compare AWS's defaults with the account's answer, where a file says nothing."""
        place = self.production.path_of(key)
        source = f"by default, and {place} has none"
        for text in declared.differences(usual, answer, source=source):
            yield Finding(thing, "the default", text, _remedy(place))

    def addition(self, thing: str, *, key: str) -> Finding:
        """Return the finding of a thing that only the account has."""
        place = self.production.path_of(key)
        actual = f"it is only there: {place} has none, and no rehearsal has seen it"
        return Finding(thing, f"none, as in {place}", actual, _remedy(place))


def _remedy(place: str) -> str:
    return f"change it in the account, or correct {place} and rehearse again"


def of_files(production: Production) -> Account:
    """Return the files alone: no account answers."""

    def refuse(service: str) -> Any:
        raise NotCovered(f"there is no account that could answer for {service}")

    return Account(production, naming.names_in(production), refuse)


def of_stack(production: Production, *, home: Path) -> Account:
    """Return the stack that is up on this machine, as an account.

    Raises:
        TargetError: No stack is up.
    """
    access = locate.local(home).access
    return Account(
        production,
        access,
        lambda service: aws.aws(access, service),
        is_local=True,
        is_observed=False,
    )


def of_aws(production: Production, *, profile: str) -> Account:
    """Return the AWS account of cutover.toml; the guard lets only reads pass.

    Raises:
        UnsafeTarget: The credentials are another account's, or the root user's.
        TargetError: There are no usable credentials.
    """
    access = replace(naming.names_in(production), profile=profile)
    sts = aws.account_client(access, "sts")
    account.find_caller(sts, account=access.account_id, profile=profile)
    return Account(
        production,
        access,
        lambda service: aws.account_client(access, service),
        is_local=account.has_local_endpoint(sts),
    )
