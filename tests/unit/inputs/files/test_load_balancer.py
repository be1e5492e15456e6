"""The files of load balancer and target group: accepted by AWS, and shut to visitors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs.document import read_json
from harness.inputs.files import load_balancer

ECS = Path(__file__).resolve().parents[4] / "app" / "ecs"
READ = {"LoadBalancer": load_balancer.load_balancer, "TargetGroup": load_balancer.target_group}
FILES = {"LoadBalancer": "load-balancer.json", "TargetGroup": "target-group.json"}


def test_productions_files_are_read_as_they_are() -> None:
    for key, read in READ.items():
        path = ECS / FILES[key]
        assert read(read_json(path)) == json.loads(path.read_text())


@pytest.mark.parametrize(
    ("key", "member", "value", "said"),
    [
        ("LoadBalancer", "Type", "network", 'LoadBalancer.Type is "network"'),
        ("LoadBalancer", "Scheme", "internal", 'LoadBalancer.Scheme is "internal"'),
        ("TargetGroup", "TargetType", "instance", 'TargetGroup.TargetType is "instance"'),
        ("TargetGroup", "TargetType", None, 'is missing, and AWS takes "instance"'),
        ("TargetGroup", "Protocol", "HTTPS", 'TargetGroup.Protocol is "HTTPS"'),
        ("TargetGroup", "ProtocolVersion", "HTTP2", 'TargetGroup.ProtocolVersion is "HTTP2"'),
        ("TargetGroup", "HealthCheckProtocol", "HTTPS", "HealthCheckProtocol"),
        ("TargetGroup", "IpAddressType", "ipv6", 'TargetGroup.IpAddressType is "ipv6"'),
        ("TargetGroup", "Name", None, "TargetGroup.Name is missing"),
    ],
)
def test_what_leaves_visitors_outside_is_named(
    tmp_path: Path, key: str, member: str, value: str | None, said: str
) -> None:
    raw: dict[str, Any] = json.loads((ECS / FILES[key]).read_text())
    if value is None:
        del raw[key][member]
    else:
        raw[key][member] = value
    path = tmp_path / FILES[key]
    path.write_text(json.dumps(raw))
    with pytest.raises(ConfigError) as refused:
        READ[key](read_json(path))
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_target_groups_of_a_name_have_the_same_settings(tmp_path: Path) -> None:
    raw: dict[str, Any] = json.loads((ECS / FILES["TargetGroup"]).read_text())
    path, own = tmp_path / "groups.json", raw["TargetGroup"]
    raw["TargetGroups"] = [{**own, "Name": "api"}, {**own, "Name": "api"}, own]
    path.write_text(json.dumps(raw))
    assert READ["TargetGroup"](read_json(path))
    api = {**own, "Name": "api"}
    raw["TargetGroups"] = [{**own, "Port": 81}, api, {**api, "Port": 82}]
    path.write_text(json.dumps(raw))
    with pytest.raises(ConfigError) as refused:
        READ["TargetGroup"](read_json(path))
    assert f'TargetGroups[0].Name is "{own["Name"]}", as that of TargetGroup' in str(refused.value)
    assert 'TargetGroups[2].Name is "api", as that of TargetGroups[1]' in str(refused.value)


def test_what_is_left_out_is_what_aws_takes(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    path.write_text(json.dumps({"LoadBalancer": {"Name": "tickets"}}))
    assert load_balancer.load_balancer(read_json(path))["LoadBalancer"] == {"Name": "tickets"}


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("Rules", [{"Priority": "first"}], "Rules[0].Priority is a string"),
        ("Rules", ["a"], "Rules[0] is a string, and must be an object"),
        ("Certificates", [{"Arn": "a"}], "Certificates[0].Arn is no field that AWS knows"),
    ],
)
def test_rules_and_certificates_are_checked(
    tmp_path: Path, key: str, value: Any, text: str
) -> None:
    path = tmp_path / "load-balancer.json"
    path.write_text(json.dumps({"LoadBalancer": {"Name": "tickets"}, key: value}))
    with pytest.raises(ConfigError) as refused:
        load_balancer.load_balancer(read_json(path))
    assert text in str(refused.value)


@pytest.mark.parametrize(("field", "value"), [("Path", "/"), ("Query", "")])
def test_a_redirect_that_loses_the_page_is_named(tmp_path: Path, field: str, value: str) -> None:
    raw: dict[str, Any] = json.loads((ECS / FILES["LoadBalancer"]).read_text())
    (redirect,) = [listener for listener in raw["Listeners"] if listener["Protocol"] == "HTTP"]
    config = redirect["DefaultActions"][0]["RedirectConfig"]
    path = tmp_path / "load-balancer.json"
    config |= {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
    path.write_text(json.dumps(raw))
    load_balancer.load_balancer(read_json(path))
    config[field] = value
    path.write_text(json.dumps(raw))
    with pytest.raises(ConfigError, match=rf'RedirectConfig\.{field} is "{value}"'):
        load_balancer.load_balancer(read_json(path))


REDIRECTS = (
    ({"Port": "80"}, 'RedirectConfig.Port is "80": no listener speaks https on that port'),
    ({"Port": None}, "RedirectConfig.Port is missing, and AWS takes 80: no listener speaks"),
    (
        {"Protocol": None, "Port": None},
        'RedirectConfig.Protocol is "#{protocol}": the redirect leads to itself, and never to',
    ),
    ({"Protocol": "HTTP", "Port": "80"}, 'RedirectConfig.Protocol is "HTTP": the redirect leads'),
    (
        {"Protocol": None, "Port": "443"},
        'RedirectConfig.Protocol is "#{protocol}", and the listener on port 443 speaks https',
    ),
)


@pytest.mark.parametrize(("fields", "text"), REDIRECTS)
def test_a_redirect_that_misses_https_is_named(
    tmp_path: Path, fields: dict[str, str | None], text: str
) -> None:
    raw: dict[str, Any] = json.loads((ECS / FILES["LoadBalancer"]).read_text())
    (redirect,) = [listener for listener in raw["Listeners"] if listener["Protocol"] == "HTTP"]
    config = redirect["DefaultActions"][0]["RedirectConfig"]
    config |= fields
    for name in [name for name, value in config.items() if value is None]:
        del config[name]
    path = tmp_path / "load-balancer.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(ConfigError) as caught:
        load_balancer.load_balancer(read_json(path))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"Protocol": "HTTP", "Port": "80"},
            'Protocol is "HTTP", and AWS takes no redirect from HTTPS to HTTP',
        ),
        ({"Protocol": "HTTPS", "Port": "443"}, 'Protocol is "HTTPS": the redirect leads to itself'),
        ({"Host": "#{host}"}, 'Protocol is "#{protocol}": the redirect leads to itself'),
        ({"Host": "www.shop.example"}, ""),
        ({"Path": "/closed/#{path}"}, ""),
    ],
)
def test_a_redirect_of_https_leads_elsewhere(
    tmp_path: Path, config: dict[str, str], text: str
) -> None:
    raw: dict[str, Any] = json.loads((ECS / FILES["LoadBalancer"]).read_text())
    action = {"Type": "redirect", "RedirectConfig": {**config, "StatusCode": "HTTP_302"}}
    raw["Listeners"][0]["DefaultActions"] = [action]
    path = tmp_path / "load-balancer.json"
    path.write_text(json.dumps(raw))
    if not text:
        load_balancer.load_balancer(read_json(path))
        return
    with pytest.raises(ConfigError) as caught:
        load_balancer.load_balancer(read_json(path))
    assert text in str(caught.value)


def test_there_may_be_more_attributes_than_one_call_takes(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    attributes: list[dict[str, Any]] = [{"Key": f"a{n}", "Value": ""} for n in range(23)]
    content = {"LoadBalancer": {"Name": "tickets"}, "Attributes": attributes}
    path.write_text(json.dumps(content))
    assert load_balancer.load_balancer(read_json(path)) == content
    attributes[21]["Key"] = 5
    path.write_text(json.dumps(content, indent=2))
    with pytest.raises(ConfigError) as caught:
        load_balancer.load_balancer(read_json(path))
    assert str(caught.value) == (
        f"{path}: Attributes[21].Key is a number, and must be a string\n"
        f"  where: {path}:91: Attributes[21].Key\n"
        "  what to do: put it in quotes (elbv2 ModifyLoadBalancerAttributes)"
    )


def test_a_listener_without_an_action_is_named(tmp_path: Path) -> None:
    listener = {"Port": 443, "Protocol": "HTTPS", "Certificates": [{"CertificateArn": "arn"}]}
    path = tmp_path / "load-balancer.json"
    content = {"LoadBalancer": {"Name": "shop"}, "Listeners": [{**listener, "DefaultActions": []}]}
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=r"Listeners\[0\].DefaultActions is empty"):
        load_balancer.load_balancer(read_json(path))
