"""Commands that build, push and scan the images of the task definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.inputs.document import path_below
from harness.inputs.toml.schema import BuiltImage
from harness.phases.shell import line

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.production import Production

_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.(?P<region>[\w-]+)\.amazonaws\.com(?:\.cn)?")
_REFERENCE = re.compile(
    r"(?:(?P<registry>[^/]*[.:][^/]*)/)?(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)
_PLATFORMS = {"ARM64": "linux/arm64"}


@dataclass(frozen=True)
class _Image:
    """One image: its reference taken apart, and the context that builds it."""

    reference: str
    context: Path
    built: BuiltImage | None = None
    """Its table of ``[images]``."""

    @property
    def options(self) -> Iterator[str]:
        """Options of ``docker build`` that say how the image is built."""
        if self.built is None:
            return
        if self.built.dockerfile != "Dockerfile":
            yield from ("--file", f"{self.built.context}/{self.built.dockerfile}")
        if self.built.target:
            yield from ("--target", self.built.target)
        for name, value in self.built.args.items():
            yield from ("--build-arg", f"{name}={value}")
        for name, file in self.built.secrets.items():
            yield from ("--secret", f"id={name},src={file}")

    @property
    def _parts(self) -> dict[str, str]:
        match = _REFERENCE.fullmatch(self.reference)
        return {name: part or "" for name, part in match.groupdict().items()} if match else {}

    @property
    def registry(self) -> str:
        return self._parts.get("registry", "")

    @property
    def repository(self) -> str:
        return self._parts.get("repository", "")

    @property
    def digest(self) -> str:
        return self._parts.get("digest", "")

    @property
    def id_in_ecr(self) -> str:
        if self.digest:
            return f"imageDigest={self.digest}"
        return f"imageTag={self._parts.get('tag') or 'latest'}"

    @property
    def region(self) -> str:
        """The Region of its registry in ECR; empty for another registry."""
        match = _ECR.fullmatch(self.registry)
        return match["region"] if match else ""


def image(production: Production) -> list[str]:
    """Return the commands that build, push and scan the app's image, and those of [images].

    An image by its digest is there already.
    """
    images = list(_images(production))
    logins = {
        docker_image.registry: _login(docker_image)
        for docker_image in images
        if not docker_image.digest
    }
    return [
        *logins.values(),
        *(command for docker_image in images for command in _commands_of(docker_image, production)),
    ]


def vetted_image(production: Production) -> list[str]:
    """Return the commands that put an image that was vetted before under a new tag."""
    repository = _Image(production.app_image, production.config.app_context).repository
    return [
        line("aws", "ecr", "describe-images", "--repository-name", repository)
        + " --query 'sort_by(imageDetails,&imagePushedAt)[].[imageTags[0],imageDigest]'",
        line("aws", "ecr", "batch-get-image", "--repository-name", repository)
        + " --image-ids imageTag='<vetted tag>' --query 'images[0].imageManifest'"
        " --output text > manifest.json",
        line("aws", "ecr", "put-image", "--repository-name", repository)
        + " --image-tag '<new tag>' --image-manifest file://manifest.json",
    ]


def _images(production: Production) -> Iterator[_Image]:
    """Go through the app's image, and those in ECR that [images] builds beside it."""
    config = production.config
    app = config.images.get("app")
    built = app if isinstance(app, BuiltImage) else None
    context = config.root / built.context if built else config.app_context
    yield _Image(production.app_image, context, built)
    for reference, source in production.images_beside_app.items():
        if isinstance(source, BuiltImage):
            beside = _Image(reference, config.root / source.context, source)
            if beside.region:
                yield beside


def _login(image: _Image) -> str:
    if not image.region:
        return line("docker", "login", *([image.registry] if image.registry else []))
    password = line("aws", "ecr", "get-login-password", "--region", image.region)
    return f"{password} | docker login --username AWS --password-stdin {image.registry}"


def _commands_of(image: _Image, production: Production) -> Iterator[str]:
    context = path_below(image.context, root=production.config.root)
    if not image.digest:
        yield line(
            *("docker", "build", "--platform", _platform(image, production)),
            *image.options,
            *("--tag", image.reference, context),
        )
        yield line("docker", "push", image.reference)
    if image.region:
        yield line(
            *("aws", "ecr", "wait", "image-scan-complete", "--region", image.region),
            *("--repository-name", image.repository, "--image-id", image.id_in_ecr),
        )


def _platform(image: _Image, production: Production) -> str:
    """Return the platform of the tasks that run an image: that of this machine may differ."""
    architectures = (
        (definition.raw.get("runtimePlatform") or {}).get("cpuArchitecture", "")
        for definition in production.definitions
        if image.reference in {container.image for container in definition.containers}
    )
    return _PLATFORMS.get(next(architectures, ""), "linux/amd64")
