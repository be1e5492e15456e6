"""Edits of the reference app's files: a mistake, or its harmless twin, is one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BALANCER = "app/ecs/load-balancer.json"
BOOTSTRAP = "app/bootstrap/app.php"
BUCKET = "app/aws/bucket.json"
CLI_INI = "app/docker/etc/php/8.4/cli/conf.d/90-app.ini"
CONFIG = "cutover.toml"
CONSOLE = "app/routes/console.php"
DATABASE = "app/aws/database.json"
DATABASE_CONFIG = "app/config/database.php"
DOCKERFILE = "app/Dockerfile"
ENTRYPOINT = "app/docker/usr/local/bin/entrypoint"
EXECUTION_ROLE = "app/iam/execution.json"
FPM_INI = "app/docker/etc/php/8.4/fpm/conf.d/90-app.ini"
FPM_POOL = "app/docker/etc/php/8.4/fpm/php-fpm.conf"
NGINX = "app/docker/etc/nginx/nginx.conf"
ORDER_JOB = "app/app/Jobs/SendOrderConfirmation.php"
QUEUES = "app/aws/queues.json"
RULE_ROLE = "app/iam/schedule-rule.json"
SCALING = "app/aws/scaling.json"
SCHEDULE = "app/aws/schedule.json"
SECURITY_GROUPS = "app/network/security-groups.json"
SESSION_CONFIG = "app/config/session.php"
TARGET_GROUP = "app/ecs/target-group.json"
WEB_ROLE = "app/iam/web-task.json"
WEB_SERVICE = "app/ecs/service-web.json"
WEB_TASK = "app/ecs/web.json"
WORKER_ROLE = "app/iam/worker-task.json"
WORKER_SERVICE = "app/ecs/service-worker.json"
WORKER_TASK = "app/ecs/worker.json"

BUCKET_NAME = "876events-tickets-uploads"
KMS_KEY = "arn:aws:kms:us-east-1:876000000876:key/0b1c6a35-7f0e-4d3b-9b67-2f1d6f1f0c11"
TASKS = ("web", "worker", "scheduler")
TASKS_GROUP_ID = "sg-0a40c1e2f3b4a5102"


@dataclass(frozen=True)
class Edit:
    """A change of files below a project's root."""

    files: tuple[str, ...]
    """The paths that it changes, from the root."""
    apply: Callable[[Path], None]


def rewrite(name: str, change: Callable[[str], str]) -> Edit:
    """Change the text of a file; a change that leaves it as it was is an error."""

    def apply(root: Path) -> None:
        path = root / name
        before = path.read_text()
        after = change(before)
        assert after != before, f"the edit leaves {name} as it was"
        path.write_text(after)

    return Edit((name,), apply)


def replace(name: str, old: str, new: str) -> Edit:
    """Replace a text, which must be there."""
    return rewrite(name, lambda text: text.replace(old, new))


def replace_pattern(name: str, old: str, new: str) -> Edit:
    """Replace each match of a regular expression, and there must be one."""
    return rewrite(name, lambda text: re.sub(old, new, text, flags=re.MULTILINE))


def append(name: str, line: str) -> Edit:
    """Add a line at the end."""
    return rewrite(name, lambda text: f"{text}\n{line}\n")


def add_file(name: str, text: str) -> Edit:
    """Write a file that the app does not have."""

    def apply(root: Path) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return Edit((), apply)


