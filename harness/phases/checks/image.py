"""Phase 3: the image in ECR, and its scan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.phases.account import Account
from harness.phases.checks.readiness import running_tasks
from harness.phases.phase import Finding, NotCovered, absent, check

_NO_ECR = "the image is on this machine's engine; the rehearsal scans its packages itself"
_ECR = re.compile(r"\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com(?:\.cn)?/(?P<name>[^:@]+):(?P<tag>.+)")
_TO_TRIAGE = ("CRITICAL", "HIGH")
_DONE = ("COMPLETE", "ACTIVE")


def _reference(account: Account) -> re.Match[str]:
    reference = account.production.app_image
    found = _ECR.fullmatch(reference)
    if not found:
        raise NotCovered(f"{reference} is no tag in ECR", key="its registry tells")
    return found


def _image(account: Account) -> dict[str, Any] | None:
    reference = _reference(account)
    answer = account.read(
        "ecr",
        "DescribeImages",
        repositoryName=reference["name"],
        imageIds=[{"imageTag": reference["tag"]}],
    )
    return next(iter(answer["imageDetails"]), None) if answer else None


@check(
    "3.image",
    reads=("ecr:DescribeRepositories", "ecr:DescribeImages"),
    not_local=_NO_ECR,
    readiness=True,
)
def image(account: Account) -> Iterator[Finding]:
    """The task definitions' tag is in ECR, and cannot be overwritten."""
    name, tag = _reference(account).groups()
    answer = account.read("ecr", "DescribeRepositories", repositoryNames=[name])
    if answer is None:
        remedy = f"aws ecr create-repository --repository-name {name}"
        yield absent(f"ECR repository {name}", remedy=remedy)
        return
    mutability = answer["repositories"][0].get("imageTagMutability", "MUTABLE")
    if not mutability.startswith("IMMUTABLE"):
        yield Finding(
            f"ECR repository {name}",
            "tags that cannot be overwritten",
            mutability,
            f"aws ecr put-image-tag-mutability --repository-name {name}"
            " --image-tag-mutability IMMUTABLE",
        )
    if _image(account) is None:
        yield absent(f"image {name}:{tag}", remedy="push it: `cutover phase 3 --plan`")


@check(
    "3.image-runs",
    reads=("ecr:DescribeImages", "ecs:ListTasks", "ecs:DescribeTasks"),
    not_local=_NO_ECR,
)
def image_runs(account: Account) -> Iterator[Finding]:
    """Running tasks have the image of the task definitions' tag."""
    found = _image(account)
    if found is None:
        raise NotCovered("the tag is not in ECR", key="3.image")
    for task in running_tasks(account):
        for container in task["containers"]:
            digest = container.get("imageDigest")
            if container.get("image") == account.production.app_image and digest not in (
                None,
                found["imageDigest"],
            ):
                yield Finding(
                    f"task {task['taskArn'].rpartition('/')[2]}",
                    found["imageDigest"],
                    digest,
                    "the tag was pushed anew: start a new deployment, and make tags immutable",
                )


@check("3.scan-clean", reads=("ecr:DescribeImageScanFindings",), not_local=_NO_ECR)
def scan(account: Account) -> Iterator[Finding]:
    """ECR's scan of the image has ended, and found nothing critical or high."""
    name, tag = _reference(account).groups()
    answer = account.read(
        "ecr", "DescribeImageScanFindings", repositoryName=name, imageId={"imageTag": tag}
    )
    if answer is None:
        remedy = f"aws ecr start-image-scan --repository-name {name} --image-id imageTag={tag}"
        yield absent(f"scan of {name}:{tag}", remedy=remedy)
        return
    status = answer["imageScanStatus"]
    if status["status"] not in _DONE:
        actual = f"{status['status']}: {status.get('description', '')}"
        yield Finding(f"scan of {name}:{tag}", "an ended scan", actual, "wait, or scan again")
    counts = answer.get("imageScanFindings", {}).get("findingSeverityCounts", {})
    found = [f"{counts[level]} {level}" for level in _TO_TRIAGE if counts.get(level)]
    if found:
        remedy = "rebuild with patched packages, or triage each finding in the console"
        yield Finding(f"image {name}:{tag}", "no CRITICAL or HIGH", ", ".join(found), remedy)


CHECKS = (image, image_runs, scan)
