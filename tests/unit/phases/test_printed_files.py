"""Commands from files as the AWS CLI prints them: an input has other fields than an output."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.document import read_json
from harness.inputs.files import cache
from harness.inputs.production import Production
from harness.phases import plan, runbook, teardown
from harness.phases.catalog import PHASES, phase_of
from tests.unit.inputs import cli_outputs

ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def inputs(app: Production, number: int, command: str) -> list[Any]:
    """Return the inputs of each such command of a phase's plan."""
    lines = [
        line for action in plan.steps(phase_of(number), app).actions for line in action.commands
    ]
    words = [shlex.split(line) for line in lines if line.startswith(f"aws {command} ")]
    return [json.loads(parts[-1]) for parts in words]


def groups(printed: Path) -> Any:
    return json.loads((printed / "app/network/security-groups.json").read_text())


def with_groups(printed: Path, content: Any) -> Production:
    (printed / "app/network/security-groups.json").write_text(json.dumps(content))
    return production.load({}, cwd=printed)


def test_a_group_is_made_with_its_tags_and_without_read_only_fields(printed: Path) -> None:
    app = production.load({}, cwd=printed)
    new_groups = inputs(app, 1, "ec2 create-security-group")
    assert {*new_groups[0]} == {"GroupName", "Description", "VpcId", "TagSpecifications"}
    tags = [{"Key": "Name", "Value": "tickets-load-balancer"}]
    assert new_groups[0]["TagSpecifications"] == [{"ResourceType": "security-group", "Tags": tags}]


def test_what_ec2_makes_by_itself_is_not_made_again(printed: Path) -> None:
    app = production.load({}, cwd=printed)
    names = [group["GroupName"] for group in inputs(app, 1, "ec2 create-security-group")]
    assert "default" not in names
    assert not inputs(app, 1, "ec2 authorize-security-group-egress")
    ruled = [rule["GroupId"] for rule in inputs(app, 1, "ec2 authorize-security-group-ingress")]
    assert "sg-0a40c1e2f3b4a5999" not in ruled
    assert "'<id of default>'" not in "\n".join(teardown.commands(app, PHASES))


