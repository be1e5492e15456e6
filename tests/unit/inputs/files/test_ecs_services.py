"""The purpose of a service follows from its load balancer and its command, not from its name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.inputs import production
from harness.inputs.files import ecs_services
from harness.inputs.files.ecs_services import Service
from harness.inputs.problem import InputError

BALANCED = {"loadBalancers": [{"containerName": "app"}]}


def service(*command: str, **create: Any) -> Service:
    container = {"name": "app", "image": "app", "command": list(command)}
    return Service(TaskDefinition({"family": "a", "containerDefinitions": [container]}), create)


def test_visitors_reach_the_service_behind_the_load_balancer() -> None:
    assert ecs_services.web({"web": service(), "shop": service(**BALANCED)}) == "shop"
    assert ecs_services.web({"web": service()}) == ""


@pytest.mark.parametrize(
    ("command", "worker"),
    [
        (["php", "artisan", "horizon"], "jobs"),
        (["php", "artisan", "queue:work", "--tries=3"], "jobs"),
        (["sh", "-c", "exec php artisan queue:listen"], "jobs"),
        (["php", "artisan", "reverb:start"], ""),
        ([], ""),
    ],
)
def test_a_worker_is_known_by_its_command(command: list[str], worker: str) -> None:
    services = {"shop": service(**BALANCED), "jobs": service(*command)}
    assert ecs_services.worker(services, web="shop") == worker


def test_a_service_called_worker_is_one_whatever_it_runs() -> None:
    idle = service("sleep", "infinity")
    services = {"shop": service(**BALANCED), "worker": idle}
    assert ecs_services.worker(services, web="shop") == "worker"
    balanced = {"worker": service("queue:work", **BALANCED)}
    assert ecs_services.worker(balanced, web="worker") == ""


def behind(name: str) -> dict[str, Any]:
    arn = f"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/0123456789abcdef"
    return {"containerName": "app", "targetGroupArn": arn}


def test_a_service_may_be_behind_a_further_group_that_is_described_and_led_to() -> None:
    services = {
        "reverb": service(loadBalancers=[behind("other"), behind("reverb")]),
        "shop": service(loadBalancers=[behind("reverb"), behind("shop")]),
    }
    selection = ecs_services.behind(services, target_groups=["shop", "reverb"])
    assert selection["reverb"].reached == behind("reverb")
    assert selection["shop"].create["loadBalancers"] == [behind("shop")]
    for own, first in (("shop", "shop"), ("old", "reverb")):
        assert ecs_services.web(selection, target_group={"TargetGroup": {"Name": own}}) == first


def test_groups_here_are_those_of_the_file_that_visitors_are_led_to() -> None:
    def leads(name: str, weight: int) -> dict[str, Any]:
        arn = behind(name)["targetGroupArn"]
        groups = [{"TargetGroupArn": arn, "Weight": weight}]
        return {"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]}

    balancer = {"Rules": [leads("reverb", 1), leads("old", 0), leads("blog", 1)]}
    described = [{"Name": "reverb"}, {"Name": "old"}, {"Name": "api"}]
    groups = {"TargetGroup": {"Name": "shop"}, "TargetGroups": described}
    assert ecs_services.rehearsed_groups(balancer, groups) == ["shop", "reverb"]
    assert ecs_services.rehearsed_groups(None, {"TargetGroup": {"Name": "shop"}}) == ["shop"]
    assert ecs_services.rehearsed_groups(balancer, None) == [""]


def test_load_balancers_of_other_groups_are_left_out() -> None:
    services = {
        "reverb": service(loadBalancers=[behind("reverb")], healthCheckGracePeriodSeconds=5),
        "shop": service(loadBalancers=[behind("internal"), behind("shop")]),
        "jobs": service("queue:work"),
    }
    selection = ecs_services.behind(services, target_groups=["shop"])
    assert ecs_services.web(selection) == "shop"
    assert selection["reverb"].create == {"loadBalancers": []}
    assert selection["shop"].reached == behind("shop")
    assert selection["jobs"] is services["jobs"]
    assert ecs_services.behind(services, target_groups=["old"]) == services


def test_a_service_behind_another_target_group_is_noted(project: Path) -> None:
    ecs, toml = project / "app" / "ecs", project / "cutover.toml"
    text = (ecs / "service-web.json").read_text()
    chat = json.loads(text.replace("targetgroup/tickets-web/", "targetgroup/chat/"))
    (ecs / "chat.json").write_text(json.dumps({**chat, "serviceName": "tickets-chat"}))
    tables = """[services.chat]
