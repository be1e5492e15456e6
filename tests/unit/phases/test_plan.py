"""The steps and rollbacks of phases as commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.files.ecs_services import Service
from harness.inputs.production import Production
from harness.inputs.toml.schema import BuiltImage, Parameter
from harness.phases import plan, runbook, teardown
from harness.phases.catalog import PHASES, phase_of

SET = "aws ecs update-service --cluster tickets --service tickets-{} --desired-count {}"


def with_services(files: Production, counts: Mapping[str, int], command: str) -> Production:
    """Return the reference app with more services: the worker's, with another command."""
    worker = files.services["worker"]
    container = {**worker.definition.raw["containerDefinitions"][0], "command": [command]}
    raw = {**worker.definition.raw, "containerDefinitions": [container]}
    definition = replace(worker.definition, raw=raw)
    more = {
        name: Service(
            definition,
            {**worker.create, "serviceName": f"tickets-{name}", "desiredCount": count},
        )
        for name, count in counts.items()
    }
    return replace(files, services={**files.services, **more})


def commands(planned: plan.Plan) -> list[str]:
    return [command for action in planned.actions for command in action.commands]


def waits(number: int, files: Production) -> list[str]:
    lines = commands(plan.steps(phase_of(number), files))
    return [line.partition("--services ")[2] for line in lines if "wait services-stable" in line]


def test_each_phase_waits_for_the_services_that_it_creates(files: Production) -> None:
    assert waits(4, files) == ["tickets-web"]
    assert waits(5, files) == ["tickets-worker"]


def test_one_call_asks_for_ten_services_at_the_most(files: Production) -> None:
    more = with_services(files, {f"w{n}": 1 for n in range(11)}, "true")
    assert [len(names.split()) for names in waits(5, more)] == [10, 2]
    described = re.findall(
        r"^aws ecs describe-services .*--services (.*) --query",
        runbook.pages(more)["runbook.md"],
        re.MULTILINE,
    )
    assert [len(names.split()) for names in described] == [10, 3]


@pytest.mark.parametrize("number", [5, 6])
def test_a_rollback_stops_everything_that_works_by_itself(number: int, files: Production) -> None:
    more = with_services(files, {"imports": 3, "clock": 1}, "php artisan schedule:work")
    stopped = [
        command for command in commands(plan.rollback(phase_of(number), more)) if command[-1] == "0"
    ]
    assert stopped == [SET.format(name, 0) for name in ("worker", "imports", "clock")]


def test_each_service_starts_again_with_its_own_count(files: Production) -> None:
    more = with_services(files, {"imports": 3, "clock": 1}, "php artisan schedule:work")
    onward = plan.rollback(phase_of(5), more).actions[1].commands
    counts = [("worker", 2), ("imports", 3), ("clock", 1)]
    assert onward[:-1] == tuple(SET.format(name, count) for name, count in counts)


def test_a_service_behind_another_target_group_is_not_stopped(files: Production) -> None:
    more = with_services(files, {"reverb": 1}, "php artisan reverb:start")
    document = files.documents["services.web.service"]
    documents = {**files.documents, "services.reverb.service": document}
    assert "reverb" in plan.rollback(phase_of(5), more).text()
    assert "reverb" not in plan.rollback(phase_of(5), replace(more, documents=documents)).text()


def test_the_connection_is_tried_when_there_is_a_task_definition(files: Production) -> None:
    tried = "cutover-probe:connect"
    plans = {phase.number: commands(plan.steps(phase, files)) for phase in PHASES}
    assert [number for number, lines in plans.items() if tried in str(lines)] == [4]
    (index,) = (n for n, line in enumerate(plans[4]) if tried in line)
    assert "register-task-definition" in plans[4][index - 1]
    without = replace(files, config=replace(files.config, probe=None))
    assert tried not in plan.steps(phase_of(4), without).text()


def test_a_plan_sets_the_region(files: Production) -> None:
    planned = plan.steps(phase_of(4), files)
    line = "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1"
    assert planned.text().splitlines()[2] == line
    assert planned.as_json()["region"] == line
    assert "AWS_REGION" not in plan.rollback(phase_of(0), files).text()


def settings(files: Production, **changes: Any) -> Production:
    """Return the reference app with other values of cutover.toml."""
    return replace(files, config=replace(files.config, **changes))


def test_parameters_are_made_by_their_names(files: Production) -> None:
    app = settings(
        files,
        parameters={
            "/shop/dsn": Parameter(),
            "arn:aws:ssm:us-east-1:876000000876:parameter/shop/mode": "live",
        },
        secrets={"shop/app": {"key": "made-up"}, "rds!db-0a1b": {"username": "u"}},
    )
    _, second, *_ = plan.steps(phase_of(0), app).actions
    assert second.commands == (
        'aws secretsmanager create-secret --name shop/app --secret-string \'{"key": "<key>"}\'',
        "aws ssm put-parameter --name /shop/dsn --value '<value>' --type SecureString",
        "aws ssm put-parameter --name /shop/mode --value '<value>' --type String",
    )
    removed = teardown.commands(app, PHASES)[-3:]
    assert removed == [
        "aws secretsmanager delete-secret --secret-id shop/app",
        "aws ssm delete-parameter --name /shop/dsn",
        "aws ssm delete-parameter --name /shop/mode",
    ]


