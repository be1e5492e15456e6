"""Where tasks start: each has subnets, and security groups of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.reading import Reading

_SUBNET = "subnet-"


def reject(reading: Reading, tasks: Mapping[str, Service | Schedule]) -> None:
    """Keep the problems of the places of all tasks."""
    for problem in problems(tasks, files=reading.files):
        reading.reject(reading.documents[problem.file], [problem])


def problems(
    tasks: Mapping[str, Service | Schedule], *, files: Mapping[str, str]
) -> Iterator[Problem]:
    """A task of Fargate starts in subnets, which ids name, and its groups let its visitors in.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html

    Args:
        tasks: What starts tasks, by the keys of their files.
        files: Key of cutover.toml -> path of the file.
    """
    for key, task in tasks.items():
        network, file = task.network, files[key]
        if not network.subnets:
            yield Problem(
                network.key_of("subnets"),
                "is missing: ECS starts no task of Fargate without",
                "name a subnet in each of two zones",
                file=file,
            )
            continue
        for index, subnet in enumerate(network.subnets):
            if not subnet.startswith(_SUBNET):
                yield Problem(
                    f"{network.key_of('subnets')}[{index}]",
                    f'is "{subnet}", which is no id of a subnet',
                    "write it as `aws ec2 describe-subnets` prints it: subnet-...",
                    file=file,
                )
        if not network.security_groups:
            yield Problem(
                network.key_of("securityGroups"),
                "is missing, so that ECS takes the VPC's default group, which lets in its own"
                " members alone",
                "name the groups of the tasks by their ids; the default group's, if it is meant",
                file=file,
            )
