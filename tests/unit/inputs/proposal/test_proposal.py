"""The cutover.toml that `init` writes for a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.problem import InputError
from harness.inputs.proposal.folder import Folder
from harness.inputs.proposal.proposal import propose
from tests.project import copy_aws_files
from tests.unit.inputs import cli_outputs

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference app's folder, without its cutover.toml."""
    copy_aws_files(tmp_path)
    for name in ("Dockerfile", "artisan", "composer.json"):
        shutil.copy(ROOT / "app" / name, tmp_path / "app")
    return tmp_path


def write(project: Path) -> dict[str, object]:
    text = propose(Folder(project))
    (project / "cutover.toml").write_text(text)
    return tomllib.loads(text)


@pytest.mark.parametrize("printed", [False, True])
def test_a_folder_with_every_file_needs_nothing_more(project: Path, printed: bool) -> None:
    if printed:
        cli_outputs.write(project)
    write(project)
    app, reference = production.load({}, cwd=project), production.load({}, cwd=ROOT)
    assert {service.name for service in app.services.values()} == {"tickets-web", "tickets-worker"}
    assert app.resource_names == reference.resource_names
    assert app.config.secrets.keys() == reference.config.secrets.keys()
    for name in ("public_url", "account_id", "region", "cluster", "probe"):
        assert getattr(app.config, name) == getattr(reference.config, name)
    for name in ("name", "cluster_endpoint", "proxy_endpoint", "secret"):
        assert getattr(app.config.database, name) == getattr(reference.config.database, name)
    assert app.config.writable_paths == reference.config.writable_paths
    assert app.config.overlay == reference.config.overlay


@pytest.mark.parametrize("place", ["docker/prod/Dockerfile", "Dockerfile.prod"])
def test_a_dockerfile_of_another_place_or_name_is_proposed(project: Path, place: str) -> None:
    (project / place).parent.mkdir(parents=True, exist_ok=True)
    (project / "app" / "Dockerfile").rename(project / place)
    images: Any = write(project)["images"]
    assert images == {"app": {"context": ".", "dockerfile": place}}


def test_an_empty_folder_gets_comments_with_the_commands(tmp_path: Path) -> None:
    data = write(tmp_path)
    text = (tmp_path / "cutover.toml").read_text()
    assert data["app"] == {"context": "."}
    assert '# load_balancer = "load-balancer.json"  # { aws elbv2 describe-load-balancers' in text
    assert "# Without the probe fewer scenarios run: composer require the probe, and give" in text
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=tmp_path)
    keys = {problem.key for problem in caught.value.problems}
    assert {"network.vpc_cidr", "network.security_groups", "ecs.load_balancer"} <= keys