def test_secrets_of_log_drivers_and_registries_are_made(files: Production) -> None:
    web = files.services["web"]
    (app, *_) = web.definition.raw["containerDefinitions"]
    arn = "arn:aws:secretsmanager:us-east-1:876000000876:secret:{}-Ab3dE5"
    options = [
        {"name": "apikey", "valueFrom": arn.format("shop/datadog") + ":key::"},
        {"name": "host", "valueFrom": "/shop/datadog-host"},
    ]
    log = {**app["logConfiguration"], "secretOptions": options}
    registry = {"credentialsParameter": arn.format("shop/hub")}
    raw = {**web.definition.raw}
    raw["containerDefinitions"] = [
        {**app, "logConfiguration": log, "repositoryCredentials": registry}
    ]
    changed = replace(web, definition=replace(web.definition, raw=raw))
    lines = commands(plan.steps(phase_of(0), replace(files, services={"web": changed})))
    start = "aws secretsmanager create-secret --name shop/"
    assert f'{start}datadog --secret-string \'{{"key": "<key>"}}\'' in lines
    assert f"{start}hub --secret-string '<value>'" in lines
    assert (
        "aws ssm put-parameter --name /shop/datadog-host --value '<value>' --type SecureString"
        in (lines)
    )


def test_environment_files_are_put_into_their_buckets(files: Production) -> None:
    own = files.resource_names["bucket"]
    texts = {"arn:aws:s3:::shop-config/prod/app.env": "", f"arn:aws:s3:::{own}/b.env": ""}
    lines = commands(plan.steps(phase_of(0), replace(files, environment_files=texts)))
    start = lines.index("aws s3 mb s3://shop-config")
    assert lines[start + 1 : start + 4] == [
        "aws s3 cp '<app.env>' s3://shop-config/prod/app.env",
        "# its bucket comes first: `cutover phase 5 --plan`",
        f"aws s3 cp '<b.env>' s3://{own}/b.env",
    ]


NGINX = "876000000876.dkr.ecr.us-east-1.amazonaws.com/tickets-nginx:2"


def with_image(files: Production, image: str, *, architecture: str = "") -> Production:
    """Return the reference app with another image of its own, and nginx beside it."""
    web = files.services["web"]
    (app, *_) = web.definition.raw["containerDefinitions"]
    containers = [{**app, "image": image}, {"name": "nginx", "image": NGINX}]
    raw = {**web.definition.raw, "containerDefinitions": containers}
    raw["runtimePlatform"] = {"cpuArchitecture": architecture} if architecture else {}
    services = {"web": replace(web, definition=replace(web.definition, raw=raw))}
    built = BuiltImage(context="docker/nginx", dockerfile="prod.Dockerfile")
    app_and_nginx = settings(files, images={NGINX: built})
    return replace(app_and_nginx, services=services, schedules={})


def test_each_image_is_built_for_the_cpu_of_its_tasks(files: Production) -> None:
    lines = commands(plan.steps(phase_of(3), with_image(files, "ghcr.io/shop/app:1")))
    nginx = "--repository-name tickets-nginx --image-id imageTag=2"
    assert lines == [
        "docker login ghcr.io",
        "aws ecr get-login-password --region us-east-1 | docker login --username AWS"
        f" --password-stdin {NGINX.partition('/')[0]}",
        "docker build --platform linux/amd64 --tag ghcr.io/shop/app:1 app",
        "docker push ghcr.io/shop/app:1",
        "docker build --platform linux/amd64 --file docker/nginx/prod.Dockerfile"
        f" --tag {NGINX} docker/nginx",
        f"docker push {NGINX}",
        f"aws ecr wait image-scan-complete --region us-east-1 {nginx}",
    ]
    arm = with_image(files, "ghcr.io/shop/app:1", architecture="ARM64")
    assert plan.steps(phase_of(3), arm).text().count("--platform linux/arm64") == 2


def test_the_secret_of_a_build_is_found_in_the_home_directory(files: Production) -> None:
    built = BuiltImage(context="web", secrets={"auth": "~/.composer/auth.json", "pip": "pip.conf"})
    named = with_image(files, "ghcr.io/shop/app:1")
    with_secrets = replace(named, config=replace(named.config, images={NGINX: built}))
    lines = commands(plan.steps(phase_of(3), with_secrets))
    assert (
        'docker build --platform linux/amd64 --secret id=auth,src="$HOME"/.composer/auth.json'
        f" --secret id=pip,src=pip.conf --tag {NGINX} web"
    ) in lines


def test_an_image_by_its_digest_is_there_already(files: Production) -> None:
    digest = "sha256:" + "ab" * 32
    app = with_image(files, f"{NGINX.partition(':')[0]}@{digest}")
    assert f"docker push {NGINX.partition(':')[0]}@" not in plan.steps(phase_of(3), app).text()
    scanned = f"--repository-name tickets-nginx --image-id imageDigest={digest}"
    assert scanned in plan.steps(phase_of(3), app).text()
    listed = "aws ecr describe-images --repository-name tickets-nginx --query"
    assert listed in plan.rollback(phase_of(3), app).text()


