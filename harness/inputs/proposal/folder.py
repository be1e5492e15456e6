"""The files of an app's folder, each with the key of cutover.toml that it is for."""

from __future__ import annotations

import json
import os
import re
from collections import ChainMap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.aws import environment_file
from harness.aws.task_definition import ContainerDefinition, TaskDefinition
from harness.inputs import file_types, operation_shapes, templates
from harness.inputs.aws_cli import forms
from harness.inputs.aws_cli.output import PRINTED_BY
from harness.inputs.derivation import Derivation, derive, derive_groups, groups_of
from harness.inputs.document import Document, Origin, read_json
from harness.inputs.files import container_images
from harness.inputs.problem import InputError
from harness.inputs.proposal.dockerfiles import Dockerfiles

_SKIPPED = {
    *("vendor", "vendor-debian", "vendor-composer", "node_modules", "storage", "public"),
    *("tests", "bootstrap", "resources"),
}
_HIDDEN = {".aws", ".deploy", ".docker", ".ecs", ".github", ".infra"}
"""Hidden folders with files of a deployment; all others are skipped."""
_ENVIRONMENTS: Mapping[str, str] = {
    **dict.fromkeys(("production", "prod", "live"), "production"),
    **dict.fromkeys(("staging", "stage", "stg"), "staging"),
    **dict.fromkeys(("development", "dev"), "development"),
    **{name: name for name in ("test", "testing", "qa", "uat", "preview", "sandbox", "demo")},
}
"""Word of a path -> the environment that it names, the first to be taken first."""
_ROLES = "iam"
"""Folder of the roles in that of `app.context`."""


