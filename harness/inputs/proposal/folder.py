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
            key: [file for file in files if _environment(self.name(file)) not in left_out]
            for key, files in self._read[0].items()
        }

    @cached_property
    def environments(self) -> list[str]:
        """The environments that paths of AWS files name; the first is taken."""
        paths = [
            self.name(document) for documents in self._read[0].values() for document in documents
        ]
        names = {_environment(path) for path in paths} - {""}
        return sorted(names, key=[*_ENVIRONMENTS.values()].index)

    @property
    def unused(self) -> dict[str, str]:
        """Path of a file that comes from AWS or Terraform, and is no input -> its content."""
        return self._read[1]

    @cached_property
    def templates(self) -> dict[str, list[str]]:
        """Words for a file of a tool that makes AWS's resources -> the paths of such files."""
        paths: dict[str, list[str]] = {}
        for path in self._files(templates.may_be_one):
            with suppress(OSError):
                if kind := templates.kind_of(path.read_text("utf-8", "replace")):
                    paths.setdefault(kind.words, []).append(path.relative_to(self.root).as_posix())
        return paths

    @cached_property
    def roles(self) -> list[str]:
        """Paths of the files of IAM roles."""
        return self._read[2]

    @cached_property
    def _read(self) -> tuple[dict[str, list[Document]], dict[str, str], list[str]]:
        """Read every JSON file: AWS files by their keys, those for ``unused``, and the roles."""
        documents: dict[str, list[Document]] = {name: [] for name in file_types.KEYS}
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
                documents[name].append(document)
            elif file_types.is_role(document):
                roles.append(self.name(document))
            elif file_types.may_be_role(document):
                unused[self.name(document)] = "belongs into the file of its role: append it there"
            elif _ROLES not in path.parent.parts:
                commands = (PRINTED_BY[key] for key in document.data if key in PRINTED_BY)
                unused |= {
                    self.name(document): f"is what `{command}` prints" for command in commands
                }
        return documents, unused, roles

    def _files(self, matches: Callable[[str], bool]) -> list[Path]:
        paths = []
        for directory, names, files in os.walk(self.root):
            names[:] = [
                name
                for name in names
                if name not in _SKIPPED and (name in _HIDDEN or not name.startswith("."))
            ]
            paths += [Path(directory, file) for file in files if matches(file)]
        return sorted(path for path in paths if path.is_file())  # no pipe, which nobody would fill

    def name(self, document: Document) -> str:
        """Path of a file from the folder."""
        return document.path.relative_to(self.root).as_posix()

    def path_of(self, key: str) -> str:
        """Path of the one file for a key, or of the one that has all of the others in it.

        Empty when there is none, or several.
        """
        documents = self.documents[key]
        every = [entry.data for document in documents for entry in document.objects]
        whole = [
            document
            for document in documents
            if all(data in [entry.data for entry in document.objects] for data in every)
        ]
        return self.name(whole[0]) if len(whole) == 1 else ""

    @cached_property
    def task_documents(self) -> list[Document]:
        """The task definitions, as inputs, without values of wrong types."""
        return [document for form in self._forms if (document := _lenient(form))]

    @cached_property
    def derivation(self) -> Derivation:
        """Values of cutover.toml that the files have."""
        services = []
        for document in self.documents["service"]:
            for name in {str(service.get("serviceName")) for service in _services(document)}:
                with suppress(InputError):  # `cutover config check` lists its problems
                    services.append(forms.service(document, name=name))
        files = {
            arn: Document(self.root / path, self._text(path), {})
            for arn, path in self.environment_files.items()
        }
        toml_values = derive({}, [*self.task_documents, *services], files=files)
        filled, tasks = toml_values.fill({}), groups_of(services)
        for groups in self.documents["security_groups"][:1]:
            for value in derive_groups(filled, tasks=tasks, groups=groups):
                toml_values.values[value.key] = value
        return toml_values

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoints of RDS Proxy and of the cluster, empty where no file has them."""
        values = self.derivation.values
        keys = {name: f"database.{name}_endpoint" for name in ("proxy", "cluster")}
        return {name: values[key].text if key in values else "" for name, key in keys.items()}

    @cached_property
    def definitions(self) -> dict[str, TaskDefinition]:
        """Path of each task definition's file -> its content."""
        files = {arn: self._text(path) for arn, path in self.environment_files.items()}
        documents = self.task_documents
        return {
            self.name(document): TaskDefinition(document.data, files=files)
            for document in documents
        }

    @cached_property
    def environment_files(self) -> dict[str, str]:
        """ARN of an object in S3 that a container names -> the one file of its name."""
        arns = {
            arn
            for document in self.task_documents
            for container in document.data["containerDefinitions"]
            for arn in environment_file.references(container)
        }
        files = {}
        for arn in sorted(arns):
            name = arn.rpartition("/")[2]
            paths = self._files(lambda file, name=name: file == name)  # type: ignore[misc]
            if len(paths) == 1:
                files[arn] = paths[0].relative_to(self.root).as_posix()
        return files

    def _text(self, path: str) -> str:
        return (self.root / path).read_text("utf-8", "replace")

    @cached_property
    def services(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Name of each service -> the path of the first file that has it, and its content."""
        by_name: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for document in self.documents["service"]:
            for service in _services(document):
                by_name.setdefault(str(service.get("serviceName")), (self.name(document), service))
        return by_name

    def definitions_of(self, name_or_arn: str) -> list[str]:
        """Paths of the files with a task definition: those of its revision, if any has it."""
        family, _, revision = name_or_arn.rpartition("/")[2].partition(":")
        pairs = [
            (document, form.data)
            for document, form in zip(self.documents["task_definition"], self._forms, strict=True)
            if form.data.get("family") == family
        ]
        exact = [pair for pair in pairs if revision and _revision(pair[0]) == revision]
        distinct = {json.dumps(data): document for document, data in reversed(exact or pairs)}
        return sorted(map(self.name, distinct.values()))

    @cached_property
    def _forms(self) -> list[Document]:
        """The task definitions as inputs, with and without problems."""
        return [_task_definition(document) for document in self.documents["task_definition"]]

    @property
    def is_for_arm(self) -> bool:
        """Whether a task definition asks for the CPU architecture ARM64."""
        platforms = (
            definition.raw.get("runtimePlatform") or {} for definition in self.definitions.values()
        )
        return any(platform.get("cpuArchitecture") == "ARM64" for platform in platforms)

    @property
    def _containers(self) -> list[ContainerDefinition]:
        return [container for task in self.definitions.values() for container in task.containers]

    @cached_property
    def variables(self) -> dict[str, str]:
        """Variables of all containers; the first that sets one counts."""
        return dict(ChainMap(*(dict(container.environment) for container in self._containers)))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Variable -> valueFrom of all containers; the first that sets one counts."""
        return dict(ChainMap(*(dict(container.secrets) for container in self._containers)))

    @property
    def default_actions(self) -> list[Any]:
        """The default actions of the listeners."""
        objects = [entry.data for file in self.documents["load_balancer"] for entry in file.objects]
        return [
            each.get("DefaultActions")
            for content in objects
            for each in content.get("Listeners", [content])
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
        directories = [file.parent for file in self._files(lambda name: name == "artisan")]
        return sorted(directories, key=lambda directory: len(directory.parts))

    @cached_property
    def is_api(self) -> bool:
        """Whether the app has routes of an API, and none of pages."""
        routes = self.app / "routes"
        return (routes / "api.php").is_file() and not (routes / "web.php").is_file()

    @cached_property
    def health_check_path(self) -> str:
        """Path of the load balancer's health check; empty where no file has it."""
        texts = "".join(document.text for document in self.documents["target_group"])
        match = re.search(r'"HealthCheckPath":\s*"([^"]+)"', texts)
        return match[1] if match else ""

    @cached_property
    def dockerfile_elsewhere(self) -> str:
        """Path of the app's Dockerfile where it has another name or place; empty without one.

        It has the name of the app's container, or is the only one that no other container has.
        """
        if self.dockerfile:
            return ""
        beside = {self.dockerfiles.of(container) for container in self.images_beside_app.values()}
        paths = {self.dockerfiles.of(container) for container in self.app_containers}
        candidates = (paths - {*beside, ""}) or {*self.dockerfiles.paths} - beside
        return candidates.pop() if len(candidates) == 1 else ""

    @cached_property
    def app_containers(self) -> list[ContainerDefinition]:
        """The containers that run the app's image."""
        app = container_images.app_image([*self.definitions.values()], named={})
        return [container for container in self._containers if container.image == app]

    @cached_property
    def images_beside_app(self) -> dict[str, ContainerDefinition]:
        """Image of a container that is not the app's -> the first container that has it."""
        images = container_images.beside_app([*self.definitions.values()], named={})
        return {
            image: next(container for container in self._containers if container.image == image)
            for image in images
        }

    @cached_property
    def dockerfiles(self) -> Dockerfiles:
        """The folder's Dockerfiles."""
        paths = self._files(
            lambda name: "dockerfile" in name.lower() and not name.endswith(".dockerignore")
        )
        return Dockerfiles(self.root, [path.relative_to(self.root).as_posix() for path in paths])

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
    return next((_ENVIRONMENTS[word] for word in words if word in _ENVIRONMENTS), "")


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
            **container,
            "environment": [each for each in container.get("environment", ()) if each.get("name")],
            "secrets": [
                each for each in container.get("secrets", ()) if {*each} == {"name", "valueFrom"}
            ],
        }
        for container in fit.fitting.get("containerDefinitions", ())
        if container.get("name") and container.get("image")
    ]
    data = {"family": "", **fit.fitting, "containerDefinitions": containers}
    return replace(document, data=data) if containers else None


def _services(document: Document) -> list[dict[str, Any]]:
    services = document.data.get("services", [document.data])
    return (
        [service for service in services if isinstance(service, dict)]
        if isinstance(services, list)
        else []
    )