def edit_json(name: str, change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change a JSON file's document, in place."""

    def changed(text: str) -> str:
        document = json.loads(text)
        change(document)
        return text if document == json.loads(text) else json.dumps(document, indent=2)

    return rewrite(name, changed)


def combine(*edits: Edit) -> Edit:
    """Make several edits, which are one mistake together."""

    def apply(root: Path) -> None:
        for edit in edits:
            edit.apply(root)

    return Edit(tuple(dict.fromkeys(file for edit in edits for file in edit.files)), apply)


def run_in_build(command: str) -> Edit:
    """Run a command, as root, at the end of the image's build."""
    return replace(DOCKERFILE, "USER www-data", f"RUN {command}\nUSER www-data")


def edit_definition(task: str, change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change a task definition."""
    return edit_json(f"app/ecs/{task}.json", change)


def edit_container(task: str, change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change the container of a task definition."""
    return edit_definition(task, lambda definition: change(definition["containerDefinitions"][0]))


def set_field(name: str, value: object, *, task: str = "web") -> Edit:
    """Set a field of a task definition's container."""
    return edit_container(task, lambda container: container.update({name: value}))


def set_variable(name: str, value: str | None, *, task: str = "web") -> Edit:
    """Set a variable of a task definition; None takes it away."""

    def change(container: dict[str, Any]) -> None:
        rest = [variable for variable in container["environment"] if variable["name"] != name]
        container["environment"] = rest + ([{"name": name, "value": value}] if value else [])

    return edit_container(task, change)


def set_everywhere(name: str, value: str) -> Edit:
    """Set a variable of every task definition."""
    return combine(*(set_variable(name, value, task=task) for task in TASKS))


def drop_secret(name: str, *, task: str = "web") -> Edit:
    """Take a secret away from a task definition."""

    def change(container: dict[str, Any]) -> None:
        container["secrets"] = [secret for secret in container["secrets"] if secret["name"] != name]

    return edit_container(task, change)


def replace_word(old: str, new: str) -> Edit:
    """Replace a word of the worker's command; nothing instead of it takes it away."""

    def change(container: dict[str, Any]) -> None:
        words = [new if word == old else word for word in container["command"]]
        container["command"] = [word for word in words if word]

    return edit_container("worker", change)


def add_word(word: str) -> Edit:
    """Add a word to the worker's command."""
    return edit_container("worker", lambda container: container["command"].append(word))


def run_in_shell(script: str) -> Edit:
    """Have a shell run the worker's command, which stands for %s in its script."""

    def change(container: dict[str, Any]) -> None:
        container["command"] = ["sh", "-c", script % " ".join(container["command"])]

    return edit_container("worker", change)


def drop_target_parameter(name: str) -> Edit:
    """Take a field away from the EcsParameters of the rule's target."""
    return edit_json(
        SCHEDULE, lambda document: document["PutTargets"]["Targets"][0]["EcsParameters"].pop(name)
    )


def add_schedule(*command: str, admitted: bool = True) -> Edit:
    """Add a rule of the night, which runs a command in the scheduler's task.

    Args:
        command: The words of its command.
        admitted: Whether the role of the rules trusts it.
    """
    name, file = "tickets-nightly", "app/aws/nightly.json"

    def apply(root: Path) -> None:
        text = (root / SCHEDULE).read_text().replace('"tickets-schedule"', f'"{name}"')
        content = json.loads(text.replace("rate(1 minute)", "cron(30 3 * * ? *)"))
        (target,) = content["PutTargets"]["Targets"]
        target["Input"]["containerOverrides"][0]["command"] = list(command)
        (root / file).write_text(json.dumps(content))
        table = 'rule = "app/aws/nightly.json"\ntask_definition = "app/ecs/scheduler.json"'
        with (root / CONFIG).open("a") as configuration:
            configuration.write(f"\n[schedules.nightly]\n{table}\n")
        role = root / RULE_ROLE
        if admitted:
            role.write_text(role.read_text().replace("rule/tickets-schedule", "rule/tickets-*"))

    return Edit((CONFIG, RULE_ROLE, SCHEDULE), apply)


def edit_security_group(name: str, change: Callable[[list[dict[str, Any]]], object]) -> Edit:
    """Change the ingress of a security group."""

    def change_group(document: dict[str, Any]) -> None:
        (group,) = [entry for entry in document["SecurityGroups"] if entry["GroupName"] == name]
        change(group["IpPermissions"])

    return edit_json(SECURITY_GROUPS, change_group)


def edit_egress(name: str, rules: list[dict[str, Any]]) -> Edit:
    """Replace the egress of a security group."""

    def change_group(document: dict[str, Any]) -> None:
        (group,) = [entry for entry in document["SecurityGroups"] if entry["GroupName"] == name]
        group["IpPermissionsEgress"] = rules

    return edit_json(SECURITY_GROUPS, change_group)


def permission(source: str, port: int) -> dict[str, Any]:
    """Write one permission for a security group, a prefix list or a CIDR."""
    ports: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    if source.startswith("sg-"):
        return {**ports, "UserIdGroupPairs": [{"GroupId": source}]}
    if source.startswith("pl-"):
        return {**ports, "PrefixListIds": [{"PrefixListId": source}]}
    return {**ports, "IpRanges": [{"CidrIp": source}]}


def set_bucket(operation: str, **parameters: Any) -> Edit:
    """Add a call of S3's API to the bucket's file."""
    return edit_json(
        BUCKET, lambda document: document.update({operation: {"Bucket": BUCKET_NAME, **parameters}})
    )


def set_bucket_policy(**statement: Any) -> Edit:
    """Give the bucket a policy of one statement, about its objects and for everyone."""
    whole = {"Principal": "*", "Resource": f"arn:aws:s3:::{BUCKET_NAME}/*", **statement}
    return set_bucket("PutBucketPolicy", Policy={"Version": "2012-10-17", "Statement": [whole]})


def set_lifecycle(name: str, *, prefix: str = "", **actions: Any) -> Edit:
    """Give the bucket one lifecycle rule, for all objects unless a prefix is given."""
    rule = {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, **actions}
    return set_bucket("PutBucketLifecycleConfiguration", LifecycleConfiguration={"Rules": [rule]})
