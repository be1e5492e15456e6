"""Notes on parts of production that are not rehearsed."""

from __future__ import annotations

import json
from pathlib import Path

from harness.inputs import notes, production


def test_a_listener_that_forwards_by_rules_alone_is_noted() -> None:
    refused = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    forwarded = {"Type": "forward", "TargetGroupArn": "arn"}
    listeners = [
        {"Protocol": "HTTPS", "Port": 443, "DefaultActions": [refused]},
        {"Protocol": "HTTPS", "Port": 8443, "DefaultActions": [forwarded]},
        {"Protocol": "HTTP", "Port": 80, "DefaultActions": [{"Type": "redirect"}]},
    ]
    (note,) = notes.of_listeners({"Listeners": listeners}, target_group="web")
    assert "the default action of the listener on port 443 is fixed-response" in note
    assert [*notes.of_listeners({}, target_group="web")] == []


def test_a_listener_that_leads_elsewhere_by_default_is_noted_where_no_rules_are() -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/old/6d0ecf831eec9f09"
    action = {"Type": "forward", "TargetGroupArn": arn}
    listener = {"Protocol": "HTTPS", "Port": 443, "DefaultActions": [action]}
    balancer = {"Listeners": [listener]}
    assert [*notes.of_listeners(balancer, target_group="web")] == [
        "ecs.load_balancer: the default action of the listener on port 443 leads to old, not to"
        " web; put there what `aws elbv2 describe-rules` prints, so that its rules are judged"
    ]
    assert [*notes.of_listeners(balancer, target_group="old")] == []
    assert [*notes.of_listeners({**balancer, "Rules": [{}]}, target_group="web")] == []


def test_a_listener_that_no_group_admits_is_noted(project: Path) -> None:
    file = project / "app" / "network" / "security-groups.json"
    groups = json.loads(file.read_text())
    (group,) = [one for one in groups["SecurityGroups"] if "load-balancer" in one["GroupName"]]
    group["IpPermissions"] = [one for one in group["IpPermissions"] if one["FromPort"] != 80]
    file.write_text(json.dumps(groups))
    (note,) = production.load({}, cwd=project).notes
    assert "it has a listener on port 80, and its security groups admit nobody there" in note


def test_denials_by_address_are_not_judged_where_nothing_tells_it(project: Path) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    file = project / "app" / "aws" / "bucket.json"
    content = json.loads(file.read_text())
    name = content["CreateBucket"]["Bucket"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    content["PutBucketPolicy"] = {"Bucket": name, "Policy": policy}
    file.write_text(json.dumps(content))
    config = project / "cutover.toml"
    config.write_text(config.read_text().replace('network = "app/aws/network.json"\n', ""))
    assert production.load({}, cwd=project).notes == (
        "resources.bucket: Statement[0] of its policy denies by aws:sourceip, and the tasks'"
        " addresses on AWS are not known here: it is not judged",
    )
