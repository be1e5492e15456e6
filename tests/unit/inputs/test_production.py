"""Production: every file that cutover.toml names, read once, and every problem of every file."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import config, production
from harness.inputs.problem import InputError, Problem
from harness.target.naming import names_in
from tests.mistakes.edits import add_schedule
from tests.unit.inputs import cli_outputs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file's text was read."""
    counts: Counter[str] = Counter()
    read_text, read_bytes = Path.read_text, Path.read_bytes

    def text(path: Path, *args: Any, **options: Any) -> str:
        counts[path.name] += 1
        return read_text(path, *args, **options)

    def content(path: Path) -> bytes:
        counts[path.name] += 1
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_text", text)
    monkeypatch.setattr(Path, "read_bytes", content)
    return counts


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data, indent=2))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def problems(project: Path, **environ: str) -> dict[tuple[str, str], Problem]:
    with pytest.raises(InputError) as caught:
        production.load(environ, cwd=project)
    by_key = {(Path(problem.file).name, problem.key): problem for problem in caught.value.problems}
    assert len(by_key) == len(caught.value.problems)
    return by_key


def test_scenarios_know_the_resources_by_kind() -> None:
    assert production.load({}, cwd=ROOT).resource_names == {
        "bucket": "876events-tickets-uploads",
        "queue": "tickets-jobs",
        "dead_letter_queue": "tickets-jobs-dead",
        "identity": "tickets@876events.example",
        "rule": "tickets-schedule",
        "scheduler": "tickets-scheduler",
    }


def test_the_queue_of_jobs_is_the_one_that_the_tasks_name(project: Path) -> None:
    mails = {"QueueName": "tickets-mails"}
    edit(project / "app/aws/queues.json", lambda raw: raw["CreateQueue"].insert(0, mails))
    assert production.load({}, cwd=project).resource_names["queue"] == "tickets-jobs"


def test_the_queue_of_jobs_is_named_in_laravels_container(project: Path) -> None:
    mails = {"QueueName": "tickets-mails"}
    edit(project / "app/aws/queues.json", lambda raw: raw["CreateQueue"].insert(0, mails))
    loaded = production.load({}, cwd=project)
    web = loaded.services["web"]
    containers = [
        {"name": "agent", "image": "agent:7"},
        *web.definition.raw["containerDefinitions"],
    ]
    definition = dataclasses.replace(
        web.definition, raw={**web.definition.raw, "containerDefinitions": containers}
    )
    services = {**loaded.services, "web": dataclasses.replace(web, definition=definition)}
    app = dataclasses.replace(loaded, services=services)
    assert app.resource_names["queue"] == "tickets-jobs"


def test_every_file_is_read_once(project: Path, opened: Counter[str]) -> None:
    app = production.load({}, cwd=project)
    files = [path for path in project.rglob("*") if path.is_file() and path.name != "Dockerfile"]
    assert set(opened) == {path.name for path in files}
    assert set(opened.values()) == {1}
    assert set(app.digests) == {str(path.relative_to(project)) for path in files}


def test_a_file_with_problems_is_read_once_too(project: Path, opened: Counter[str]) -> None:
    replace(project / "cutover.toml", 'proxy_group = "tickets-proxy"', 'proxy_group = "proxy"')
    edit(project / "app/ecs/web.json", lambda raw: raw.update(cpu="1", memory=5))
    opened.clear()
    problems(project)
    assert set(opened.values()) == {1}


