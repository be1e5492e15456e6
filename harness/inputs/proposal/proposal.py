"""A cutover.toml for an app's folder: the files in it, and a comment for everything that lacks."""

from __future__ import annotations

import ipaddress
import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from harness.aws import environment_file, ses_smtp
from harness.aws.task_definition import family_of
from harness.inputs.derivation import public_path
from harness.inputs.document import toml_key, toml_text
from harness.inputs.files.phase_files import PHASE_FILES
from harness.inputs.files.variables import EMULATOR
from harness.inputs.proposal import images, secret_shapes
from harness.inputs.proposal.folder import Folder

_HEAD = """\
# Written by `cutover init` from the files of this folder. `cutover config explain KEY` explains a
# key, `cutover config check` lists what is missing or wrong. What the task definitions and services
# have (URL, account, region, cluster, database) is taken from them.
"""
_SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that TOML takes in no text and no comment."""
_PRINTED_BY: Mapping[str, str] = {
    "security_groups": "aws ec2 describe-security-groups --filters Name=vpc-id,Values=VPC",
    "load_balancer": "{ aws elbv2 describe-load-balancers --names NAME;"
    " aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN; }",
    "target_group": "{ aws elbv2 describe-target-groups --names NAME;"
    " aws elbv2 describe-target-group-attributes --target-group-arn ARN; }",
    "cache": "aws elasticache describe-replication-groups --replication-group-id NAME",
    "bucket": "aws s3api get-public-access-block --bucket NAME",
    "mail_receipt_rule": "aws ses describe-active-receipt-rule-set",
    "queues": "aws sqs get-queue-attributes --attribute-names All --queue-url URL",
    "identity": "aws sesv2 list-email-identities",
    "rule": "{ aws events describe-rule --name NAME;"
    " aws events list-targets-by-rule --rule NAME; }, or aws scheduler get-schedule --name NAME",
}
"""Key -> the command that prints its file."""


def propose(folder: Folder) -> str:
    """Return the text of a cutover.toml."""
    sections = (
        _choice,
        _app,
        images.lines,
        _aws,
        _network,
        _database,
        _cache,
        _ecs,
        _services,
        _resources,
        _schedule,
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
        first, *others = folder.environments
        yield f"# Files of {first} are taken; those of {', '.join(others)} are left out."
    for path, content in folder.unused.items():
        yield f"# {path} is not used: it {content}."
    for kind, (found, *more) in folder.templates.items():
        besides = f", nor are {len(more)} more" if more else ""
        yield f"# {found}, {kind}, is not used{besides}: print with the AWS CLI what was made of it"
        yield "# (docs/your-app.md, part 2, has the commands)."
    if folder.unused or folder.templates or len(folder.environments) > 1:
        yield ""


def _app(folder: Folder) -> Iterator[str]:
    yield "[app]"
    values = folder.derivation.values
    if "app.url" in values:
        yield f"# url is taken from {values['app.url'].place}"
    else:
        yield '# url = "https://www.shop.example"  # the public URL; no APP_URL has it'
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
    yield from _pages(folder)


def _pages(folder: Folder) -> Iterator[str]:
    """The pages of an app below a path, which are not where a stock Laravel has them."""
    if path := public_path(folder.variables.get("APP_URL", "")):
        yield f"[app.pages]  # APP_URL has the path {path}"
        yield f"public = {toml_text(path)}"
        yield f"# private = {toml_text(f'{path}/dashboard')}"
        yield f"# sign_in = {{ path = {toml_text(f'{path}/login')} }}"
        yield f"# sign_up = {{ path = {toml_text(f'{path}/register')} }}"
        yield f"# sign_out = {toml_text(f'{path}/logout')}"
        yield ""


def _aws(folder: Folder) -> Iterator[str]:
    """The file of SES's receipt rule, for the scenarios of a mail's text on AWS."""
    if folder.documents["mail_receipt_rule"]:
        yield "# For the scenarios of mail on AWS (docs/aws.md); no rehearsal needs them."
        yield "# [aws]"
        yield '# mail_events_queue = "..."  # the SQS queue for SES\'s events'
        yield f"# {_file(folder, 'mail_receipt_rule').removeprefix('# ')}"
        yield ""


def _roles(folder: Folder, *, context: str) -> Iterator[str]:
    """The directory of the roles, where it is not the one that is read by itself."""
    directories = list(dict.fromkeys(one.rpartition("/")[0] or "." for one in folder.roles))
    own = posixpath.normpath(f"{context}/iam")
    if not directories:
        yield '# roles = "iam"  # a file for each: { aws iam get-role --role-name NAME; ... }'
    elif len(directories) > 1:
        several = ", ".join(directories)
        yield f"# roles = {toml_text(directories[0])}  # put them into one: {several}"
    elif directories != [own]:
        yield f"roles = {toml_text(directories[0])}"


def _printed_cidr(folder: Folder) -> str:
    """Return the range of the only VPC that a file of the network has; empty otherwise."""
    objects = [one.data for document in folder.documents["network"] for one in document.objects]
    given = [one[name] for one in objects for name in ("Vpcs", "CreateVpc") if name in one]
    vpcs = [vpc for value in given for vpc in (value if isinstance(value, list) else [value])]
    return str(vpcs[0].get("CidrBlock", "")) if len(vpcs) == 1 else ""


def _network(folder: Folder) -> Iterator[str]:
    yield "[network]"
    cidr = next(
        (
            one
            for one in folder.variables.get("TRUSTED_PROXIES", "").split(",")
            if _is_network(one.strip())
        ),
        "",
    )
    printed = _printed_cidr(folder)
    if printed:
        yield f"vpc_cidr = {toml_text(printed)}"
    elif cidr:
        given = toml_text(cidr.strip())
        yield f"vpc_cidr = {given}  # TRUSTED_PROXIES; the VPC's own, if it differs"
    else:
        yield '# vpc_cidr = "10.0.0.0/16"  # aws ec2 describe-vpcs --query "Vpcs[].CidrBlock"'
    yield _file(folder, "security_groups")
    names = ", ".join(
        str(group.get("GroupName"))
        for document in folder.documents["security_groups"]
        for group in document.data.get("SecurityGroups") or ()
        if isinstance(group, dict)
    )
    known = f"one of {names}" if names else "its name or id"
    for key, owner in (("proxy_group", "RDS Proxy"), ("database_group", "the database")):
        value = folder.derivation.values.get(f"network.{key}")
        taken = f"# {key} is taken from {value.place}: {value.text}" if value else ""
        yield taken or f'# {key} = "..."  # the group of {owner}: {known}'
    yield '# endpoints_group = "..."  # of the VPC endpoints; leave it out with a NAT gateway'
    yield ""


def _cache(folder: Folder) -> Iterator[str]:
    path = folder.path_of("cache")
    if path:
        yield from ("[cache]", f"file = {toml_text(path)}")
        yield "# endpoint and token are taken from this file and from REDIS_* of the tasks"
    else:
        yield "# Valkey or Redis of ElastiCache, for sessions, cache or jobs."
        yield "# [cache]"
        yield _file(folder, "cache").replace("cache =", "file =")
    yield ""


def _ecs(folder: Folder) -> Iterator[str]:
    yield "[ecs]"
    yield _file(folder, "load_balancer")
    yield _file(folder, "target_group")
    yield ""


def _services(folder: Folder) -> Iterator[str]:
    for name, (path, service) in folder.services.items():
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
        definition = next(iter(folder.definitions), "web.json")
        yield f"{'' if folder.definitions else '# '}task_definition = {toml_text(definition)}"
        command = "aws ecs describe-services --cluster CLUSTER --services NAME"
        yield f'# service = "service.json"  # {command} prints it'
        yield ""


def _resources(folder: Folder) -> Iterator[str]:
    yield "# Each is optional: without it, the scenarios about it are not covered."
    yield "[resources]"
    for key in ("bucket", "queues", "identity"):
        yield _file(folder, key)
    yield ""


def _schedule(folder: Folder) -> Iterator[str]:
    rule = folder.path_of("rule")
    yield f"{'' if rule else '# '}[schedule]"
    yield _file(folder, "rule")
    used = {
        path
        for _, one in folder.services.values()
        for path in folder.definitions_of(str(one.get("taskDefinition")))
    }
    left = [name for name in folder.definitions if name not in used]
    path = folder.scheduled or (left[0] if rule and len(left) == 1 else "")
    mark = "" if path and rule else "# "
    yield f"{mark}task_definition = {toml_text(path or next(iter(left), 'scheduler.json'))}"
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
    containers = (one for task in tasks for one in task.containers)
    arns = sorted({arn for one in containers for arn in environment_file.references(one.raw)})
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
    found = [name for name in PHASE_FILES if folder.documents[name]]
    if found:
        yield "# For `cutover phase` and `cutover runbook`; no rehearsal needs them."
        yield "[phases]"
    for name in found:
        yield _file(folder, name)
    if found:
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
        yield from (f"{'' if is_there else '# '}{one}" for one in lines)
    yield from ("", "[[first_run]]", 'command = ["php", "artisan", "migrate", "--force"]', "")
    yield "# All that differs from production. Every report prints it."
    yield from ("[overlay.environment]", f'AWS_ENDPOINT_URL = "{EMULATOR}"')
    yield 'AWS_USE_PATH_STYLE_ENDPOINT = "true"'
    if prefix := folder.variables.get("SQS_PREFIX", ""):
        yield f'SQS_PREFIX = "{EMULATOR}/{prefix.rpartition("/")[2]}"'
    bundles = [folder.variables.get("MYSQL_ATTR_SSL_CA") or _SYSTEM_CA]
    bundles += [_SYSTEM_CA] if ses_smtp.endpoint(folder.variables) else []
    yield from (
        "",
        "[overlay.files]",
        *(f'{toml_text(one)} = "ca"' for one in dict.fromkeys(bundles)),
    )


def _file(folder: Folder, key: str) -> str:
    """Return the line of a key that names a file, as a comment where no file or several fit."""
    path = folder.path_of(key)
    if path:
        return f"{key} = {toml_text(path)}"
    several = ", ".join(folder.name(one) for one in folder.documents[key])
    hint = f"one of {several}" if several else f"{_PRINTED_BY[key]} prints it"
    if several and key == "queues":  # one file has them all
        hint = f"cat {several.replace(', ', ' ')} > queues.json"
    return f'# {key} = "{key.replace("_", "-")}.json"  # {hint}'


def _is_network(text: str) -> bool:
    try:
        return ipaddress.IPv4Network(text).is_private and ipaddress.IPv4Network(text).prefixlen > 0
    except ValueError:
        return False


def _on_one_line(line: str) -> str:
    """Return a line with the escapes of TOML for characters of names that it does not take."""
    escaped = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
    return escaped.encode("utf-8", "replace").decode()