@dataclass(frozen=True)
class Folder:
    """An app's folder."""

    root: Path

    @property
    def documents(self) -> dict[str, list[Document]]:
        """The AWS files of one environment by the key that they are for."""
        left_out = self.environments[1:]
        return {
            name: [one for one in listed if _environment(self.name(one)) not in left_out]
            for name, listed in self._read[0].items()
        }

    @cached_property
    def environments(self) -> list[str]:
        """The environments that paths of AWS files name; the first is taken."""
        paths = [self.name(one) for listed in self._read[0].values() for one in listed]
        named = {_environment(path) for path in paths} - {""}
        return sorted(named, key=[*_ENVIRONMENTS.values()].index)

    @property
    def unused(self) -> dict[str, str]:
        """Path of a file that comes from AWS or Terraform, and is no input -> its content."""
        return self._read[1]

    @cached_property
    def templates(self) -> dict[str, list[str]]:
        """Words for a file of a tool that makes AWS's resources -> the paths of such files."""
        found: dict[str, list[str]] = {}
        for path in self._files(templates.may_be_one):
            with suppress(OSError):
                if kind := templates.kind_of(path.read_text("utf-8", "replace")):
                    found.setdefault(kind.words, []).append(path.relative_to(self.root).as_posix())
        return found

    @cached_property
    def roles(self) -> list[str]:
        """Paths of the files of IAM roles."""
        return self._read[2]

    @cached_property
    def _read(self) -> tuple[dict[str, list[Document]], dict[str, str], list[str]]:
        """Read every JSON file: AWS files by their keys, those for ``unused``, and the roles."""
        found: dict[str, list[Document]] = {name: [] for name in file_types.KEYS}
        unused: dict[str, str] = {}
        roles: list[str] = []
        for path in self._files(lambda name: name.endswith(".json")):
            try:
                document = read_json(path)
            except InputError as error:
                message = error.problems[0].message
                if "list of" in message or file_types.is_meant(path):
                    unused[path.relative_to(self.root).as_posix()] = message
                continue
            if name := file_types.key_of(document):
                found[name].append(document)
            elif file_types.is_role(document):
                roles.append(self.name(document))
            elif file_types.may_be_role(document):
                unused[self.name(document)] = "belongs into the file of its role: append it there"
            elif _ROLES not in path.parent.parts:
                known = (PRINTED_BY[one] for one in document.data if one in PRINTED_BY)
                unused |= {self.name(document): f"is what `{one}` prints" for one in known}
        return found, unused, roles

    def _files(self, matches: Callable[[str], bool]) -> list[Path]:
        paths = []
        for directory, names, files in os.walk(self.root):
            names[:] = [
                one
                for one in names
                if one not in _SKIPPED and (one in _HIDDEN or not one.startswith("."))
            ]
            paths += [Path(directory, one) for one in files if matches(one)]
        return sorted(one for one in paths if one.is_file())  # no pipe, which nobody would fill

    def name(self, document: Document) -> str:
        """Path of a file from the folder."""
        return document.path.relative_to(self.root).as_posix()

    def path_of(self, key: str) -> str:
        """Path of the one file for a key, or of the one that has all of the others in it.

        Empty when there is none, or several.
        """
        listed = self.documents[key]
        every = [one.data for document in listed for one in document.objects]
        whole = [
            document
            for document in listed
            if all(data in [one.data for one in document.objects] for data in every)
        ]
        return self.name(whole[0]) if len(whole) == 1 else ""

    @cached_property
    def task_documents(self) -> list[Document]:
        """The task definitions, as inputs, without values of wrong types."""
        return [found for one in self._forms if (found := _lenient(one))]

    @cached_property
    def derivation(self) -> Derivation:
        """Values of cutover.toml that the files have."""
        services = []
        for one in self.documents["service"]:
            for name in {str(service.get("serviceName")) for service in _services(one)}:
                with suppress(InputError):  # `cutover config check` lists its problems
                    services.append(forms.service(one, name=name))
        files = {
            arn: Document(self.root / path, self._text(path), {})
            for arn, path in self.environment_files.items()
        }
        found = derive({}, [*self.task_documents, *services], files=files)
        filled, tasks = found.fill({}), groups_of(services)
        for groups in self.documents["security_groups"][:1]:
            for value in derive_groups(filled, tasks=tasks, groups=groups):
                found.values[value.key] = value
        return found

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoints of RDS Proxy and of the cluster, empty where no file has them."""
        values = self.derivation.values
        keys = {one: f"database.{one}_endpoint" for one in ("proxy", "cluster")}
        return {one: values[key].text if key in values else "" for one, key in keys.items()}

    @cached_property
    def definitions(self) -> dict[str, TaskDefinition]:
        """Path of each task definition's file -> its content."""
        files = {arn: self._text(path) for arn, path in self.environment_files.items()}
        documents = self.task_documents
        return {self.name(one): TaskDefinition(one.data, files=files) for one in documents}

    @cached_property
    def environment_files(self) -> dict[str, str]:
        """ARN of an object in S3 that a container names -> the one file of its name."""
        arns = {
            arn
            for document in self.task_documents
            for one in document.data["containerDefinitions"]
            for arn in environment_file.references(one)
        }
        found = {}
        for arn in sorted(arns):
            name = arn.rpartition("/")[2]
            paths = self._files(lambda file, name=name: file == name)  # type: ignore[misc]
            if len(paths) == 1:
                found[arn] = paths[0].relative_to(self.root).as_posix()
        return found

    def _text(self, path: str) -> str:
        return (self.root / path).read_text("utf-8", "replace")

    @cached_property
    def services(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Name of each service -> the path of the first file that has it, and its content."""
        found: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for one in self.documents["service"]:
            for service in _services(one):
                found.setdefault(str(service.get("serviceName")), (self.name(one), service))
        return found

    def definitions_of(self, name_or_arn: str) -> list[str]:
        """Paths of the files with a task definition: those of its revision, if any has it."""
        family, _, revision = name_or_arn.rpartition("/")[2].partition(":")
        listed = [
            (document, form.data)
            for document, form in zip(self.documents["task_definition"], self._forms, strict=True)
            if form.data.get("family") == family
        ]
        exact = [one for one in listed if revision and _revision(one[0]) == revision]
        distinct = {json.dumps(data): document for document, data in reversed(exact or listed)}
        return sorted(map(self.name, distinct.values()))

    @cached_property
    def _forms(self) -> list[Document]:
        """The task definitions as inputs, with and without problems."""
        return [_task_definition(one) for one in self.documents["task_definition"]]

    @property
    def is_for_arm(self) -> bool:
        """Whether a task definition asks for the CPU architecture ARM64."""
        platforms = (one.raw.get("runtimePlatform") or {} for one in self.definitions.values())
        return any(one.get("cpuArchitecture") == "ARM64" for one in platforms)

    @property
    def _containers(self) -> list[ContainerDefinition]:
        return [one for task in self.definitions.values() for one in task.containers]

    @cached_property
    def variables(self) -> dict[str, str]:
        """Variables of all containers; the first that sets one counts."""
        return dict(ChainMap(*(dict(one.environment) for one in self._containers)))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Variable -> valueFrom of all containers; the first that sets one counts."""
        return dict(ChainMap(*(dict(one.secrets) for one in self._containers)))

    @property
    def default_actions(self) -> list[Any]:
        """The default actions of the listeners."""
        objects = [one.data for file in self.documents["load_balancer"] for one in file.objects]
        return [
            each.get("DefaultActions")
            for one in objects
            for each in one.get("Listeners", [one])
            if isinstance(each, dict)
        ]

    @cached_property
    def dockerfile(self) -> Path | None:
        """The app's Dockerfile: in the folder, or in one below that has Laravel."""
        candidates = [self.root, *self._with_laravel]
        return next((d / "Dockerfile" for d in candidates if (d / "Dockerfile").is_file()), None)

    @cached_property
    def app(self) -> Path:
        """The app's directory: that of its Dockerfile, or else of Laravel, here or below."""
        if self.dockerfile:
            return self.dockerfile.parent
        return next(iter(self._with_laravel), self.root)

    @cached_property
    def _with_laravel(self) -> list[Path]:
        """The directories with Laravel, as in a repository of several apps; the highest first."""
        found = [one.parent for one in self._files(lambda name: name == "artisan")]
        return sorted(found, key=lambda one: len(one.parts))

    @cached_property
    def is_api(self) -> bool:
        """Whether the app has routes of an API, and none of pages."""
        routes = self.app / "routes"
        return (routes / "api.php").is_file() and not (routes / "web.php").is_file()

    @cached_property
    def health_check_path(self) -> str:
        """Path of the load balancer's health check; empty where no file has it."""
        texts = "".join(one.text for one in self.documents["target_group"])
        found = re.search(r'"HealthCheckPath":\s*"([^"]+)"', texts)
        return found[1] if found else ""

    @cached_property
    def dockerfile_elsewhere(self) -> str:
        """Path of the app's Dockerfile where it has another name or place; empty without one.

        It has the name of the app's container, or is the only one that no other container has.
        """
        if self.dockerfile:
            return ""
        beside = {self.dockerfiles.of(one) for one in self.images_beside_app.values()}
        named = {self.dockerfiles.of(one) for one in self.app_containers} - {*beside, ""}
        found = named or {*self.dockerfiles.paths} - beside
        return found.pop() if len(found) == 1 else ""

    @cached_property
    def app_containers(self) -> list[ContainerDefinition]:
        """The containers that run the app's image."""
        app = container_images.app_image([*self.definitions.values()], named={})
        return [one for one in self._containers if one.image == app]

    @cached_property
    def images_beside_app(self) -> dict[str, ContainerDefinition]:
        """Image of a container that is not the app's -> the first container that has it."""
        images = container_images.beside_app([*self.definitions.values()], named={})
        return {
            image: next(one for one in self._containers if one.image == image) for image in images
        }

    @cached_property
    def dockerfiles(self) -> Dockerfiles:
        """The folder's Dockerfiles."""
        paths = self._files(
            lambda name: "dockerfile" in name.lower() and not name.endswith(".dockerignore")
        )
        return Dockerfiles(self.root, [one.relative_to(self.root).as_posix() for one in paths])

    @property
    def dockerfile_of_app(self) -> str:
        """Path of the app's Dockerfile, wherever it is; empty without one."""
        if self.dockerfile:
            return self.dockerfile.relative_to(self.root).as_posix()
        return self.dockerfile_elsewhere

    @cached_property
    def has_probe(self) -> bool:
        """Whether composer.json requires the probe."""
        try:
            content = json.loads((self.app / "composer.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        required = content.get("require", ()) if isinstance(content, dict) else ()
        return any(str(name).endswith("/cutover-probe") for name in required)


def _environment(path: str) -> str:
    """Return the environment that a path names; empty when it names none."""
    words = re.split(r"[/._-]", path.lower())
    return next((_ENVIRONMENTS[one] for one in words if one in _ENVIRONMENTS), "")


def _task_definition(document: Document) -> Document:
    """Return a task definition as an input; as it is where its form has problems."""
    try:
        return forms.task_definition(document)
    except InputError:
        body = document.data.get("taskDefinition")
        if not isinstance(body, dict):
            return document
        return replace(document, data=body, origins={"": Origin(document, "taskDefinition")})


def _revision(document: Document) -> str:
    """Return the revision of a task definition that a command printed; empty of another."""
    body = document.data.get("taskDefinition", document.data)
    return str(body.get("revision", "")) if isinstance(body, dict) else ""


def _lenient(document: Document) -> Document | None:
    """Return a task definition without values of wrong types; None without a container."""
    fit = operation_shapes.fit(document.data, api="ecs", operation="RegisterTaskDefinition")
    containers = [
        {
            **one,
            "environment": [each for each in one.get("environment", ()) if each.get("name")],
            "secrets": [
                each for each in one.get("secrets", ()) if {*each} == {"name", "valueFrom"}
            ],
        }
        for one in fit.fitting.get("containerDefinitions", ())
        if one.get("name") and one.get("image")
    ]
    data = {"family": "", **fit.fitting, "containerDefinitions": containers}
    return replace(document, data=data) if containers else None


def _services(document: Document) -> list[dict[str, Any]]:
    listed = document.data.get("services", [document.data])
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