def test_the_problems_of_all_files_come_out_together(project: Path) -> None:
    replace(project / "cutover.toml", 'region = "us-east-1"', 'regoin = "us-east-1"')
    replace(project / "cutover.toml", '"app/aws/bucket.json"', '"app/aws/buckets.json"')
    replace(project / "cutover.toml", '"tickets-database"', '"tickets-databse"')
    edit(project / "app/ecs/web.json", lambda raw: raw.update(cpu="300", memory=1024))
    edit(project / "app/ecs/service-web.json", lambda raw: raw.update(launchTyp="FARGATE"))
    edit(project / "app/aws/schedule.json", lambda raw: raw["PutRule"].update(Name=""))
    edit(project / "app/ecs/target-group.json", lambda raw: raw["TargetGroup"].pop("Name"))
    edit(project / "app/iam/web-task.json", lambda raw: raw.pop("RoleName"))
    (project / "app/aws/queues.json").write_text("{,}")

    by_key = problems(project, CUTOVER_VENDER="debian")

    assert set(by_key) == {
        ("", "CUTOVER_VENDER"),
        ("cutover.toml", "aws.regoin"),
        ("cutover.toml", "resources.bucket"),
        ("cutover.toml", "network.database_group"),
        ("web.json", "cpu"),
        ("web.json", "memory"),
        ("service-web.json", "launchTyp"),
        ("schedule.json", "PutRule.Name"),
        ("schedule.json", ""),
        ("target-group.json", "TargetGroup.Name"),
        ("web-task.json", "RoleName"),
        ("queues.json", ""),
    }
    assert all(problem.message and problem.hint for problem in by_key.values())
    without_line = {key for (_, key), problem in by_key.items() if not problem.line}
    assert without_line == {"CUTOVER_VENDER", "RoleName", ""}
    assert by_key["cutover.toml", "network.database_group"].hint == (
        'did you mean "tickets-database"?'
    )


def test_files_are_compared_with_each_other(project: Path) -> None:
    edit(
        project / "app/ecs/worker.json",
        lambda raw: raw["containerDefinitions"][0].update(image="another"),
    )
    edit(
        project / "app/ecs/load-balancer.json",
        lambda raw: raw["LoadBalancer"].update(SecurityGroups=["sg-9"]),
    )
    edit(
        project / "app/ecs/service-worker.json",
        lambda raw: raw["networkConfiguration"]["awsvpcConfiguration"].update(
            securityGroups=["sg-0a40c1e2f3b4a5104"]
        ),
    )
    by_key = problems(project)
    assert set(by_key) == {
        ("worker.json", "containerDefinitions[0].image"),
        ("load-balancer.json", "LoadBalancer.SecurityGroups[0]"),
        ("security-groups.json", "SecurityGroups[2]"),
        ("security-groups.json", "SecurityGroups[4]"),
    }


def test_the_copy_of_the_trackers_data_is_there(project: Path) -> None:
    with (project / "cutover.toml").open("a") as file:
        file.write('\n[scan]\ntracker = "ci/tracker.json"\n')
    assert ("cutover.toml", "scan.tracker") in problems(project)
    (project / "ci").mkdir()
    (project / "ci/tracker.json").write_text("{}")
    assert production.load({}, cwd=project)


def test_of_several_identities_the_senders_is_the_apps(project: Path) -> None:
    identities = {
        "VerifyDomainIdentity": [{"Domain": "876events.example"}, {"Domain": "other.example"}],
        "VerifyEmailIdentity": {"EmailAddress": "ops@other.example"},
    }
    (project / "app/aws/identity.json").write_text(json.dumps(identities))
    loaded = production.load({}, cwd=project)
    assert loaded.resource_names["identity"] == "876events.example"


def test_the_dockerfiles_of_images_are_there(project: Path) -> None:
    with (project / "cutover.toml").open("a") as file:
        file.write('\n[images.app]\ncontext = "."\ndockerfile = "docker/Dockerfile"\n')
    assert ("cutover.toml", "images.app.dockerfile") in problems(project)
    replace(
        project / "cutover.toml", '[images.app]\ncontext = "."', '[images.app]\ncontext = "src"'
    )
    assert ("cutover.toml", "images.app.context") in problems(project)
    (project / "src/docker").mkdir(parents=True)
    (project / "src/docker/Dockerfile").write_text("FROM php\n")
    assert production.load({}, cwd=project)


def test_a_folder_of_own_scenarios_is_there(project: Path) -> None:
    replace(project / "cutover.toml", "[aws]", '[scenarios]\npaths = ["tests/cutover"]\n\n[aws]')
    (problem,) = problems(project).values()
    folder = project / "tests/cutover"
    assert problem.key == "scenarios.paths[0]"
    assert problem.message == f'is "{folder}", and there is no such folder'
    assert problem.hint == "`cutover scenarios new NAME` makes it, with a first scenario"
    folder.mkdir(parents=True)
    assert production.load({}, cwd=project).config.scenario_paths == (folder,)