def test_a_cluster_has_the_capacity_that_services_name(files: Production) -> None:
    strategy = [{"capacityProvider": name} for name in ("FARGATE_SPOT", "FARGATE")]
    web = files.services["web"]
    spot = replace(web, create={**web.create, "capacityProviderStrategy": strategy})
    app = replace(files, services={**files.services, "web": spot})
    (line, *_) = commands(plan.steps(phase_of(4), app))
    assert line.endswith("--cluster-name tickets --capacity-providers FARGATE_SPOT FARGATE")


def test_one_call_has_twenty_attributes_at_the_most(files: Production) -> None:
    attributes = [{"Key": f"a{n}", "Value": "true"} for n in range(23)]
    file = files.documents["ecs.load_balancer"]
    more = {"ecs.load_balancer": replace(file, data={**file.data, "Attributes": attributes})}
    app = replace(files, documents={**files.documents, **more})
    lines = commands(plan.steps(phase_of(1), app))
    sent = [line for line in lines if "modify-load-balancer-attributes" in line]
    assert [line.count('"Key"') for line in sent] == [20, 3]


def test_a_plan_says_that_a_cluster_has_no_instance(files: Production) -> None:
    file = files.documents["phases.database"]
    lacking = "# phases.database has no instance: append `aws rds describe-db-instances`"
    assert lacking not in commands(plan.steps(phase_of(2), files))
    data = {name: value for name, value in file.data.items() if name != "CreateDBInstance"}
    documents = {**files.documents, "phases.database": replace(file, data=data)}
    assert lacking in commands(plan.steps(phase_of(2), replace(files, documents=documents)))


def test_without_ecs_exec_the_first_run_has_tasks_of_its_own(files: Production) -> None:
    web = files.services["web"]
    closed = replace(web, create={**web.create, "enableExecuteCommand": False})
    app = replace(files, services={**files.services, "web": closed})
    ran = plan.steps(phase_of(6), app).actions[0].commands
    assert len(ran) == len(files.config.first_run)
    assert all(line.startswith("aws ecs run-task ") for line in ran)
    assert '"command": ["php", "artisan", "migrate", "--force"]' in ran[1]


def test_a_step_without_a_file_names_the_key(files: Production) -> None:
    documents = {
        key: document for key, document in files.documents.items() if not key.startswith("phases.")
    }
    (key,) = (name for name in documents if name == "ecs.load_balancer")
    balancer = {**documents[key].data}
    del balancer["Listeners"], balancer["Rules"]
    documents[key] = replace(documents[key], data=balancer)
    app = replace(files, documents=documents)
    lines = [command for phase in PHASES for command in commands(plan.steps(phase, app))]
    assert [line for line in lines if line.startswith("#")] == [
        "# no file has it: set phases.logs",
        "# no file has it: set phases.registry",
        "# no file has it: set phases.network",
        "# no file has it: set phases.certificate",
        "# no file has it: set phases.database",
        "# no file has it: set Listeners in the file of ecs.load_balancer",
        "# no file has it: set phases.dns",
    ]
    assert "# no file has it: set phases.network" in runbook.pages(app)["runbook.md"]


def test_a_service_that_scales_is_not_scaled_while_it_is_stopped(files: Production) -> None:
    document = files.documents["phases.scaling"]
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/tickets/tickets-worker",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
    }
    scaling = replace(document, data={"RegisterScalableTarget": [target]})
    app = replace(files, documents={**files.documents, "phases.scaling": scaling})
    stop, start = (action.commands for action in plan.rollback(phase_of(5), app).actions)
    assert stop[0].endswith(
        "--resource-id service/tickets/tickets-worker"
        " --scalable-dimension ecs:service:DesiredCount --suspended-state"
        " DynamicScalingInSuspended=true,DynamicScalingOutSuspended=true,"
        "ScheduledScalingSuspended=true"
    )
    assert stop[1] == SET.format("worker", 0)
    assert "DynamicScalingOutSuspended=false" in start[1]


def test_an_app_without_background_work_has_nothing_to_start_again(files: Production) -> None:
    alone = replace(files, services={"web": files.services["web"]}, schedules={})
    planned = plan.rollback(phase_of(5), alone)
    assert commands(planned) == []
    assert "To go on again" not in runbook.pages(alone)["runbook.md"]


def test_a_service_of_codedeploy_is_rolled_back_by_codedeploy(files: Production) -> None:
    web = files.services["web"]
    create = {**web.create, "deploymentController": {"type": "CODE_DEPLOY"}}
    app = replace(files, services={**files.services, "web": replace(web, create=create)})
    assert commands(plan.rollback(phase_of(4), app)) == [
        "aws deploy stop-deployment --deployment-id '<running deployment>' --auto-rollback-enabled",
        "# without a running deployment: begin one with the former revision",
    ]
    assert waits(4, app) == []
    assert waits(5, app) == ["tickets-worker"]