task_definition = "app/ecs/web.json"
service = "app/ecs/chat.json"

[services.web]"""
    toml.write_text(toml.read_text().replace("[services.web]", tables))
    app = production.load({}, cwd=project)
    assert app.web == "web"
    assert app.notes == (
        "services.chat: visitors reach it by another target group than tickets-web, and are not"
        " rehearsed there; TargetGroups in the file of ecs.target_group, and the rule that leads"
        " there, would have it rehearsed",
    )
    lead_to_chat(ecs)
    app = production.load({}, cwd=project)
    assert (app.web, app.notes) == ("web", ())
    assert ecs_services.target_group_of(app.services["chat"].reached) == "chat"
    text = (ecs / "web.json").read_text()
    (ecs / "chat-task.json").write_text(text.replace('"tickets_session"', '"chat_session"'))
    toml.write_text(toml.read_text().replace('"app/ecs/web.json"', '"app/ecs/chat-task.json"', 1))
    assert production.public_site({}, cwd=project).session_cookie == "tickets_session"


def lead_to_chat(ecs: Path) -> None:
    """Describe the target group chat, and lead a path there."""
    group, balancer = ecs / "target-group.json", ecs / "load-balancer.json"
    content = json.loads(group.read_text())
    content["TargetGroups"] = [{**content["TargetGroup"], "Name": "chat"}]
    group.write_text(json.dumps(content))
    content = json.loads(balancer.read_text())
    (own,) = content["Rules"]
    chat = json.loads(json.dumps(own).replace("targetgroup/tickets-web/", "targetgroup/chat/"))
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/chat/*"]}}
    content["Rules"].append({**chat, "Priority": 5, "Conditions": [path]})
    balancer.write_text(json.dumps(content))


def test_names_of_services_are_free(project: Path) -> None:
    toml = project / "cutover.toml"
    text = toml.read_text().replace("[services.web]", "[services.shop]")
    toml.write_text(text.replace("[services.worker]", "[services.horizon]"))
    app = production.load({}, cwd=project)
    assert (app.web, app.worker) == ("shop", "horizon")
    site = production.public_site({}, cwd=project)
    assert site.session_cookie == app.session_cookie == "tickets_session"


def without(text: str, *tables: str) -> str:
    for table in tables:
        text = re.sub(rf"(?ms)^\[{re.escape(table)}\]\n.*?(?=^\[)", "", text)
    return text


def test_a_web_service_and_a_database_are_enough(project: Path) -> None:
    toml = project / "cutover.toml"
    toml.write_text(without(toml.read_text(), "services.worker", "resources", "schedule"))
    app = production.load({}, cwd=project)
    assert (app.web, app.worker, app.resource_names) == ("web", "", {})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("services.web", "services has no service behind the load balancer"),
        ("resources", 'is "sqs" (QUEUE_CONNECTION), so that the service worker takes its jobs'),
    ],
)
def test_services_that_fit_nothing_are_named(project: Path, change: str, expected: str) -> None:
    toml = project / "cutover.toml"
    toml.write_text(without(toml.read_text(), change))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    assert expected in str(caught.value)


def test_a_worker_of_another_queue_needs_none(project: Path) -> None:
    toml = project / "cutover.toml"
    toml.write_text(without(toml.read_text(), "resources"))
    path = project / "app/ecs/worker.json"
    definition = json.loads(path.read_text())
    variables = definition["containerDefinitions"][0]["environment"]
    (connection,) = [variable for variable in variables if variable["name"] == "QUEUE_CONNECTION"]
    connection["value"] = "database"
    path.write_text(json.dumps(definition))
    assert production.load({}, cwd=project).worker == "worker"