@pytest.mark.parametrize("wrong", ["", "[network]\nvpc_cidr = 5\n", "services = 5\nsecrets = []\n"])
def test_a_file_with_hardly_anything_in_it_has_problems_and_no_traceback(
    tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "cutover.toml").write_text(wrong)
    assert len(problems(tmp_path)) >= 6


def test_a_command_that_needs_no_configuration_reads_none(
    project: Path, opened: Counter[str]
) -> None:
    shutil.rmtree(project / "app")
    (project / "cutover.toml").write_text("[app")
    location = config.locate({"CUTOVER_HOME": "runs"}, cwd=project)
    assert location == config.Location(project / "cutover.toml", project / "runs")
    assert opened == {}


def test_a_smoke_test_reads_the_web_tasks_definition_alone(
    project: Path, opened: Counter[str]
) -> None:
    site = production.public_site({"CUTOVER_PROBE_KEY": "very-secret"}, cwd=project)
    assert site.url == "https://tickets.876events.example"
    assert site.session_cookie == production.load({}, cwd=ROOT).session_cookie
    assert "very-secret" not in repr(site)
    assert opened["web.json"] == 2
    edit(project / "app/ecs/web.json", lambda raw: raw.pop("family"))
    with pytest.raises(InputError, match=r"web\.json: family is missing"):
        production.public_site({}, cwd=project)


def test_rules_of_a_schedule_are_productions(project: Path) -> None:
    schedule = production.load({}, cwd=project).schedule
    assert schedule is not None
    assert (schedule.name, schedule.queue) == ("tickets-schedule", "tickets-schedule-ticks")
    assert schedule.maximum_age_s == 60


def test_a_rule_with_dots_has_a_queue_that_sqs_takes(project: Path) -> None:
    path = project / "app/aws/schedule.json"
    path.write_text(path.read_text().replace('"tickets-schedule"', '"every.minute"'))
    schedule = production.load({}, cwd=project).schedule
    assert schedule is not None
    assert schedule.queue == "every-minute-ticks"


def problems_of_nightly(root: Path, *command: str, **changes: str) -> list[str]:
    add_schedule(*command).apply(root)
    path = root / "app/aws/nightly.json"
    text = path.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    try:
        production.load({}, cwd=root)
    except InputError as error:
        return [
            f"{Path(problem.file).name}: {problem}; {problem.hint}" for problem in error.problems
        ]
    return []


def test_a_further_schedule_is_read_like_the_first(project: Path) -> None:
    assert problems_of_nightly(project, "php", "artisan", "queue:prune-failed") == []
    loaded = production.load({}, cwd=project)
    assert list(loaded.schedules) == ["schedule.rule", "schedules.nightly.rule"]
    assert loaded.schedule is loaded.schedules["schedule.rule"]
    assert [*names_in(loaded).further_schedules] == ["tickets-nightly"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cluster/tickets": "cluster/other"}, 'cluster/other", and ecs.cluster in the'),
        (
            {"task-definition/tickets-scheduler": "task-definition/other"},
            "that family, or correct schedules.nightly.task_definition",
        ),
        ({'"name": "app"': '"name": "cron"'}, 'is "cron", which is no container in'),
        ({"role/tickets-schedule-rule": "role/tickets-rule"}, 'is the role "tickets-rule"'),
        ({"sg-0a40c1e2f3b4a5102": "sg-0a40c1e2f3b4a5199"}, "sg-0a40c1e2f3b4a5199"),
        ({"subnet-0a40c1e2f3b4a5011": "private-a"}, 'is "private-a", which is no id of a subnet'),
        ({'"tickets-nightly"': '"tickets-schedule"'}, "the second would replace the first"),
        ({"queue:prune-failed": "queue:work"}, "queue:work, which never ends"),
        ({"cron(30 3 * * ? *)": "cron(30 3 * * *)"}, "cron(30 3 * * *)"),
        ({"queue:prune-failed": "schedule:run"}, "is a task that runs schedule:run, as"),
        ({'"name": "app"': '"name": "app", "memory": 9999'}, "is 9999 MiB, and the task has"),
    ],
)
def test_a_further_schedule_has_problems_of_its_own(
    project: Path, changes: dict[str, str], message: str
) -> None:
    texts = problems_of_nightly(project, "php", "artisan", "queue:prune-failed", **changes)
    assert any(message in text for text in texts), texts
    assert all("nightly" in text for text in texts), texts


