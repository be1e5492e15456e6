"""Phase 3: the images in ECR, and their scans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from harness.phases.account import Account
from harness.phases.checks.readiness import running_tasks
from harness.phases.phase import Finding, NotCovered, absent, check

_NO_ECR = "the image is on this machine's engine; the rehearsal scans its packages itself"
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:\w+))?"
)
_TO_TRIAGE = ("CRITICAL", "HIGH")
_DONE = ("COMPLETE", "ACTIVE")


class _Image(NamedTuple):
    """An image of the task definitions in the account's own ECR."""

    reference: str
    repository: str
    tag: str
    digest: str

    @property
    def id(self) -> dict[str, str]:
        """As ECR takes it."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag or "latest"}

    @property
    def name(self) -> str:
        """As a finding names it."""
        return (
            f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"
        )


def _images(account: Account) -> list[_Image]:
    """Return the images of the task definitions; those of other registries are not judged.

    Raises:
        NotCovered: None is in the account's own ECR.
    """
    definitions = account.production.definitions
    references = dict.fromkeys(
        container.image for each in definitions for container in each.containers
    )
    own = (account.access.account_id, account.access.region)
    images = [
        _Image(match[0], match["repository"], match["tag"] or "", match["digest"] or "")
        for match in filter(None, map(_ECR.fullmatch, references))
        if (match["account"], match["region"]) == own
    ]
    if not images:
        reason = f"{', '.join(references)}: none is in ECR of this account"
        raise NotCovered(reason, key="its registry tells")
    return images


def _detail(account: Account, image: _Image) -> dict[str, Any] | None:
    answer = account.read(
        "ecr", "DescribeImages", repositoryName=image.repository, imageIds=[image.id]
    )
    return next(iter(answer["imageDetails"]), None) if answer else None


@check(
    "3.image",
    reads=("ecr:DescribeRepositories", "ecr:DescribeImages"),
    not_local=_NO_ECR,
    readiness=True,
)
def image(account: Account) -> Iterator[Finding]:
    """The task definitions' images are in ECR, and their tags cannot be overwritten."""
    for ecr_image in _images(account):
        name = ecr_image.repository
        answer = account.read("ecr", "DescribeRepositories", repositoryNames=[name])
        if answer is None:
            remedy = f"aws ecr create-repository --repository-name {name}"
            yield absent(f"ECR repository {name}", remedy=remedy)
            continue
        mutability = answer["repositories"][0].get("imageTagMutability", "MUTABLE")
        if not ecr_image.digest and not mutability.startswith("IMMUTABLE"):
            yield Finding(
                f"ECR repository {name}",
                "tags that cannot be overwritten",
                mutability,
                f"aws ecr put-image-tag-mutability --repository-name {name}"
                " --image-tag-mutability IMMUTABLE",
            )
        if _detail(account, ecr_image) is None:
            yield absent(f"image {ecr_image.name}", remedy="push it: `cutover phase 3 --plan`")


@check(
    "3.image-runs",
    reads=("ecr:DescribeImages", "ecs:ListTasks", "ecs:DescribeTasks"),
    not_local=_NO_ECR,
)
def image_runs(account: Account) -> Iterator[Finding]:
    """Running tasks have the images of the task definitions' tags."""
    details = {ecr_image.reference: _detail(account, ecr_image) for ecr_image in _images(account)}
    digests = {name: detail["imageDigest"] for name, detail in details.items() if detail}
    if not digests:
        raise NotCovered("none of the images is in ECR", key="3.image")
    for task in running_tasks(account):
        for container in task["containers"]:
            pushed, runs = digests.get(container.get("image")), container.get("imageDigest")
            if pushed and runs not in (None, pushed):
                yield Finding(
                    f"task {task['taskArn'].rpartition('/')[2]}",
                    pushed,
                    runs,
                    "the tag was pushed anew: start a new deployment, and make tags immutable",
                )


@check("3.scan-clean", reads=("ecr:DescribeImageScanFindings",), not_local=_NO_ECR)
def scan(account: Account) -> Iterator[Finding]:
    """ECR's scan of each image has ended, and found nothing critical or high."""
    for ecr_image in _images(account):
        yield from _of_scan(account, ecr_image)


def _of_scan(account: Account, image: _Image) -> Iterator[Finding]:
    answer = account.read(
        "ecr", "DescribeImageScanFindings", repositoryName=image.repository, imageId=image.id
    )
    if answer is None:
        ((key, value),) = image.id.items()
        start = f"aws ecr start-image-scan --repository-name {image.repository}"
        yield absent(f"scan of {image.name}", remedy=f"{start} --image-id {key}={value}")
        return
    status = answer["imageScanStatus"]
    if status["status"] not in _DONE:
        actual = f"{status['status']}: {status.get('description', '')}"
        yield Finding(f"scan of {image.name}", "an ended scan", actual, "wait, or scan again")
    counts = answer.get("imageScanFindings", {}).get("findingSeverityCounts", {})
    severities = [f"{counts[level]} {level}" for level in _TO_TRIAGE if counts.get(level)]
    if severities:
        remedy = "rebuild with patched packages, or triage each finding in the console"
        yield Finding(f"image {image.name}", "no CRITICAL or HIGH", ", ".join(severities), remedy)


CHECKS = (image, image_runs, scan)