def test_a_group_with_narrow_egress_loses_the_egress_that_ec2_gave_it(printed: Path) -> None:
    content = groups(printed)
    group = content["SecurityGroups"][4]
    narrow = {**ANYWHERE, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    group["IpPermissionsEgress"] = [narrow]
    app = with_groups(printed, content)
    revoked = inputs(app, 1, "ec2 revoke-security-group-egress")
    grants = inputs(app, 1, "ec2 authorize-security-group-egress")
    assert revoked == [{"IpPermissions": [ANYWHERE], "GroupId": group["GroupId"]}]
    assert grants == [{"GroupId": group["GroupId"], "IpPermissions": [narrow]}]


def test_a_service_runs_the_revision_that_the_plan_registered(printed: Path) -> None:
    app = production.load({}, cwd=printed)
    assert app.services["web"].create["taskDefinition"].endswith(":12")
    (new_service,) = inputs(app, 4, "ecs create-service")
    assert new_service["taskDefinition"] == "tickets-web"


def test_rules_certificates_and_other_target_groups_are_made(printed: Path) -> None:
    arn = cli_outputs.ELB % "listener-rule/app/tickets"
    rule = {
        "RuleArn": f"{arn}/1/2",
        "Priority": "10",
        "Conditions": [{"Field": "path-pattern", "Values": ["/app/*"]}],
        "Actions": [{"Type": "forward", "TargetGroupArn": cli_outputs.ELB % "targetgroup/reverb"}],
    }
    path = printed / "app/ecs/load-balancer.json"
    further = {
        "Certificates": [{"CertificateArn": "arn:aws:acm:us-east-1:876000000876:certificate/2"}]
    }
    path.write_text(path.read_text() + cli_outputs.text({"Rules": [rule]}, further))
    (own,) = cli_outputs.target_groups()["TargetGroups"]
    service = json.loads((printed / "app/ecs/service-web.json").read_text())["services"][1]
    own["TargetGroupArn"] = service["loadBalancers"][0]["targetGroupArn"]
    other = {**own, "TargetGroupArn": "arn:other", "TargetGroupName": "reverb"}
    both = cli_outputs.text({"TargetGroups": [own, other]}, cli_outputs.attributes("target-group"))
    (printed / "app/ecs/target-group.json").write_text(both)
    app = production.load({}, cwd=printed)
    names = [group["Name"] for group in inputs(app, 4, "elbv2 create-target-group")]
    assert names == ["tickets-web", "reverb"]
    (new_rule,) = inputs(app, 4, "elbv2 create-rule")
    assert (new_rule["Priority"], new_rule["ListenerArn"]) == (10, f"{arn.replace('-rule', '')}/1")
    (added,) = inputs(app, 4, "elbv2 add-listener-certificates")
    assert added["ListenerArn"] == "<ARN of the HTTPS listener>"
    assert runbook.pages(app)["checklist.md"]


def test_a_policy_of_aws_is_attached_though_its_document_is_there(printed: Path) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSQSTuning"
    role, *inline = cli_outputs.role("web-task")[:-1]
    attached = {"AttachedPolicies": [{"PolicyName": "AmazonSQSTuning", "PolicyArn": arn}]}
    statement = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    version = {"PolicyVersion": {"Document": document, "VersionId": "v1"}}
    path = printed / "app/iam/web-task.json"
    path.write_text(cli_outputs.text(role, *inline, attached, version))
    app = production.load({}, cwd=printed)
    (role_file,) = (iam_role for iam_role in app.roles if iam_role.name == "tickets-web-task")
    assert json.loads(role_file.policies["AmazonSQSTuning"]) == document
    assert {"RoleName": "tickets-web-task", "PolicyArn": arn} in inputs(
        app, 0, "iam attach-role-policy"
    )
    assert "AmazonSQSTuning" not in str(inputs(app, 0, "iam put-role-policy"))


def test_service_connect_is_that_of_the_deployment(printed: Path) -> None:
    path = printed / "app/ecs/service-web.json"
    content = json.loads(path.read_text())
    connect = {"enabled": True, "namespace": "shop"}
    old = {"status": "ACTIVE", "serviceConnectConfiguration": {"enabled": False}}
    for service in content["services"]:
        service["deployments"][0]["serviceConnectConfiguration"] = connect
        service["deployments"].append(old)
    path.write_text(json.dumps(content))
    (new_service,) = inputs(production.load({}, cwd=printed), 4, "ecs create-service")
    assert new_service["serviceConnectConfiguration"] == connect


def test_no_attributes_are_no_call(printed: Path) -> None:
    path = printed / "app/ecs/target-group.json"
    path.write_text(cli_outputs.text(cli_outputs.target_groups(), {"Attributes": []}))
    text = plan.steps(phase_of(4), production.load({}, cwd=printed)).text()
    assert "create-target-group" in text
    assert "modify-target-group-attributes" not in text


def test_a_group_without_a_description_gets_one(printed: Path) -> None:
    content = groups(printed)
    del content["SecurityGroups"][4]["Description"]
    new_groups = inputs(with_groups(printed, content), 1, "ec2 create-security-group")
    assert new_groups[4]["Description"] == "tickets-endpoints"


def cache_of(tmp_path: Path, *outputs: Any) -> dict[str, Any]:
    path = tmp_path / "cache.json"
    path.write_text(cli_outputs.text(*outputs))
    return dict(cache.read(cache.form(read_json(path))).input)


GROUP = {
    "ReplicationGroupId": "shop",
    "Description": "sessions",
    "MemberClusters": ["shop-001", "shop-002"],
    "NodeGroups": [{"PrimaryEndpoint": {"Address": "master.shop.x.cache.amazonaws.com"}}],
    "AutomaticFailover": "enabled",
    "MultiAZ": "enabled",
    "DataTiering": "disabled",
    "ClusterEnabled": False,
    "TransitEncryptionEnabled": True,
    "AuthTokenEnabled": True,
}
CLUSTER = {
    "CacheClusterId": "shop-001",
    "EngineVersion": "7.2.6",
    "CacheSubnetGroupName": "private",
    "CacheParameterGroup": {"CacheParameterGroupName": "shop", "CacheNodeIdsToReboot": []},
}


def test_a_cache_is_made_with_the_nodes_and_the_network_of_the_printed_one(tmp_path: Path) -> None:
    settings = cache_of(tmp_path, {"ReplicationGroups": [GROUP]}, {"CacheClusters": [CLUSTER]})
    fields = {
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "NumCacheClusters": 2,
        "EngineVersion": "7.2",
        "CacheSubnetGroupName": "private",
        "CacheParameterGroupName": "shop",
        "AuthToken": "<AUTH token>",
    }
    assert {name: settings.get(name) for name in fields} == fields
    assert "DataTieringEnabled" not in settings


def test_a_cache_in_shards_is_made_with_its_shards(tmp_path: Path) -> None:
    members = [f"shop-000{shard}-00{node}" for shard in (1, 2, 3) for node in (1, 2)]
    shards = {"ClusterEnabled": True, "MemberClusters": members, "NodeGroups": [{}] * 3}
    settings = cache_of(tmp_path, {"ReplicationGroups": [{**GROUP, **shards}]})
    assert (settings["NumNodeGroups"], settings["ReplicasPerNodeGroup"]) == (3, 1)
    assert "NumCacheClusters" not in settings


@pytest.mark.parametrize(
    ("version", "taken"), [("5.0.6", "5.0.6"), ("6.2.6", "6.2"), ("8.0", "8.0")]
)
def test_the_version_of_a_cache_is_one_that_elasticache_takes(
    version: str, taken: str, tmp_path: Path
) -> None:
    printed = {"CacheClusterId": "shop", "Engine": "redis", "EngineVersion": version}
    assert cache_of(tmp_path, {"CacheClusters": [printed]})["EngineVersion"] == taken