def test_a_further_schedule_may_run_once(project: Path) -> None:
    once = {"cron(30 3 * * ? *)": "rate(7 days)", "ENABLED": "DISABLED"}
    assert problems_of_nightly(project, "php", "artisan", "queue:prune-failed", **once) == []
    notes = " ".join(production.load({}, cwd=project).notes)
    assert "schedules.nightly.rule: tickets-nightly is DISABLED: nothing runs its task" in notes


def test_an_environment_file_is_read_with_the_others(project: Path) -> None:
    arn = "arn:aws:s3:::shop-config/web.env"
    named = [{"type": "s3", "value": arn}]
    edit(
        project / "app/ecs/web.json",
        lambda raw: raw["containerDefinitions"][0].update(environmentFiles=named),
    )
    (project / "web.env").write_text("A=b\n")
    with (project / "cutover.toml").open("a") as file:
        file.write(f'\n[environment_files]\n"{arn}" = "web.env"\n')
    loaded = production.load({}, cwd=project)
    assert loaded.environment_files == {arn: "A=b\n"}
    assert "web.env" in loaded.digests
    (project / "web.env").unlink()
    assert ("cutover.toml", f"environment_files.{arn}") in problems(project)


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("aws/logs.json", '{ "logGroupName": "/ecs/tickets-web" }', "false", "CreateLogGroup[0]"),
        (
            *("aws/scaling.json", '"MaxCapacity": 6', '"MaxCapacity": {"Ref": "Most"}'),
            "RegisterScalableTarget.MaxCapacity",
        ),
        (
            *("aws/database.json", '"ModifyDBProxyTargetGroup": {', '"Modify": ["a"], "Old": {'),
            "Modify",
        ),
        (
            *("aws/database.json", '"DBParameterGroupFamily": "aurora-mysql8.0",', ""),
            "CreateDBClusterParameterGroup.DBParameterGroupFamily",
        ),
        (
            *("aws/identity.json", '"tickets@876events.example"', '""'),
            "VerifyEmailIdentity.EmailAddress",
        ),
        (
            *("ecs/load-balancer.json", '"StatusCode": "HTTP_301"', '"Host": ["HTTPS"]'),
            "Listeners[1].DefaultActions[0].RedirectConfig.Host",
        ),
    ],
)
def test_rules_leave_a_file_with_values_of_other_types_to_its_own_problems(
    project: Path, name: str, old: str, new: str, key: str
) -> None:
    replace(project / "app" / name, old, new)
    assert (Path(name).name, key) in problems(project)


def test_a_listener_has_a_port_and_a_protocol(project: Path) -> None:
    path = project / "app/ecs/load-balancer.json"
    edit(path, lambda raw: [raw["Listeners"][1].pop(name) for name in ("Port", "Protocol")])
    assert {
        ("load-balancer.json", "Listeners[1].Port"),
        ("load-balancer.json", "Listeners[1].Protocol"),
    } <= problems(project).keys()


def test_a_path_that_no_file_can_have_is_a_problem(project: Path) -> None:
    replace(project / "cutover.toml", '"app/aws/bucket.json"', f'"{"x" * 300}"')
    (problem,) = problems(project).values()
    assert problem.key == "resources.bucket"
    (project / "cutover.toml").unlink()
    (project / "cutover.toml").symlink_to("cutover.toml")
    (problem,) = problems(project).values()
    assert problem.message == "cannot be read: Too many levels of symbolic links"


@pytest.mark.parametrize(
    ("target", "said"), [("bucket.json", "a link that leads nowhere"), ("/dev/null", "a device, ")]
)
def test_a_path_that_leads_to_no_file_is_a_problem(project: Path, target: str, said: str) -> None:
    path = project / "app/aws/bucket.json"
    path.unlink()
    path.symlink_to(target)
    (problem,) = problems(project).values()
    assert problem.key == "resources.bucket"
    assert said in problem.message


def test_a_path_of_windows_is_answered_with_that_of_every_machine(project: Path) -> None:
    replace(project / "cutover.toml", '"app/aws/bucket.json"', "'app\\aws\\bucket.json'")
    (problem,) = problems(project).values()
    assert problem.hint == 'write "app/aws/bucket.json", or add the file'