def test_every_comment_that_stands_for_a_key_is_toml_once_it_is_uncommented(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=\w+ = |\[)", "", propose(Folder(tmp_path)), flags=re.MULTILINE)
    assert tomllib.loads(text)["schedule"] == {
        "rule": "rule.json",
        "task_definition": "scheduler.json",
    }


def test_the_rule_names_the_task_definition_that_it_runs(project: Path) -> None:
    rule = project / "app/aws/schedule.json"
    rule.write_text(rule.read_text().replace("tickets-scheduler", "tickets-worker"))
    assert write(project)["schedule"] == {
        "rule": "app/aws/schedule.json",
        "task_definition": "app/ecs/worker.json",
    }


def test_the_service_that_a_listener_forwards_to_is_the_first(tmp_path: Path) -> None:
    def group(name: str) -> str:
        return f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{name}/1"

    contents: dict[str, Any] = {
        "listeners": {
            "Listeners": [{"Port": 443, "DefaultActions": [{"TargetGroupArn": group("shop")}]}]
        }
    }
    for name in ("admin", "shop"):
        contents[f"{name}"] = {
            "serviceName": name,
            "taskDefinition": name,
            "loadBalancers": [{"targetGroupArn": group(name)}],
        }
        contents[f"group-{name}"] = {
            "TargetGroups": [{"TargetGroupName": name, "TargetGroupArn": group(name)}]
        }
        contents[f"attributes-{name}"] = {"Attributes": [{"Key": "stickiness.enabled"}]}
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    text = propose(Folder(tmp_path))
    assert re.findall(r"\[services\.(\w+)\]", text) == ["shop", "admin"]
    assert (
        '# target_group = "target-group.json"  # cat group-admin.json group-shop.json ... >'
        " target-group.json, with the app's own of attributes-admin.json, attributes-shop.json"
    ) in text


def test_a_secret_that_the_app_has_as_a_whole_may_be_json(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/prod-Hj7KlM"
    container: dict[str, Any] = {
        "name": "php",
        "image": "shop:1",
        "secrets": [{"name": "APP_SECRETS", "valueFrom": arn}],
    }
    task = {"family": "shop", "containerDefinitions": [container]}
    (tmp_path / "task.json").write_text(json.dumps(task))
    line = '"shop/prod" = { generate = "hex" }  # APP_SECRETS'
    table = '; if it is JSON, write [secrets."shop/prod"] with its keys'
    assert f"{line}{table}\n" in propose(Folder(tmp_path))
    container["environment"] = [{"name": "APP_KEY", "value": "base64:x"}]
    (tmp_path / "task.json").write_text(json.dumps(task))
    assert f"{line}\n" in propose(Folder(tmp_path))


def test_mail_by_smtp_needs_the_bundle_that_php_reads(project: Path) -> None:
    variables = {
        "MAIL_MAILER": "smtp",
        "MAIL_HOST": "email-smtp.us-east-1.amazonaws.com",
        "MYSQL_ATTR_SSL_CA": "/etc/ssl/rds.pem",
    }
    for path in (project / "app/ecs").glob("*.json"):
        content = json.loads(path.read_text())
        for container in content.get("containerDefinitions", ()):
            rest = [entry for entry in container["environment"] if entry["name"] not in variables]
            added = [{"name": name, "value": value} for name, value in variables.items()]
            container["environment"] = [*rest, *added]
        path.write_text(json.dumps(content))
    overlay: Any = write(project)["overlay"]
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    assert overlay["files"] == {"/etc/ssl/rds.pem": "ca", bundle: "ca"}


def _print_revision(project: Path, revision: int, **changed: Any) -> None:
    """Keep what `aws ecs describe-task-definition` prints for a revision of the web service."""
    content = json.loads((project / "app/ecs/web.json").read_text())
    arn = f"arn:aws:ecs:us-east-1:876000000876:task-definition/{content['family']}:{revision}"
    printed = {**content, **changed, "taskDefinitionArn": arn, "revision": revision}
    path = project / f"app/ecs/web-{revision}.json"
    path.write_text(json.dumps({"taskDefinition": printed}))


def test_of_revisions_the_one_that_the_service_runs_is_taken(project: Path) -> None:
    _print_revision(project, 7)
    _print_revision(project, 8, cpu="2048")
    assert re.findall(r"\n(# task_definition = .*)", propose(Folder(project))) == [
        '# task_definition = "tickets-web.json"'
        "  # one of app/ecs/web-7.json, app/ecs/web-8.json, which differ"
    ]
    service = project / "app/ecs/service-web.json"
    service.write_text(re.sub(r'(taskDefinition": "tickets-web)', r"\1:8", service.read_text()))
    assert 'task_definition = "app/ecs/web-8.json"' in propose(Folder(project))


def test_a_task_definition_with_a_problem_is_named_all_the_same(project: Path) -> None:
    path = project / "app/ecs/web.json"
    path.write_text(path.read_text().replace('"networkMode": "awsvpc"', '"networkMode": "host"'))
    services = write(project)["services"]
    assert isinstance(services, dict)
    assert services["tickets-web"]["task_definition"] == "app/ecs/web.json"


def test_a_database_that_only_a_secret_names_gets_lines_to_fill_in(project: Path) -> None:
    moved = {"DB_HOST": "host", "DB_PORT": "port", "DB_DATABASE": "dbname"}
    for path in (project / f"app/ecs/{name}.json" for name in ("web", "worker", "scheduler")):
        content = json.loads(path.read_text())
        for container in content["containerDefinitions"]:
            secret = next(
                entry["valueFrom"]
                for entry in container["secrets"]
                if entry["name"] == "DB_PASSWORD"
            )
            container["environment"] = [
                entry for entry in container["environment"] if entry["name"] not in moved
            ]
            container["secrets"] += [
                {"name": name, "valueFrom": secret.replace(":password:", f":{key}:")}
                for name, key in moved.items()
            ]
        path.write_text(json.dumps(content))
    data = write(project)
    assert data["database"] == {}
    assert isinstance(data["secrets"], dict)
    assert data["secrets"]["tickets/db"].keys() == {"username", "password", "port", "dbname"}
    text = (project / "cutover.toml").read_text()
    assert '# cluster_endpoint = "..."  # aws rds describe-db-clusters' in text
    assert '# host = "..."  # DB_HOST: an endpoint of [database]' in text


def test_queues_in_files_of_their_own_belong_into_one(tmp_path: Path) -> None:
    for name in ("dead", "jobs"):
        arn = f"arn:aws:sqs:us-east-1:876000000876:{name}"
        (tmp_path / f"{name}.json").write_text(json.dumps({"Attributes": {"QueueArn": arn}}))
    write(tmp_path)
    text = (tmp_path / "cutover.toml").read_text()
    assert '\nqueues = "queues.json"  # cat dead.json jobs.json > queues.json' in text


def test_outputs_of_several_commands_about_one_thing_belong_into_one(tmp_path: Path) -> None:
    block, group = {"BlockPublicAcls": True}, "arn:aws:elasticloadbalancing:::targetgroup/shop/1"
    files: dict[str, Any] = {
        "attributes": {"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]},
        "balancer": {"LoadBalancers": [{"LoadBalancerName": "shop"}]},
        "lifecycle": {"Rules": [{"ID": "old", "Status": "Enabled", "Expiration": {"Days": 7}}]},
        "listeners": {"Listeners": [{"Port": 443}]},
        "pools": {"TargetGroups": [{"DBProxyName": "shop", "TargetGroupName": "default"}]},
        "policy": {"Policy": '{"Statement": [{"Resource": "arn:aws:s3:::shop/*"}]}'},
        "proxy": {"DBProxies": [{"DBProxyName": "shop"}]},
        "public": {"PublicAccessBlockConfiguration": block},
        "rule": {"Name": "cron", "ScheduleExpression": "rate(1 minute)"},
        "rules": {"Rules": [{"Priority": "1", "Actions": [], "Conditions": []}]},
        "slow": {"Attributes": [{"Key": "slow_start.duration_seconds", "Value": "0"}]},
        "target-group": {"TargetGroups": [{"TargetGroupArn": group}]},
        "targets": {"Targets": [{"Id": "1"}]},
        "valkey": {"ReplicationGroups": []},
        "versioning": {"Status": "Enabled"},
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    write(tmp_path)
    text = (tmp_path / "cutover.toml").read_text()
    for line, parts in {
        "load_balancer = |load-balancer": ["balancer", "listeners", "attributes", "rules"],
        # The shell would empty a file of that name before it is read.
        "target_group = |all-target-group": ["target-group", "slow"],
        "bucket = |bucket": ["public", "lifecycle", "policy", "versioning"],
        "rule = |all-rule": ["rule", "targets"],
        "# database = |database": ["pools", "proxy"],
    }.items():
        key, _, file = line.partition("|")
        names = " ".join(f"{part}.json" for part in parts)
        assert f'\n{key}"{file}.json"  # cat {names} > {file}.json\n' in text
    assert "\n# file = " in text
    assert "# valkey.json is not used: it is what `aws elasticache describe-replication" in text


def test_inputs_of_the_load_balancer_in_files_of_their_own_belong_into_one(
    tmp_path: Path,
) -> None:
    action = [{"Type": "forward", "TargetGroupArn": "arn"}]
    files: dict[str, Any] = {
        "http": {"LoadBalancerArn": "arn", "Port": 80, "DefaultActions": action},
        "https": {"LoadBalancerArn": "arn", "Port": 443, "DefaultActions": action},
        "load-balancer": {"Name": "shop", "SecurityGroups": ["sg-1"], "Subnets": ["a", "b"]},
        "www": {"ListenerArn": "arn", "Priority": 1, "Conditions": [], "Actions": action},
        "blue": {"Name": "blue", "VpcId": "vpc-1"},
        "green": {"Name": "green", "VpcId": "vpc-1"},
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    ecs: Any = write(tmp_path)["ecs"]
    assert ecs == {"load_balancer": "all-load-balancer.json", "target_group": "target-group.json"}
    text = (tmp_path / "cutover.toml").read_text()
    assert "cat load-balancer.json http.json https.json www.json > all-load-balancer.json" in text


def test_a_file_that_has_all_the_others_in_it_is_taken(tmp_path: Path) -> None:
    texts = {}
    for name in ("dead", "jobs"):
        arn = f"arn:aws:sqs:us-east-1:876000000876:{name}"
        texts[name] = json.dumps({"Attributes": {"QueueArn": arn}})
        (tmp_path / f"{name}.json").write_text(texts[name])
    (tmp_path / "all.json").write_text("\n".join(texts.values()))
    assert write(tmp_path)["resources"] == {"queues": "all.json"}


CONTAINERS = {
    "php-fpm": ("876000000876.dkr.ecr.us-east-1.amazonaws.com/shop/php:1", True),
    "web": ("876000000876.dkr.ecr.us-east-1.amazonaws.com/shop-nginx:1", False),
}


def of_two_containers(project: Path, files: dict[str, str]) -> Any:
    """Propose for a folder with these Dockerfiles, and a task of PHP-FPM and nginx."""
    shutil.rmtree(project / "app")
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    listed = [
        {"name": name, "image": image, "secrets": [{"name": "APP_KEY", "valueFrom": "k"}] * has_key}
        for name, (image, has_key) in CONTAINERS.items()
    ]
    task = {"family": "shop", "containerDefinitions": listed}
    (project / "task.json").write_text(json.dumps(task))
    return write(project)


@pytest.mark.parametrize(
    ("files", "app", "beside"),
    [
        (
            {
                "docker/php/Dockerfile": "FROM php\nCOPY docker/php/fpm.conf /etc/\nCOPY . .\n",
                "docker/php/fpm.conf": "",
                "docker/nginx/Dockerfile": "FROM nginx\nCOPY site.conf /etc/\n",
                "docker/nginx/site.conf": "",
            },
            {"context": ".", "dockerfile": "docker/php/Dockerfile"},
            {"context": "docker/nginx", "dockerfile": "Dockerfile"},
        ),
        (
            {
                ".docker/php.Dockerfile": "FROM php\nWORKDIR /app/\n",
                ".docker/nginx.Dockerfile": "FROM nginx\nCOPY --from=a /b /c\nCOPY public /srv\n",
                "public": "",
            },
            {"context": ".", "dockerfile": ".docker/php.Dockerfile"},
            {"context": ".", "dockerfile": ".docker/nginx.Dockerfile"},
        ),
        (
            {"Dockerfile": "FROM node AS build\nFROM php AS php\nFROM nginx as nginx\n"},
            {"context": ".", "dockerfile": "Dockerfile", "target": "php"},
            {"context": ".", "dockerfile": "Dockerfile", "target": "nginx"},
        ),
        (
            {
                "php/Dockerfile": "FROM php\nCOPY conf /etc/php\n",
                "php/conf": "",
                "nginx/Dockerfile": "FROM nginx\n",
                "vendor-debian/Dockerfile": "FROM debian\n",
            },
            {"context": "php", "dockerfile": "Dockerfile"},
            {"context": "nginx", "dockerfile": "Dockerfile"},
        ),
    ],
)
def test_dockerfiles_are_found_by_names_and_by_what_they_copy(
    project: Path, files: dict[str, str], app: dict[str, str], beside: dict[str, str]
) -> None:
    images = of_two_containers(project, files)["images"]
    assert images == {"app": app, CONTAINERS["web"][0]: beside}
    text = (project / "cutover.toml").read_text()
    assert ('writable = ["/app/storage"' in text) == ("WORKDIR" in "".join(files.values()))


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        ("COPY --chown=www-data:www-data . .", True),
        ("COPY --from=build --chown=33:33 /app /app", True),
        ("COPY . .\nRUN composer install \\\n && chown -R www-data:www-data /app && ls", True),
        ("RUN chown -R www-data .", True),
        ("COPY --chown=root:root . /app/", False),
        ("COPY --chown=www-data . /app/storage", False),
        ("RUN chown -R www-data storage bootstrap/cache; ls /app", False),
        ("RUN chown www-data /app", False),
        ("COPY . .", False),
    ],
)
def test_code_that_is_its_users_is_declared_writable(
    project: Path, lines: str, given: bool
) -> None:
    (project / "app" / "Dockerfile").write_text(f"FROM php\nWORKDIR /app\n{lines}\n")
    below = ["/app"] if given else ["/app/storage", "/app/bootstrap/cache"]
    assert write(project)["app"]["writable"] == [*below, "/tmp"]  # type: ignore[index]


def test_an_image_of_others_is_never_the_apps_dockerfile(project: Path) -> None:
    images = of_two_containers(project, {"docker/Dockerfile": "FROM php AS agent\n"})["images"]
    assert images == {"app": {"context": ".", "dockerfile": "docker/Dockerfile"}}


def test_an_app_of_a_repository_of_several_is_built_from_its_own_directory(tmp_path: Path) -> None:
    back, web = tmp_path / "services/backend", tmp_path / "services/web"
    for folder in (back / "docker", back / "routes", web):
        folder.mkdir(parents=True)
    (back / "artisan").touch()
    (back / "docker/fpm.conf").touch()
    (web / "Dockerfile").write_text("FROM node\n")
    (back / "docker/Dockerfile").write_text(
        "FROM php AS runtime\nCOPY docker/fpm.conf /etc/php/\n"
        "FROM runtime AS release\nCOPY . /code\nFROM release AS test\nRUN phpunit\n"
    )
    (tmp_path / "task.json").write_text(
        json.dumps(
            {
                "family": "api",
                "containerDefinitions": [
                    {
                        "name": "api",
                        "image": "1.dkr.ecr.eu-west-1.amazonaws.com/shop/backend:1",
                        "secrets": [{"name": "APP_KEY", "valueFrom": "k"}],
                    }
                ],
            }
        )
    )
    data: Any = write(tmp_path)
    assert data["app"]["context"] == "services/backend"
    built = {"context": "services/backend", "dockerfile": "docker/Dockerfile", "target": "release"}
    assert data["images"] == {"app": built}


def test_a_readers_endpoint_is_replaced_by_the_overlay(project: Path) -> None:
    path = project / "app" / "ecs" / "worker.json"
    data = json.loads(path.read_text())
    reader = "tickets-ro.endpoint.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com"
    container = data["containerDefinitions"][0]
    container["environment"].append({"name": "DB_READ_HOST", "value": reader})
    path.write_text(json.dumps(data))
    overlay: Any = write(project)["overlay"]
    assert overlay["environment"]["DB_READ_HOST"] == reader.replace("-ro.endpoint", "")
    production.load({}, cwd=project)


def test_roles_may_be_among_other_files_and_in_parts(project: Path) -> None:
    """One folder with all that was printed: other files are no roles, a role's parts are named."""
    for path in (project / "app" / "iam").iterdir():
        path.rename(project / "app" / "aws" / path.name)
    part = {"RoleName": "tickets-execution", "PolicyName": "more", "PolicyDocument": {}}
    (project / "app" / "aws" / "part.json").write_text(json.dumps(part))
    app: Any = write(project)["app"]
    assert app["roles"] == "app/aws"
    assert "# app/aws/part.json is not used: it belongs into" in propose(Folder(project))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    (problem,) = caught.value.problems
    assert (problem.key, Path(problem.file).name) == ("PolicyDocument", "part.json")
    (project / "app" / "aws" / "part.json").unlink()
    assert len(production.load({}, cwd=project).roles) == len([*(ROOT / "app/iam").iterdir()])


def test_roles_in_another_folder_are_named(project: Path) -> None:
    shutil.move(project / "app" / "iam", project / "infra")
    assert write(project)["app"]["roles"] == "infra"  # type: ignore[index]
    assert len(production.load({}, cwd=project).roles) == 5
    (project / "more").mkdir()
    (project / "infra/web-task.json").rename(project / "more/web-task.json")
    text = propose(Folder(project))
    assert '# roles = "infra"  # put them into one: infra, more' in text


def test_a_receipt_rule_is_named_and_a_distribution_is_not_used(tmp_path: Path) -> None:
    rules = {"Metadata": {"Name": "mails"}, "Rules": [{"Name": "keep", "Enabled": True}]}
    (tmp_path / "ses-rules.json").write_text(json.dumps(rules))
    (tmp_path / "cdn.json").write_text(json.dumps({"ETag": "E1", "Distribution": {"Id": "E2"}}))
    write(tmp_path)
    assert '# mail_receipt_rule = "ses-rules.json"' in (tmp_path / "cutover.toml").read_text()
    comment = "# cdn.json is not used: it is what `aws cloudfront get-distribution` prints."
    assert comment in (tmp_path / "cutover.toml").read_text()
    (tmp_path / "more.json").write_text(json.dumps({"Rules": [{"Priority": "1"}]}))
    assert '# mail_receipt_rule = "ses-rules.json"\n' in propose(Folder(tmp_path))


def test_templates_are_said_to_be_unused(tmp_path: Path) -> None:
    for name, content in (
        ("stack.yaml", "Resources:\n  Web:\n    Type: AWS::ECS::Service\n"),
        ("cdk.out/Shop.template.json", '{"Resources": {"A": {"Type": "AWS::ECS::Service"}}}'),
        ("infra/ecs.tf", 'resource "aws_ecs_service" "web" {\n}\n'),
        ("cdk.json", '{"context": {"@aws-cdk/core:checkSecretUsage": true}}'),
        ("copilot/web/manifest.yml", "name: web\ntype: Load Balanced Web Service\n"),
        ("task.yml", "family: web\ncontainerDefinitions:\n  - name: app\n"),
        ("docker-compose.yml", "services:\n  app:\n    image: php\n"),
        ("Pulumi.yaml", "name: shop\ndescription: it\nruntime:\n  name: nodejs\n"),
        ("vapor.yml", "id: 2\nname: shop\nenvironments:\n    production:\n        memory: 1024\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    text = propose(Folder(tmp_path))
    assert re.findall("# (.*), is not used(.*): print with the AWS CLI", text) == [
        ("Pulumi.yaml, a project of Pulumi", ""),
        ("cdk.json, settings of the CDK", ""),
        ("cdk.out/Shop.template.json, a template of CloudFormation", ", nor are 1 more"),
        ("copilot/web/manifest.yml, a manifest of Copilot", ""),
        ("docker-compose.yml, a file of Docker Compose", ""),
        ("infra/ecs.tf, code of Terraform", ""),
        ("task.yml, a task definition in YAML", ""),
        ("vapor.yml, settings of Laravel Vapor", ""),
    ]
    assert "aws ecs describe-task-definition --task-definition NAME prints it" in text
    (tmp_path / "web.json").write_text('{"serviceName": "web"}')
    assert "Docker Compose" not in propose(Folder(tmp_path)), "it is for development"


def test_names_with_odd_characters_are_still_toml(project: Path) -> None:
    path = project / "app/aws/bucket.json"
    path.rename(project / "app/aws/buc\nket \x7f\u2603\U0001f600.json")
    (project / "logs\n1.json").write_text('{"logGroups": []}')
    (project / "logs\r2.json").write_text('{"logGroups": []}')
    service = project / "app/ecs/service-web.json"
    service.write_text(
        service.read_text().replace('"tickets-web"', '"tickets\\nweb \U0001f600"', 1)
    )
    data = write(project)
    assert data["resources"]["bucket"].endswith("buc\nket \x7f\u2603\U0001f600.json")  # type: ignore[index]
    assert any("\n" in name for name in data["services"])  # type: ignore[attr-defined]
    (project / os.fsdecode(b"bad-\xff.json")).write_text('{"CreateQueue": []}')
    write(project)


def test_each_image_beside_the_app_has_a_source(project: Path) -> None:
    path = project / "app/ecs/web.json"
    content = json.loads(path.read_text())
    beside = {"nginx": True, "agent": False, "exporter": True}
    content["containerDefinitions"] += [
        {"name": name, "image": f"{name}:1", "essential": essential}
        for name, essential in beside.items()
    ]
    router = {"name": "router", "image": "router:1", "firelensConfiguration": {"type": "fluentbit"}}
    content["containerDefinitions"].append(router)
    path.write_text(json.dumps(content))
    (project / "docker").mkdir()
    (project / "docker/nginx.Dockerfile").write_text("FROM scratch")
    assert write(project)["images"] == {
        "agent:1": "none",
        "router:1": "none",
        "nginx:1": {"context": ".", "dockerfile": "docker/nginx.Dockerfile"},
    }
    text = (project / "cutover.toml").read_text()
    assert "# The container exporter; without a line it is pulled; or name an image that" in text
    assert '\n# "exporter:1" = "none"\n' in text


def test_a_secret_gets_values_by_the_variable_that_takes_them(project: Path) -> None:
    path = project / "app/ecs/web.json"
    content = json.loads(path.read_text())
    arn = "arn:aws:secretsmanager:us-east-1:876000000876:secret:shop/mail-Ab3dE5"
    content["containerDefinitions"][0]["secrets"] += [
        {"name": "MAIL_TOKEN", "valueFrom": f"{arn}:token::"},
        {"name": "APP_KEY_OLD", "valueFrom": "/shop/old"},
        {"name": "LICENCE", "valueFrom": arn.replace("mail", "licence")},
        {"name": "MAP_TOKEN", "valueFrom": arn.replace("mail", "map")},
        {"name": "MAIL_SETTINGS", "valueFrom": arn},
    ]
    path.write_text(json.dumps(content))
    data = write(project)
    secrets = data["secrets"]
    assert data["parameters"] == {"/shop/old": {"generate": "hex"}}
    assert isinstance(secrets, dict)
    assert secrets["shop/mail"] == {"token": {"generate": "hex"}}
    assert secrets["shop/licence"] == secrets["shop/map"] == {"generate": "hex"}
    assert secrets["tickets/db"] == {"username": "tickets", "password": {"generate": "password"}}


def test_files_with_problems_are_left_for_the_check(project: Path) -> None:
    (project / "app/ecs/web.json").write_text('{"taskDefinition": {"containerDefinitions": [{}]}}')
    (project / "app/ecs/broken.json").write_text("{")
    assert '# task_definition = "tickets-web.json"' in propose(Folder(project))


def test_files_of_the_move_are_named(tmp_path: Path) -> None:
    vpc = {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.50.0.0/16"}]}
    for name, content in (("vpc", vpc), ("logs", {"logGroups": []}), ("more", {"logGroups": []})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    text = propose(Folder(tmp_path))
    assert 'vpc_cidr = "10.50.0.0/16"' in text
    assert '[phases]\nnetwork = "vpc.json"\n# logs = "all-logs.json"  # cat logs.json more' in text


def test_environment_files_get_lines_to_fill_in(project: Path) -> None:
    file = project / "app" / "ecs" / "web.json"
    web = json.loads(file.read_text())
    arn = "arn:aws:s3:::876events-config/prod/app.env"
    web["containerDefinitions"][0]["environmentFiles"] = [{"value": arn, "type": "s3"}]
    file.write_text(json.dumps(web))
    text = propose(Folder(project))
    assert f'[environment_files]\n# "{arn}" = "app.env"  # a file with the object\'s text' in text
    (project / "deploy").mkdir()
    (project / "deploy/app.env").write_text("MAIL_HOST=mail.example\n")
    assert write(project)["environment_files"] == {arn: "deploy/app.env"}


def test_an_input_with_ids_of_groups_is_no_file_of_groups(tmp_path: Path) -> None:
    balancer = {"Name": "shop", "Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}
    (tmp_path / "balancer.json").write_text(json.dumps(balancer))
    assert "# security_groups =" in propose(Folder(tmp_path))


def test_of_several_schedules_the_minutely_one_is_laravels(project: Path) -> None:
    minutely = (project / "app/aws/schedule.json").read_text()
    nightly = minutely.replace("rate(1 minute)", "cron(0 3 * * ? *)")
    nightly = nightly.replace('"tickets-schedule"', '"a.digest"')
    (project / "app/aws/a-digest.json").write_text(nightly)
    content = tomllib.loads(propose(Folder(project)))
    assert content["schedule"]["rule"] == "app/aws/schedule.json"
    assert content["schedules"]["a.digest"]["rule"] == "app/aws/a-digest.json"
    definitions = {schedule["task_definition"] for schedule in content["schedules"].values()}
    assert definitions == {content["schedule"]["task_definition"]}


def test_of_schedules_of_the_night_none_is_laravels(project: Path) -> None:
    file = project / "app/aws/schedule.json"
    file.write_text(file.read_text().replace("rate(1 minute)", "cron(0 3 * * ? *)"))
    (project / "second.json").write_text(file.read_text().replace("tickets-schedule", "second"))
    content = tomllib.loads(propose(Folder(project)))
    assert "schedule" not in content
    assert set(content["schedules"]) == {"tickets-schedule", "second"}


def test_schedules_of_one_name_in_two_groups_have_tables_of_their_own(project: Path) -> None:
    file = project / "app/aws/schedule.json"
    target = json.loads(file.read_text())["PutTargets"]["Targets"][0]
    for group in ("default", "night"):
        schedule = {
            "Name": "digest",
            "GroupName": group,
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {name: value for name, value in target.items() if name != "Id"},
        }
        (project / f"{group}.json").write_text(json.dumps({"CreateSchedule": schedule}))
    content = tomllib.loads(propose(Folder(project)))
    assert set(content["schedules"]) == {"default/digest", "night/digest"}


@pytest.mark.parametrize("wrong", [5, "text", [5], [{"EcsParameters": [5]}], None])
def test_a_schedule_with_odd_targets_does_not_stop_it(project: Path, wrong: object) -> None:
    file = project / "app/aws/schedule.json"
    (project / "second.json").write_text(
        json.dumps({**json.loads(file.read_text()), "PutTargets": {"Targets": wrong}})
    )
    assert "# rule = " in propose(Folder(project))


def test_odd_files_beside_the_app_do_not_stop_it(project: Path) -> None:
    os.mkfifo(project / "pipe.json")
    os.mkfifo(project / "pipe.yaml")
    dockerfile = project / "app" / "Dockerfile"
    dockerfile.write_bytes(b"# caf\xe9\n" + dockerfile.read_bytes())
    (project / "app" / "composer.json").write_text("[]")
    assert "context" in tomllib.loads(propose(Folder(project)))["app"]


def test_of_several_environments_production_is_taken(project: Path) -> None:
    for name in ("prod", "staging"):
        shutil.copytree(project / "app" / "aws", project / name)
        shutil.copytree(project / "app" / "ecs", project / name / "ecs")
    shutil.rmtree(project / "app" / "aws")
    shutil.rmtree(project / "app" / "ecs")
    text = propose(Folder(project))
    assert "# Files of production are taken; those of staging are left out.\n" in text
    assert "staging/" not in text
    content = tomllib.loads(text)
    assert content["schedule"] == {
        "rule": "prod/schedule.json",
        "task_definition": "prod/ecs/scheduler.json",
    }
    assert content["services"]["tickets-web"]["task_definition"] == "prod/ecs/web.json"


def test_a_value_of_a_wrong_type_hides_none_of_the_others(project: Path) -> None:
    before = propose(Folder(project))
    for name in ("web", "worker", "scheduler"):
        path = project / "app" / "ecs" / f"{name}.json"
        content = json.loads(path.read_text())
        content["cpu"] = int(content["cpu"])
        content["containerDefinitions"][0]["environment"].append({"name": "PORT", "value": 3306})
        path.write_text(json.dumps(content, indent=2))
    assert re.sub(r":\d+", "", propose(Folder(project))) == re.sub(r":\d+", "", before)


def test_files_of_terraform_and_of_other_commands_are_said_to_be_unused(tmp_path: Path) -> None:
    for name, content in (
        ("state", {"terraform_version": "1.13.4", "values": {}}),
        ("containers", [{"name": "app", "image": "shop"}]),
        ("rules", {"SecurityGroupRules": []}),
        ("parameters", {"Parameters": []}),
        ("package", {"name": "shop", "files": []}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert re.findall("# (.* is not used: .*)", propose(Folder(tmp_path))) == [
        "containers.json is not used: it holds a list of containers, as Terraform's"
        " container_definitions has them, and not a task definition.",
        "parameters.json is not used: it is what `aws ssm describe-parameters` or"
        " `aws rds describe-db-cluster-parameters` prints.",
        "rules.json is not used: it is what `aws ec2 describe-security-group-rules` prints.",
        "state.json is not used: it is what `terraform show -json` prints: print what it made with"
        " the AWS CLI.",
    ]


def test_a_file_that_was_saved_or_cut_wrongly_is_said_to_be_unused(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_bytes('{"taskDefinition": {}}'.encode("utf-16")[:-1])
    (tmp_path / "service.json").write_text('{"services": [')
    (tmp_path / "tsconfig.json").write_text('{ // ours\n "include": [] }')
    matches = re.findall("# (.*) is not used: (.*)", propose(Folder(tmp_path)))
    assert [name for name, _ in matches] == ["service.json", "web.json"]
    assert matches[0][1].startswith("it is not JSON: ")
    assert matches[1][1] == "it is not UTF-16: truncated data."


def test_a_page_of_log_groups_is_a_file_of_the_move(tmp_path: Path) -> None:
    (tmp_path / "logs.json").write_text(json.dumps({"logGroups": [], "nextToken": "a"}))
    assert '[phases]\nlogs = "logs.json"' in propose(Folder(tmp_path))


def test_a_secret_database_url_gets_an_account_that_is_made_up(project: Path) -> None:
    path = project / "app/ecs/web.json"
    content = json.loads(path.read_text())
    content["containerDefinitions"][0]["secrets"].append({"name": "DB_URL", "valueFrom": "/db-url"})
    path.write_text(json.dumps(content))
    url = write(project)["parameters"]["/db-url"]  # type: ignore[index]
    assert re.fullmatch(r"mysql://app:made-up@tickets\.proxy-\S+:3306/tickets", url)


def test_an_api_has_the_page_of_its_health_check(project: Path) -> None:
    (project / "app" / "routes").mkdir()
    (project / "app" / "routes" / "api.php").write_text("<?php")
    app: Any = write(project)["app"]
    assert app["pages"] == {"public": "/healthz"}
    (project / "app" / "routes" / "web.php").write_text("<?php")
    app = write(project)["app"]
    assert "pages" not in app


def test_pages_are_where_the_apps_routes_have_them(project: Path) -> None:
    app = project / "app"
    for name in ("routes", "bootstrap"):
        (app / name).mkdir(exist_ok=True)
    (app / "bootstrap" / "app.php").write_text("$middleware->redirectUsersTo('/orders');")
    routes = """<?php
    Route::view('/', 'home')->name('home');
    Route::middleware('guest')->group(function () {
        Route::get('enter', [Enter::class, 'show'])->name('login');
        Route::match(['get', 'post'], '/register', Join::class)->name('register');
    });
    Route::post('/leave', function () { Auth::logout(); return back(); })->name("logout");
    """
    (app / "routes" / "web.php").write_text(routes)
    pages: Any = write(project)["app"]
    assert pages["pages"] == {
        "private": "/orders",
        "sign_in": {"path": "/enter"},
        "sign_out": "/leave",
    }
    (app / "routes" / "web.php").write_text(f"{routes} Route::prefix('account')->group(a());")
    assert '# sign_in = { path = "/enter" }' in propose(Folder(project))


def test_two_public_urls_are_both_named(project: Path) -> None:
    path = project / "app" / "ecs" / "worker.json"
    path.write_text(path.read_text().replace("https://tickets.", "https://admin."))
    text = propose(Folder(project))
    assert 'the public URL is missing, and the files contradict each other: "https://' in text
    assert '"https://admin.876events.example" (APP_URL in worker.json' in text


def test_an_app_below_a_path_has_its_pages_there(project: Path) -> None:
    for name in ("web", "worker", "scheduler"):
        path = project / "app" / "ecs" / f"{name}.json"
        url = "https://tickets.876events.example"
        path.write_text(path.read_text().replace(f'"{url}"', f'"{url}/shop"'))
    text = propose(Folder(project))
    assert "[app.pages]  # APP_URL has the path /shop" in text
    assert tomllib.loads(text)["app"]["pages"] == {"public": "/shop"}
    assert tomllib.loads(text)["probe"] == {"path": "/shop"}
    assert re.search(r"# url is taken from APP_URL in \w+\.json:\d+", text)
