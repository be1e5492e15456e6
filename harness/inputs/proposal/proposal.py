"""A cutover.toml for an app's folder: the files in it, and a comment for everything that lacks."""

from __future__ import annotations

import json
import platform
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.aws import environment_file, ses_smtp
from harness.aws.aurora import endpoint_elsewhere
from harness.aws.task_definition import family_of
from harness.inputs import templates
from harness.inputs.derivation import public_path
from harness.inputs.document import toml_key, toml_text
from harness.inputs.files.phase_files import PHASE_FILES
from harness.inputs.files.variables import EMULATOR
from harness.inputs.proposal import images, network, pages, schedules, secret_shapes
from harness.inputs.proposal.files import line_of
from harness.inputs.proposal.folder import Folder

_HEAD = """\
# Written by `cutover init` from the files of this folder. `cutover config explain KEY` explains a
# key, `cutover config check` lists what is missing or wrong. What the task definitions and services
# have (URL, account, region, cluster, database) is taken from them.
"""
_SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that TOML takes in no text and no comment."""


def propose(folder: Folder) -> str:
    """Return the text of a cutover.toml."""
    sections = (
        _choice,
        _app,
        images.lines,
        _aws,
        network.lines,
        _database,
        _cache,
        _ecs,
        _services,
        _resources,
        schedules.lines,
        secret_shapes.lines,
        _environment_files,
        _phases,
        _rest,
    )
    lines = (line for section in sections for line in section(folder))
    return "\n".join([_HEAD, *map(_on_one_line, lines)]) + "\n"


def _choice(folder: Folder) -> Iterator[str]:
    """The environment that is taken, and the files that are no input."""
    if len(folder.environments) > 1:
        first, *rest = folder.environments
        yield f"# Files of {first} are taken; those of {', '.join(rest)} are left out."
    for path, content in folder.unused.items():
        by_terraform = ": print what it made with the AWS CLI" if "terraform" in content else ""
        yield f"# {path} is not used: it {content}{by_terraform}."
    for kind, (path, *more) in folder.templates.items():
        if kind == templates.COMPOSE and any(folder.documents.values()):
            continue
        besides = f", nor are {len(more)} more" if more else ""
        yield f"# {path}, {kind}, is not used{besides}: print with the AWS CLI what was made of it"
        yield "# (docs/your-app.md, part 2, has the commands)."
    if folder.unused or folder.templates or len(folder.environments) > 1:
        yield ""


def _app(folder: Folder) -> Iterator[str]:
    yield "[app]"
    values = folder.derivation.values
    if "app.url" in values:
        yield f"# url is taken from {values['app.url'].place}"
    else:
        problems = (problem for problem in folder.derivation.problems if problem.key == "app.url")
        why = next((f" {problem.message}" for problem in problems), "; no APP_URL has it")
        yield f'# url = "https://www.shop.example"  # the public URL{why}'
    context = folder.app.relative_to(folder.root).as_posix()
    yield f"context = {toml_text(context)}"
    workdir = folder.dockerfiles.workdir(folder.dockerfile_of_app)
    if workdir:
        below = [f"{workdir}/storage", f"{workdir}/bootstrap/cache"]
        is_users = folder.dockerfiles.gives_away(folder.dockerfile_of_app, directory=workdir)
        paths = [*([workdir] if is_users else below), "/tmp"]  # noqa: S108
        why = "  # the Dockerfile gives the code to the app's user, too" if is_users else ""
        yield f"writable = {json.dumps(paths, ensure_ascii=False)}{why}"
    yield from _roles(folder, context=context)
    yield ""
    yield from pages.lines(folder)


def _aws(folder: Folder) -> Iterator[str]:
    """The file of SES's receipt rule, for the scenarios of a mail's text on AWS."""
    if folder.documents["mail_receipt_rule"]:
        yield "# For the scenarios of mail on AWS (docs/aws.md); no rehearsal needs them."
        yield "# [aws]"
        yield '# mail_events_queue = "..."  # the SQS queue for SES\'s events'
        yield f"# {line_of(folder, 'mail_receipt_rule').removeprefix('# ')}"
        yield ""


def _roles(folder: Folder, *, context: str) -> Iterator[str]:
    """The directory of the roles, where it is not the one that is read by itself."""
    directories = list(dict.fromkeys(path.rpartition("/")[0] or "." for path in folder.roles))
    own = posixpath.normpath(f"{context}/iam")
    if not directories:
        yield '# roles = "iam"  # a file for each: { aws iam get-role --role-name NAME; ... }'
    elif len(directories) > 1:
        several = ", ".join(directories)
        yield f"# roles = {toml_text(directories[0])}  # put them into one: {several}"
    elif directories != [own]:
        yield f"roles = {toml_text(directories[0])}"


def _cache(folder: Folder) -> Iterator[str]:
    path = folder.path_of("cache")
    if path:
        yield from ("[cache]", f"file = {toml_text(path)}")
        yield "# endpoint and token are taken from this file and from REDIS_* of the tasks"
    else:
        yield "# Valkey or Redis of ElastiCache, for sessions, cache or jobs."
        yield "# [cache]"
        yield line_of(folder, "cache").replace("cache =", "file =")
    yield ""


def _ecs(folder: Folder) -> Iterator[str]:
    yield "[ecs]"
    yield line_of(folder, "load_balancer")
    yield line_of(folder, "target_group")
    yield ""


def _services(folder: Folder) -> Iterator[str]:
    actions = json.dumps(folder.default_actions)
    # Of several web services the first is the one that scenarios visit.
    ordered = sorted(
        folder.services.items(), key=lambda entry: not _is_reached(entry[1][1], actions)
    )
    for name, (path, service) in ordered:
        definitions = folder.definitions_of(str(service.get("taskDefinition")))
        yield f"[services.{toml_key(name)}]"
        if len(definitions) == 1:
            yield f"task_definition = {toml_text(definitions[0])}"
        else:
            family = family_of(str(service.get("taskDefinition")))
            printed = f"aws ecs describe-task-definition --task-definition {family}"
            several = f"one of {', '.join(definitions)}, which differ"
            yield f'# task_definition = "{family}.json"  # {several if definitions else printed}'
        yield f"service = {toml_text(path)}"
        yield ""
    if not folder.services:
        yield "# One table for each ECS service; one of them is behind the load balancer."
        yield "[services.web]"
        definition = next(iter(folder.definitions), "")
        command = "aws ecs describe-task-definition --task-definition NAME"
        lacking = f'# task_definition = "web.json"  # {command} prints it'
        yield f"task_definition = {toml_text(definition)}" if definition else lacking
        command = "aws ecs describe-services --cluster CLUSTER --services NAME"
        yield f'# service = "service.json"  # {command} prints it'
        yield ""


def _is_reached(service: Mapping[str, Any], actions: str) -> bool:
    """Whether a listener forwards to a service by itself, without a rule."""
    balancers = service.get("loadBalancers") or ()
    return any(json.dumps(balancer.get("targetGroupArn")) in actions for balancer in balancers)


def _resources(folder: Folder) -> Iterator[str]:
    yield "# Each is optional: without it, the scenarios about it are not covered."
    yield "[resources]"
    for key in ("bucket", "queues", "identity"):
        yield line_of(folder, key)
    yield ""


def _database(folder: Folder) -> Iterator[str]:
    """The values that no variable of a task definition has, such as a host in a secret."""
    keys = {
        "name": ("DB_DATABASE", "the schema"),
        "cluster_endpoint": (
            "DB_HOST",
            "aws rds describe-db-clusters --query 'DBClusters[].Endpoint'",
        ),
    }
    lacking = [key for key in keys if f"database.{key}" not in folder.derivation.values]
    if lacking:
        yield "[database]"
    for key in lacking:
        variable, hint = keys[key]
        yield f'# {key} = "..."  # {hint}; no task definition has {variable} as a variable'
    if "cluster_endpoint" in lacking:
        yield '# proxy_endpoint = "..."  # of RDS Proxy, if there is one'
    if lacking:
        yield ""


def _environment_files(folder: Folder) -> Iterator[str]:
    """The texts of the objects in S3 that containers take variables from."""
    tasks = folder.definitions.values()
    containers = (container for task in tasks for container in task.containers)
    arns = sorted(
        {arn for container in containers for arn in environment_file.references(container.raw)}
    )
    if arns:
        yield "[environment_files]"
    for arn in arns:
        if arn in folder.environment_files:
            yield f"{toml_text(arn)} = {toml_text(folder.environment_files[arn])}"
            continue
        name = arn.rpartition("/")[2] or "web.env"
        yield f"# {toml_text(arn)} = {toml_text(name)}  # a file with the object's text"
    if arns:
        yield ""


def _phases(folder: Folder) -> Iterator[str]:
    """The files of the move that no rehearsal needs, as far as there are any."""
    names = [name for name in PHASE_FILES if folder.documents[name]]
    if names:
        yield "# For `cutover phase` and `cutover runbook`; no rehearsal needs them."
        yield "[phases]"
    for name in names:
        yield line_of(folder, name)
    if names:
        yield ""


def _rest(folder: Folder) -> Iterator[str]:
    if "CUTOVER_PROBE_KEY" in folder.secrets:
        yield "# The probe's key is taken from valueFrom of CUTOVER_PROBE_KEY."
    else:
        lacking = "" if folder.has_probe else "composer require the probe, and "
        yield f"# Without the probe fewer scenarios run: {lacking}give the web task"
        yield "# CUTOVER_PROBE_KEY as a secret (docs/your-app.md)."
    if path := public_path(folder.variables.get("APP_URL", "")):
        is_there = "CUTOVER_PROBE_KEY" in folder.secrets
        lines = ("[probe]", f"path = {toml_text(path)}")
        yield from (f"{'' if is_there else '# '}{line}" for line in lines)
    yield from ("", "[[first_run]]", 'command = ["php", "artisan", "migrate", "--force"]', "")
    yield "# All that differs from production. Every report prints it."
    yield from ("[overlay.environment]", f'AWS_ENDPOINT_URL = "{EMULATOR}"')
    yield 'AWS_USE_PATH_STYLE_ENDPOINT = "true"'
    if prefix := folder.variables.get("SQS_PREFIX", ""):
        yield f'SQS_PREFIX = "{EMULATOR}/{prefix.rpartition("/")[2]}"'
    for name, value in folder.variables.items():
        endpoint, writer = endpoint_elsewhere(value, **folder.endpoints)
        if writer and endpoint == value and name != "DB_HOST":
            yield f"{name} = {toml_text(writer)}  # the writer, which a rehearsal has alone"
    if folder.is_for_arm and platform.machine() in ("x86_64", "AMD64"):
        yield from ("", "[overlay]  # this machine builds for x86-64, and tasks ask for ARM64")
        yield 'cpu_architecture = "X86_64"'
    bundles = [folder.variables.get("MYSQL_ATTR_SSL_CA") or _SYSTEM_CA]
    bundles += [_SYSTEM_CA] if ses_smtp.endpoint(folder.variables) else []
    yield from (
        "",
        "[overlay.files]",
        *(f'{toml_text(bundle)} = "ca"' for bundle in dict.fromkeys(bundles)),
    )


def _on_one_line(line: str) -> str:
    """Return a line with the escapes of TOML for characters of names that it does not take."""
    escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", line)
    return escaped.encode("utf-8", "replace").decode()