def test_groups_that_are_not_known_accuse_no_key_of_cutover_toml(project: Path) -> None:
    replace(project / "cutover.toml", 'database_group = "tickets-database"\n', "")
    edit(project / "app/network/security-groups.json", lambda raw: raw.update(SecurityGroups=[]))
    assert {name for name, _ in problems(project)} == {"security-groups.json"}


def test_a_definition_with_problems_accuses_no_policy_of_the_bucket(project: Path) -> None:
    policy = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}
    policy["Statement"][0] |= {"Resource": "arn:aws:s3:::876events-tickets-uploads/*"}
    block = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    path = project / "app/aws/bucket.json"
    path.write_text(json.dumps(block) + json.dumps({"Policy": json.dumps(policy)}))
    edit(project / "app/ecs/worker.json", lambda raw: raw.update(cpu="7"))
    replace(project / "app/ecs/web.json", '"AWS_BUCKET"', '"OTHER_BUCKET"')
    replace(project / "app/ecs/scheduler.json", '"AWS_BUCKET"', '"OTHER_BUCKET"')
    assert "bucket.json" not in {name for name, _ in problems(project)}


@pytest.mark.parametrize(
    ("file", "change"), [("web.json", {"cpu": "7"}), ("service-web.json", {"desiredCount": 0})]
)
def test_a_service_with_problems_keeps_its_target_group(
    project: Path, file: str, change: dict[str, Any]
) -> None:
    ecs = project / "app/ecs"
    own = json.loads((ecs / "service-web.json").read_text())["loadBalancers"][0]["targetGroupArn"]
    other = own.replace("tickets-web", "tickets-admin")
    (printed,) = cli_outputs.target_groups()["TargetGroups"]
    groups = [
        {**printed, "TargetGroupArn": arn, "TargetGroupName": arn.split("/")[1]}
        for arn in (other, own)
    ]
    (ecs / "target-group.json").write_text(json.dumps({"TargetGroups": groups}))
    for name in ("web", "service-web"):
        text = (ecs / f"{name}.json").read_text()
        (ecs / f"{name.replace('web', 'admin')}.json").write_text(
            text.replace("tickets-web", "tickets-admin").replace("admin-task", "web-task")
        )
    rule = {
        "Priority": 99,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/admin/*"]}}],
        "Actions": [{"Type": "forward", "TargetGroupArn": other}],
    }
    edit(
        ecs / "load-balancer.json",
        lambda raw: raw["Rules"].append({**rule, "ListenerArn": raw["Rules"][0]["ListenerArn"]}),
    )
    admin = [f'{key} = "app/ecs/{name}"\n' for key, name in _ADMIN.items()]
    with (project / "cutover.toml").open("a") as toml:
        toml.write(f"[services.admin]\n{''.join(admin)}")
    edit(ecs / file, lambda raw: raw.update(change))
    assert {name for name, _ in problems(project)} == {file}


_ADMIN = {"task_definition": "admin.json", "service": "service-admin.json"}


def test_a_named_directory_of_roles_has_some(project: Path) -> None:
    (project / "roles").mkdir()
    replace(project / "cutover.toml", 'context = "app"', 'context = "app"\nroles = "roles"')
    (problem,) = problems(project).values()
    assert str(problem) == "app.roles is a directory without a file *.json"


def test_an_environment_file_that_is_no_text_is_a_problem(project: Path) -> None:
    arn = "arn:aws:s3:::876events-tickets-uploads/web.env"
    edit(
        project / "app/ecs/web.json",
        lambda raw: raw["containerDefinitions"][0].update(
            environmentFiles=[{"type": "s3", "value": arn}]
        ),
    )
    with (project / "cutover.toml").open("a") as file:
        file.write(f'[environment_files]\n"{arn}" = "web.env"\n')
    (project / "web.env").write_bytes(b"APP_NAME=\xff")
    (problem,) = problems(project).values()
    assert problem.message == "is not UTF-8: invalid start byte"


def test_a_role_of_a_file_with_problems_is_not_missed(project: Path) -> None:
    def misspell(raw: dict[str, Any]) -> None:
        raw["Policies"][0]["PolicyDocument"]["Version"] = "2026-01-01"

    edit(project / "app/iam/web-task.json", misspell)
    ((file, key),) = problems(project)
    assert (file, key) == ("web-task.json", "Policies[0].PolicyDocument.Version")
