"""The checks of the images: each of the account's own that a task definition names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.contracts import Refused
from tests.unit.phases.examinations import CHECKS, changed, result_of

REGISTRY = "876000000876.dkr.ecr.us-east-1.amazonaws.com"


def with_images(files: Production, *images: str) -> Production:
    """Return production whose web task has these images, and whose others have the first."""
    services = {}
    for key, service in files.services.items():
        (container,) = service.definition.raw["containerDefinitions"]
        named = images if key == "web" else images[:1]
        each = [{**container, "name": f"c{n}", "image": image} for n, image in enumerate(named)]
        definition = replace(
            service.definition, raw={**service.definition.raw, "containerDefinitions": each}
        )
        services[key] = replace(service, definition=definition)
    return replace(files, services=services, schedules={})


def refusing(answer: Any, repository: str, code: str) -> Any:
    """Return an answer that refuses one repository."""
    return lambda request: Refused(code) if repository in str(request) else answer


@pytest.mark.parametrize(
    ("check", "call", "code", "thing"),
    [
        ("3.image", "DescribeRepositories", "RepositoryNotFoundException", "ECR repository nginx"),
        ("3.image", "DescribeImages", "ImageNotFoundException", "image nginx:1"),
        ("3.scan-clean", "DescribeImageScanFindings", "ScanNotFoundException", "scan of nginx:1"),
    ],
)
def test_the_second_image_of_a_task_is_missing(
    check: str, call: str, code: str, thing: str, files: Production
) -> None:
    app = with_images(files, f"{REGISTRY}/tickets:1", f"{REGISTRY}/nginx:1")
    answers = contracts.green(files)
    assert result_of(CHECKS[check], app, answers).findings == ()
    answers[f"ecr {call}"] = refusing(answers[f"ecr {call}"], "nginx", code)
    (finding,) = result_of(CHECKS[check], app, answers).findings
    assert finding.thing == thing


def test_an_image_by_its_digest_needs_no_tag_that_stays(files: Production) -> None:
    app = with_images(files, f"{REGISTRY}/tickets@{contracts.DIGEST}")
    answers = contracts.green(files)
    repositories = answers["ecr DescribeRepositories"]
    mutable = changed(repositories, "repositories[0].imageTagMutability", "MUTABLE")

    def images(given: Mapping[str, Any]) -> Any:
        assert given["imageIds"] == [{"imageDigest": contracts.DIGEST}]
        return answers["ecr DescribeImages"]

    app_answers = {**answers, "ecr DescribeRepositories": mutable, "ecr DescribeImages": images}
    assert result_of(CHECKS["3.image"], app, app_answers).findings == ()


def test_images_of_other_registries_are_not_judged(files: Production) -> None:
    other = REGISTRY.replace("876000000876", "111111111111")
    app = with_images(files, "public.ecr.aws/docker/library/php:8.3", f"{other}/tickets:1")
    result = result_of(CHECKS["3.image"], app, contracts.green(files))
    assert result.state == "not covered"
    assert "none is in ECR of this account" in result.not_covered
