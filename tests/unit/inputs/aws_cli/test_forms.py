"""Inputs as the AWS CLI prints them: the same production as from the operations' inputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import operation_shapes, production
from harness.inputs.aws_cli import forms, identities, resources
from harness.inputs.document import Document, read_json
from harness.inputs.files import bucket, load_balancer
from harness.inputs.problem import InputError
from tests.project import copy_inputs
from tests.unit.inputs import cli_outputs

ROOT = Path(__file__).resolve().parents[4]
ADDED = {
    *("deploymentController", "enableECSManagedTags", "loadBalancers", "placementConstraints"),
    *("placementStrategy", "schedulingStrategy", "serviceRegistries", "volumes"),
}
"""Fields that an input may leave out, and the AWS CLI prints with their defaults."""

Form = Callable[[Document], Document]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference app's inputs, all of them as the AWS CLI prints them."""
    copy_inputs(tmp_path)
    cli_outputs.write(tmp_path)
    return tmp_path


def text_of(error: InputError, directory: Path) -> str:
    return str(error).replace(f"{directory}/", "")


def refusal(form: Form, tmp_path: Path, *outputs: Any) -> str:
    path = tmp_path / "file.json"
    path.write_text(cli_outputs.text(*outputs))
    with pytest.raises(InputError) as caught:
        form(read_json(path))
    return text_of(caught.value, tmp_path)


def rewritten(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change a file's objects."""
    outputs = [output.data for output in read_json(path).objects]
    change(outputs)
    path.write_text(cli_outputs.text(*outputs))


def test_what_the_cli_prints_makes_the_same_production(project: Path) -> None:
    printed, reference = production.load({}, cwd=project), production.load({}, cwd=ROOT)
    assert printed.resource_names == reference.resource_names
    for name, service in reference.services.items():
        assert dict(_differences(service.create, printed.services[name].create)) == {
            "cluster": cli_outputs.ARN % ("ecs", "cluster/tickets"),
            "taskDefinition": cli_outputs.ARN % ("ecs", f"task-definition/tickets-{name}:12"),
        }
    for definition, theirs in zip(reference.definitions, printed.definitions, strict=True):
        assert {key for key, _ in _differences(definition.raw, theirs.raw)} == {
            "containerDefinitions"
        }
        assert [container.environment for container in definition.containers] == [
            container.environment for container in theirs.containers
        ]
    assert printed.load_balancer["LoadBalancer"] == reference.load_balancer["LoadBalancer"]
    assert printed.load_balancer["Attributes"] == reference.load_balancer["Attributes"]
    assert printed.target_group["TargetGroup"] == {
        **reference.target_group["TargetGroup"],
        "IpAddressType": "ipv4",
    }
    assert [role.policies for role in printed.roles] == [role.policies for role in reference.roles]
    assert [role.create["AssumeRolePolicyDocument"] for role in printed.roles] == [
        role.create["AssumeRolePolicyDocument"] for role in reference.roles
    ]
    assert [call.operation for call in printed.resources["bucket"].calls] == [
        call.operation for call in reference.resources["bucket"].calls
    ]


def _differences(mine: Any, theirs: Any) -> Iterator[tuple[str, Any]]:
    for key in sorted({*mine, *theirs}):
        if mine.get(key) != theirs.get(key) and (key in mine or key not in ADDED):
            yield key, theirs.get(key)


def test_what_is_not_used_is_said_in_one_line_for_each_file(project: Path) -> None:
    notes = production.load({}, cwd=project).notes
    assert len(notes) == 16
    note = (
        "app/ecs/web.json: taken as `aws ecs describe-task-definition` prints it; not used:"
        " compatibilities, registeredAt, registeredBy, requiresAttributes, revision, status,"
        " taskDefinitionArn"
    )
    assert note in notes
    assert production.load({}, cwd=ROOT).notes == ()


def test_problems_name_the_key_and_the_line_of_the_file_as_it_is(project: Path) -> None:
    ecs = project / "app" / "ecs"

    def break_balancer(outputs: list[dict[str, Any]]) -> None:
        outputs[0]["LoadBalancers"][0]["Scheme"] = "internal"
        https, _ = outputs[2]["Listeners"]
        outputs[2]["Listeners"] = [{**https, "Port": 8443}]

    rewritten(ecs / "load-balancer.json", break_balancer)
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    assert text_of(caught.value, project) == (
        "2 problems in the configuration and its files:\n\n"
        "app/ecs/load-balancer.json\n"
        '  line 26  LoadBalancers[0].Scheme is "internal"\n'
        '             what to do: write "internet-facing": an internal load balancer has private'
        " addresses only, which no visitor reaches\n"
        "  line 51  Listeners has no HTTPS listener on port 443: nobody answers https://\n"
        "             what to do: add it, with a certificate for the public URL"
    )


def test_rules_between_files_name_the_printed_key(project: Path) -> None:
    path = project / "app" / "ecs" / "service-web.json"

    def move(outputs: list[dict[str, Any]]) -> None:
        cluster = cli_outputs.ARN % ("ecs", "cluster/staging")
        outputs[0]["services"][1]["clusterArn"] = cluster

    rewritten(path, move)
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    (problem,) = caught.value.problems
    assert (problem.key, problem.line) == ("services[1].clusterArn", 67)
    assert problem.message.startswith(f'is "{cli_outputs.ARN % ("ecs", "cluster/staging")}"')


def test_one_file_may_have_the_services_of_several_keys(project: Path) -> None:
    ecs = project / "app" / "ecs"
    toml = (project / "cutover.toml").read_text()
    (project / "cutover.toml").write_text(toml.replace("service-worker.json", "service-web.json"))
    (ecs / "service-worker.json").unlink()
    services = production.load({}, cwd=project).services
    assert [service.name for service in services.values()] == ["tickets-web", "tickets-worker"]


def test_a_body_without_its_wrapper_is_taken_too(tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    path.write_text(json.dumps(cli_outputs.task_definition("web")["taskDefinition"]))
    assert "revision" not in forms.task_definition(read_json(path)).data
    path.write_text(json.dumps(cli_outputs.services("web")["services"][0]))
    service = forms.service(read_json(path), name="web").data
    assert service["cluster"] == cli_outputs.ARN % ("ecs", "cluster/tickets")


def test_listeners_may_follow_a_load_balancer_in_its_inputs_form(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    content = cli_outputs.content("ecs/load-balancer.json")
    path.write_text(cli_outputs.text(content, cli_outputs.listeners()))
    data = forms.load_balancer(read_json(path)).data
    assert (data["LoadBalancer"], data["Attributes"]) == (
        content["LoadBalancer"],
        content["Attributes"],
    )
    assert "ListenerArn" in data["Listeners"][0], "rules name it"
    assert load_balancer.load_balancer(replace(read_json(path), data=data)) == data


def test_rules_and_further_certificates_may_stand_beside_listeners(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    arn = "arn:aws:elasticloadbalancing:us-east-1:876000000876:listener-rule/app/tickets/a/b/c"
    host = {"Field": "host-header", "Values": ["a"], "HostHeaderConfig": {"Values": ["a"]}}
    content = cli_outputs.content("ecs/load-balancer.json")
    del content["Rules"]
    own: dict[str, Any] = {"RuleArn": arn, "IsDefault": False, "Actions": []}
    rules = [
        {**own, "Priority": "10", "Conditions": [host]},
        {**own, "Priority": "default", "IsDefault": True},
    ]
    certificates = [{"CertificateArn": name, "IsDefault": name == "a"} for name in "ab"]
    path.write_text(
        cli_outputs.text(
            content,
            cli_outputs.listeners(),
            {"Rules": rules},
            {"Certificates": certificates},
        )
    )
    data = forms.load_balancer(read_json(path)).data
    assert set(data) == {"LoadBalancer", "Attributes", "Listeners", "Rules", "Certificates"}
    (rule,) = data["Rules"]
    assert rule == {
        "ListenerArn": arn.replace("listener-rule", "listener").removesuffix("/c"),
        "Priority": 10,
        "Conditions": [{"Field": "host-header", "HostHeaderConfig": {"Values": ["a"]}}],
        "Actions": [],
    }
    assert data["Certificates"] == [{"CertificateArn": "b"}]
    assert operation_shapes.fit(rule, api="elbv2", operation="CreateRule").problems == []


@pytest.mark.parametrize("name", ["load-balancer", "target-group"])
def test_an_input_of_the_load_balancer_may_stand_alone(tmp_path: Path, name: str) -> None:
    form = {"load-balancer": forms.load_balancer, "target-group": forms.target_group}[name]
    key = {"load-balancer": "LoadBalancer", "target-group": "TargetGroup"}[name]
    body = cli_outputs.content(f"ecs/{name}.json")[key]
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(body))
    document = form(read_json(path))
    assert (document.data, document.note) == ({key: body}, "")


def test_inputs_without_their_operations_may_follow_each_other(tmp_path: Path) -> None:
    """As ``--cli-input-json`` takes them, in any order."""
    content = cli_outputs.content("ecs/load-balancer.json")
    rule = {"ListenerArn": "arn:a", "Priority": 1, "Conditions": [], "Actions": []}
    attributes = {"LoadBalancerArn": "arn:b", "Attributes": content["Attributes"]}
    path = tmp_path / "load-balancer.json"
    path.write_text(
        cli_outputs.text(rule, attributes, *content["Listeners"], content["LoadBalancer"])
    )
    document = forms.load_balancer(read_json(path))
    assert document.data == {
        **{key: content[key] for key in ("LoadBalancer", "Attributes", "Listeners")},
        "Rules": [rule],
    }
    last = path.read_text()[: path.read_text().index('"Scheme"')].count("\n") + 1
    assert document.place("LoadBalancer.Scheme") == (path, last)
    group = cli_outputs.content("ecs/target-group.json")["TargetGroup"]
    other = {**group, "Name": "blue"}
    path.write_text(cli_outputs.text(other, group))
    arn = f"arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/{group['Name']}/1"
    document = forms.target_group(read_json(path), arns=[arn])
    assert document.data == {"TargetGroup": group, "TargetGroups": [other]}


def test_inputs_of_queues_and_of_a_bucket_may_stand_without_their_operations(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file.json"
    dead, jobs = cli_outputs.content("aws/queues.json")["CreateQueue"]
    path.write_text(cli_outputs.text(jobs, dead))
    document = resources.queues(read_json(path))
    assert document.data == {"CreateQueue": [dead, jobs]}
    assert document.place("CreateQueue[1].QueueName") == (path, 2)
    rules = {"CORSRules": [{"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"]}]}
    cors, creation = {"Bucket": "scans", "CORSConfiguration": rules}, {"Bucket": "scans"}
    for texts in ((cors, creation), (cors,)):
        path.write_text(cli_outputs.text(*texts))
        document = resources.bucket(read_json(path), name="")
        assert [*document.data.items()] == [("CreateBucket", creation), ("PutBucketCors", cors)]


def test_inputs_and_outputs_may_stand_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    dead, jobs = cli_outputs.content("aws/queues.json")["CreateQueue"]
    arn = f"arn:aws:sqs:us-east-1:876000000876:{jobs['QueueName']}"
    path.write_text(cli_outputs.text({"Attributes": {**jobs["Attributes"], "QueueArn": arn}}, dead))
    assert resources.queues(read_json(path)).data == {"CreateQueue": [dead, jobs]}
    creation, block = {"Bucket": "scans"}, {"BlockPublicAcls": True}
    path.write_text(cli_outputs.text({"PublicAccessBlockConfiguration": block}, creation))
    document = resources.bucket(read_json(path), name="")
    blocked = {**creation, "PublicAccessBlockConfiguration": block}
    assert document.data == {"CreateBucket": creation, "PutPublicAccessBlock": blocked}
    listeners = cli_outputs.content("ecs/load-balancer.json")["Listeners"]
    printed = {"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]}
    path.write_text(cli_outputs.text(printed, *listeners))
    assert forms.load_balancer(read_json(path)).data == {"Listeners": listeners, **printed}


def test_files_of_two_load_balancers_are_not_mixed(tmp_path: Path) -> None:
    balancer = {"LoadBalancerName": "a", "LoadBalancerArn": "arn:a"}
    listener = {"LoadBalancerArn": "arn:b", "Port": 443, "Protocol": "HTTPS"}
    path = tmp_path / "load-balancer.json"
    path.write_text(cli_outputs.text({"LoadBalancers": [balancer]}, {"Listeners": [listener]}))
    with pytest.raises(InputError, match='is "arn:a", and the listeners name "arn:b"'):
        forms.load_balancer(read_json(path))


def test_a_list_that_is_null_is_named(tmp_path: Path) -> None:
    path = tmp_path / "load-balancer.json"
    path.write_text(json.dumps({"Listeners": None}))
    with pytest.raises(InputError, match="Listeners is null, which no command prints"):
        forms.load_balancer(read_json(path))


def test_attributes_of_two_resources_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "target-group.json"
    attributes = {"Attributes": [{"Key": "stickiness.enabled", "Value": "false"}]}
    path.write_text(cli_outputs.text(cli_outputs.target_groups(), attributes, attributes))
    with pytest.raises(InputError, match="Attributes is here twice"):
        forms.target_group(read_json(path))


def test_of_several_target_groups_that_of_the_web_service_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "target-group.json"
    (own,) = cli_outputs.target_groups()["TargetGroups"]
    other = {**own, "TargetGroupArn": f"{own['TargetGroupArn']}1", "TargetGroupName": "reverb"}
    path.write_text(json.dumps({"TargetGroups": [other, own]}))
    document = forms.target_group(read_json(path), arns=[own["TargetGroupArn"]])
    assert document.data["TargetGroup"]["Name"] == own["TargetGroupName"]
    assert [group["Name"] for group in document.data["TargetGroups"]] == ["reverb"]
    assert load_balancer.target_group(document)
    with pytest.raises(InputError, match="has 2 items, and one is expected"):
        forms.target_group(read_json(path), arns=["arn:aws:elasticloadbalancing:another"])
    path.write_text(cli_outputs.text({"TargetGroups": [other]}, {"TargetGroups": [own]}))
    arns = ["arn:aws:elasticloadbalancing:absent", own["TargetGroupArn"]]
    document = forms.target_group(read_json(path), arns=arns)
    assert document.data["TargetGroup"]["Name"] == own["TargetGroupName"]
    assert [group["Name"] for group in document.data["TargetGroups"]] == ["reverb"]
    last = path.read_text().rindex('"TargetGroupName"')
    line = path.read_text()[:last].count("\n") + 1
    assert document.place("TargetGroup.Name") == (path, line)


def test_documents_of_awss_own_policies_may_be_printed_too(tmp_path: Path) -> None:
    path = tmp_path / "role.json"
    own, other = "arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::1:policy/uploads"
    attached = {"AttachedPolicies": [{"PolicyArn": own}, {"PolicyArn": other}]}
    versions = [{"PolicyVersion": {"Document": {"Statement": [n]}}} for n in range(2)]
    path.write_text(cli_outputs.text(cli_outputs.role("web-task")[0], attached, *versions))
    data = resources.role(read_json(path)).data
    assert data["ManagedPolicyArns"] == [own]
    assert data["Policies"] == [{"PolicyName": "uploads", "PolicyDocument": {"Statement": [1]}}]


def test_a_customers_policy_is_attached_with_its_document(tmp_path: Path) -> None:
    path = tmp_path / "role.json"
    version = cli_outputs.content("iam/web-task.json")["Policies"][0]["PolicyDocument"]
    attached = [
        "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        "arn:aws:iam::876000000876:policy/uploads",
    ]
    listed = {
        "AttachedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached
        ]
    }
    role = cli_outputs.role("web-task")[0]
    document = {"PolicyVersion": {"Document": version, "VersionId": "v3", "IsDefaultVersion": True}}
    path.write_text(cli_outputs.text(role, listed, document))
    data = resources.role(read_json(path)).data
    assert data["ManagedPolicyArns"] == attached[:1]
    assert data["Policies"] == [{"PolicyName": "uploads", "PolicyDocument": version}]


def test_head_bucket_names_the_bucket_and_settings_go_below_their_key(tmp_path: Path) -> None:
    path = tmp_path / "bucket.json"
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"]}]}
    head = {"BucketArn": "arn:aws:s3:::uploads", "BucketRegion": "eu-west-1"}
    location = {"LocationConstraint": "eu-west-1"}
    rules = {"Rules": [{"ID": "a", "Status": "Enabled", "Expiration": {"Days": 9}, "Prefix": ""}]}
    least = {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}
    lifecycle = {**least, **rules}
    owner, status = {"Owner": {"ID": "a"}, "Grants": []}, {"Status": "Enabled"}
    path.write_text(cli_outputs.text(head, location, cors, lifecycle, owner, status))
    call = {"CreateBucket": {"Bucket": "uploads"}}
    blocked = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    for outputs in ((call, blocked), (blocked, call)):
        other = tmp_path / "inputs.json"
        other.write_text(cli_outputs.text(*outputs))
        assert resources.bucket(read_json(other), name="").data == {
            **call,
            "PutPublicAccessBlock": {"Bucket": "uploads", **blocked},
        }
    assert resources.bucket(read_json(path), name="").data == {
        "CreateBucket": {"Bucket": "uploads", "CreateBucketConfiguration": location},
        "PutBucketCors": {"Bucket": "uploads", "CORSConfiguration": cors},
        "PutBucketLifecycleConfiguration": {
            "Bucket": "uploads",
            **least,
            "LifecycleConfiguration": rules,
        },
        "PutBucketVersioning": {
            "Bucket": "uploads",
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    }


@pytest.mark.parametrize(
    "content", [{"TargetGroups": True}, {"TargetGroup": [1]}, {"TargetGroup": [{"Name": "a"}]}]
)
def test_target_groups_of_another_type_are_named(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "target-group.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"TargetGroups? is a (?:boolean|list), and must be a"):
        load_balancer.target_group(forms.target_group(read_json(path)))


def test_outputs_of_two_buckets_in_one_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bucket.json"
    heads = ({"BucketArn": f"arn:aws:s3:::{name}"} for name in ("uploads", "logs"))
    path.write_text(cli_outputs.text(*heads, {"Status": "Enabled"}, {"Status": "Suspended"}))
    with pytest.raises(InputError) as caught:
        resources.bucket(read_json(path), name="")
    text = str(caught.value)
    assert text.count("is a second bucket's, and no output names its bucket") == 2, text


@pytest.mark.parametrize(
    ("place", "region", "made"),
    [
        ({"LocationConstraint": None}, "us-east-1", {}),
        ({"LocationConstraint": None}, "eu-west-1", {"LocationConstraint": "us-east-1"}),
        ({"LocationConstraint": "EU"}, "eu-west-1", {"LocationConstraint": "eu-west-1"}),
        ({"BucketArn": "arn:aws:s3:::uploads", "BucketRegion": "us-east-1"}, "us-east-1", {}),
        ({}, "eusc-de-east-1", {"LocationConstraint": "eusc-de-east-1"}),
        ({}, "us-east-1", {}),
    ],
)
def test_a_bucket_is_made_where_it_is(
    tmp_path: Path, place: dict[str, Any], region: str, made: dict[str, str]
) -> None:
    path = tmp_path / "bucket.json"
    path.write_text(cli_outputs.text({"Status": "Enabled"}, place))
    document = resources.bucket(read_json(path), name="uploads", region=region)
    where = {"CreateBucketConfiguration": made} if made else {}
    assert document.data["CreateBucket"] == {"Bucket": "uploads", **where}
    assert bucket.read(document)


def test_a_bucket_of_another_region_is_named(project: Path) -> None:
    path = project / "app" / "aws" / "bucket.json"
    path.write_text(path.read_text() + '{"LocationConstraint": "eu-west-1"}\n')
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    line = path.read_text().count("\n")
    assert text_of(caught.value, project) == (
        'app/aws/bucket.json: LocationConstraint is in the region "eu-west-1", and the'
        ' configuration\'s is "us-east-1"\n'
        f"  where: app/aws/bucket.json:{line}: LocationConstraint\n"
        "  what to do: correct it, or aws.region; if it is somebody else's on purpose, add it to"
        " aws.foreign"
    )


VERIFIED = {"IdentityType": "DOMAIN", "SendingEnabled": True, "VerificationStatus": "SUCCESS"}
PENDING = {**VERIFIED, "VerificationStatus": "PENDING"}


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            {
                "EmailIdentities": [
                    {"IdentityName": "other.example", **PENDING},
                    {"IdentityName": "b.example", **VERIFIED},
                ]
            },
            {"VerifyDomainIdentity": [{"Domain": "b.example"}]},
        ),
        (
            {"EmailIdentities": [{"IdentityName": "shop@mail.b.example", **VERIFIED}]},
            {"VerifyEmailIdentity": [{"EmailAddress": "shop@mail.b.example"}]},
        ),
        (
            {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True, "DkimAttributes": {}},
            {"VerifyDomainIdentity": [{"Domain": "mail.b.example"}]},
        ),
        (
            {"IdentityType": "EMAIL_ADDRESS", "VerifiedForSendingStatus": True},
            {"VerifyEmailIdentity": [{"EmailAddress": "shop@mail.b.example"}]},
        ),
        ({"EmailIdentity": "b.example"}, {"VerifyDomainIdentity": [{"Domain": "b.example"}]}),
        (
            {"CreateEmailIdentity": {"EmailIdentity": "b.example"}},
            {"VerifyDomainIdentity": [{"Domain": "b.example"}]},
        ),
        (
            {"Identities": ["a.example", "b.example"]},
            {"VerifyDomainIdentity": [{"Domain": "b.example"}]},
        ),
    ],
)
def test_an_identity_of_ses_v2_is_the_senders(
    tmp_path: Path, printed: dict[str, Any], expected: dict[str, Any]
) -> None:
    path = tmp_path / "identity.json"
    path.write_text(json.dumps(printed))
    document = identities.identity(read_json(path), sender="shop@mail.b.example")
    assert document.data == expected


def test_identities_that_are_all_of_others_are_named_with_the_sender(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    names = {"a.example": VERIFIED, "old@b.example": PENDING}
    listed = [{"IdentityName": name, **state} for name, state in names.items()]
    path.write_text(json.dumps({"EmailIdentities": listed}))
    with pytest.raises(InputError) as error:
        identities.identity(read_json(path), sender="shop@b.example")
    (problem,) = error.value.problems
    assert str(problem) == (
        "EmailIdentities has a.example, old@b.example, and none is the address or domain of"
        " MAIL_FROM_ADDRESS, shop@b.example"
    )
    assert problem.hint == (
        "send from one of these, or verify the address or its domain before the cutover"
    )


def test_every_verified_identity_is_taken_where_no_sender_is_known(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    names = {"a.example": VERIFIED, "b.example": PENDING, "c.example": VERIFIED}
    listed = [{"IdentityName": name, **state} for name, state in names.items()]
    path.write_text(json.dumps({"EmailIdentities": listed}))
    domains = [{"Domain": "a.example"}, {"Domain": "c.example"}]
    document = identities.identity(read_json(path), sender="")
    assert document.data == {"VerifyDomainIdentity": domains}


def test_a_sender_that_cannot_be_read_is_not_missing(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    path.write_text(json.dumps({"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True}))
    with pytest.raises(InputError, match="does not name the identity"):
        identities.identity(read_json(path), sender="")
    document = identities.identity(read_json(path), sender="", unread="unread.invalid")
    assert document.data == {"VerifyDomainIdentity": [{"Domain": "unread.invalid"}]}


FORMS: dict[str, Form] = {
    "task definition": forms.task_definition,
    "service": partial(forms.service, name="web"),
    "load balancer": forms.load_balancer,
    "target group": forms.target_group,
    "security groups": forms.security_groups,
    "rule": resources.rule,
    "queues": resources.queues,
    "bucket": partial(resources.bucket, name=""),
    "identity": partial(identities.identity, sender="shop@b.example"),
    "role": resources.role,
}


@pytest.mark.parametrize(
    ("form", "output", "message"),
    [
        (
            "task definition",
            cli_outputs.services("web"),
            "file.json: services is what `aws ecs describe-services` prints, and a task definition"
            " is expected\n"
            "  where: file.json:2: services\n"
            "  what to do: put there what `aws ecs describe-task-definition` prints, or correct the"
            " path",
        ),
        (
            "service",
            cli_outputs.content("ecs/web.json"),
            "file.json: containerDefinitions is what RegisterTaskDefinition takes, and a service is"
            " expected\n"
            "  where: file.json:15: containerDefinitions\n"
            "  what to do: put there what `aws ecs describe-services` prints, or correct the path",
        ),
        (
            "load balancer",
            cli_outputs.target_groups(),
            "file.json: TargetGroups is what `aws elbv2 describe-target-groups` prints, and a load"
            " balancer is expected\n"
            "  where: file.json:2: TargetGroups\n"
            "  what to do: put there what `aws elbv2 describe-load-balancers` prints, or correct"
            " the path",
        ),
        (
            "security groups",
            {"SecurityGroupRules": []},
            "file.json: SecurityGroupRules is what `aws ec2 describe-security-group-rules` prints,"
            " and a list of security groups is expected\n"
            "  where: file.json:2: SecurityGroupRules\n"
            "  what to do: put there what `aws ec2 describe-security-groups` prints, or correct the"
            " path",
        ),
        (
            "queues",
            {"QueueUrls": ["https://sqs.us-east-1.amazonaws.com/876000000876/tickets-jobs"]},
            "file.json: QueueUrls is what `aws sqs list-queues` prints, and a list of queues is"
            " expected\n"
            "  where: file.json:2: QueueUrls\n"
            "  what to do: put there what `aws sqs get-queue-attributes --attribute-names All`"
            " prints, or correct the path",
        ),
    ],
)
def test_what_another_command_prints_is_named(
    tmp_path: Path, form: str, output: dict[str, Any], message: str
) -> None:
    assert refusal(FORMS[form], tmp_path, output) == message


BROKEN: dict[str, tuple[str, tuple[Any, ...], str, str]] = {
    "a revision that was taken back": (
        "task definition",
        ({"taskDefinition": {"status": "INACTIVE", "family": "web"}},),
        'taskDefinition.status is "INACTIVE": ECS starts no service from this revision',
        "print the revision that is deployed",
    ),
    "a service that is deleted": (
        "service",
        ({"services": [{"serviceName": "web", "status": "INACTIVE"}]},),
        'services[0].status is "INACTIVE": the service is deleted',
        "print the service that runs",
    ),
    "no service of this name": (
        "service",
        ({"services": [], "failures": [{"arn": "web", "reason": "MISSING"}]},),
        "failures holds a failure (MISSING) and no such service: ECS does not have it",
        "print it with the cluster and the name that it has there",
    ),
    "all load balancers of the account": (
        "load balancer",
        ({"LoadBalancers": [{}, {}]},),
        "LoadBalancers has 2 items, and one is expected",
        "print the app's own alone: --names NAME",
    ),
    "a queue without its name": (
        "queues",
        ({"Attributes": {"VisibilityTimeout": "120"}},),
        "Attributes has no QueueArn, which names the queue",
        "print it with `aws sqs get-queue-attributes --attribute-names All`",
    ),
    "a bucket without its name": (
        "bucket",
        ({"Status": "Enabled"},),
        "does not name the bucket, and neither does AWS_BUCKET of a task definition",
        "append what `aws s3api head-bucket --bucket NAME` prints",
    ),
    "targets without their rule": (
        "rule",
        ({"Targets": []},),
        "has no rule beside its targets",
        "append what `aws events describe-rule` prints",
    ),
    "an identity that is not verified": (
        "identity",
        ({"VerificationAttributes": {"shop@b.example": {"VerificationStatus": "Pending"}}},),
        'VerificationAttributes.shop@b.example.VerificationStatus is "Pending": SES sends no mail'
        " from it",
        "verify the identity before the cutover",
    ),
    "a domain that SES v2 does not send for": (
        "identity",
        ({"IdentityType": "DOMAIN", "VerifiedForSendingStatus": False},),
        'VerifiedForSendingStatus is "not verified": SES sends no mail from it',
        "verify the identity before the cutover",
    ),
    "an inline policy without its document": (
        "role",
        (cli_outputs.role("web-task")[0], {"PolicyNames": ["web"]}),
        'PolicyNames[0] is "web", whose document is not in this file',
        "append what `aws iam get-role-policy --policy-name web` prints",
    ),
    "two roles in a file": (
        "role",
        (*cli_outputs.role("web-task"), cli_outputs.role("worker-task")[0]),
        "Role is a second role, beside tickets-web-task",
        "write a file for each role",
    ),
    "two inputs of roles in a file": (
        "role",
        (cli_outputs.content("iam/web-task.json"), cli_outputs.content("iam/worker-task.json")),
        "holds 2 JSON objects, and one is expected",
        "write a file for each role",
    ),
    "a policy of another role": (
        "role",
        (
            cli_outputs.role("web-task")[0],
            {"RoleName": "other", "PolicyName": "web", "PolicyDocument": {"Statement": []}},
        ),
        'RoleName is "other", and the role of this file is tickets-web-task',
        "put it into the file of its role",
    ),
    "an attached policy without its document": (
        "role",
        (
            cli_outputs.role("web-task")[0],
            {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::876000000876:policy/uploads"}]},
        ),
        "AttachedPolicies has 1 policies whose documents are not known here"
        " (arn:aws:iam::876000000876:policy/uploads), and the file has 0 documents",
        "append what `aws iam get-policy-version --policy-arn ARN --version-id VERSION` prints for"
        " each of these, in this order",
    ),
    "two task definitions in a file": (
        "task definition",
        (cli_outputs.task_definition("web"), cli_outputs.task_definition("worker")),
        "holds 2 JSON objects, and one is expected",
        "print one resource, and nothing else, into this file",
    ),
    "a setting that has no place": (
        "bucket",
        ({"Status": "Enabled"}, {"StorageLens": []}),
        "holds an object with StorageLens, which is no part of a bucket with its settings",
        "known here: CreateBucket, LocationConstraint, BucketArn, PublicAccessBlockConfiguration,"
        " OwnershipControls, ServerSideEncryptionConfiguration, CORSRules, Rules, Policy, Status",
    ),
}


@pytest.mark.parametrize(("form", "outputs", "message", "hint"), BROKEN.values(), ids=BROKEN)
def test_an_output_that_lacks_something_is_named(
    tmp_path: Path, form: str, outputs: tuple[Any, ...], message: str, hint: str
) -> None:
    text = refusal(FORMS[form], tmp_path, *outputs)
    assert text.startswith(f"file.json: {message}\n")
    assert text.endswith(f"\n  what to do: {hint}")


def test_a_field_that_aws_does_not_know_is_still_one(project: Path) -> None:
    path = project / "app" / "ecs" / "web.json"
    rewritten(path, lambda outputs: outputs[0]["taskDefinition"].update(stopTimout=30))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    assert caught.value.problems[0].key == "taskDefinition.stopTimout"
    assert caught.value.problems[0].message == "is no field that AWS knows"


HAND_MADE: dict[str, tuple[str, Any, str, str]] = {
    "a list of containers": (
        "task definition",
        [{"name": "app", "image": "shop"}],
        "file.json: holds a list of containers, as Terraform's container_definitions has them, and"
        " not a task definition",
        'write { "family": ..., "cpu": ..., "memory": ..., "networkMode": "awsvpc",'
        ' "executionRoleArn": ..., "taskRoleArn": ..., "containerDefinitions": THE LIST }, or'
        " print it with `aws ecs describe-task-definition`",
    ),
    "one container": (
        "task definition",
        {
            **dict.fromkeys(("name", "image", "cpu", "user", "links", "secrets"), ""),
            "mountPoints": [],
        },
        "file.json: is not a task definition: it has name, image, cpu, user, links, secrets and 1"
        " more",
        "put there what `aws ecs describe-task-definition` prints",
    ),
    "a list of Terraform's": (
        "security groups",
        [{"address": "aws_security_group.app", "provider_name": "aws", "values": {}}],
        "file.json: holds a list of Terraform's resources, not a JSON object",
        "the file is the input of one AWS call, or what the AWS CLI prints without --query:"
        " { ... }",
    ),
    "Terraform's state": (
        "service",
        {"format_version": "1.0", "terraform_version": "1.13.4", "values": {}},
        "file.json: terraform_version is what `terraform show -json` prints, and a service is"
        " expected",
        "put there what `aws ecs describe-services` prints, or correct the path",
    ),
    "zones as the console shows them": (
        "load balancer",
        {"LoadBalancers": [{"LoadBalancerName": "shop", "AvailabilityZones": ["eu-west-1a"]}]},
        "file.json: LoadBalancers[0].AvailabilityZones[0] is a string, and must be an object",
        "write an object",
    ),
    "policies of a role as one text": (
        "role",
        {"Role": {"RoleName": "app", "PermissionsBoundary": "arn:aws:iam::1:policy/a"}},
        "file.json: Role.PermissionsBoundary is a string, and must be an object",
        "write an object",
    ),
}


@pytest.mark.parametrize(("form", "output", "message", "hint"), HAND_MADE.values(), ids=HAND_MADE)
def test_a_file_that_no_command_prints_is_one_problem(
    tmp_path: Path, form: str, output: Any, message: str, hint: str
) -> None:
    text = refusal(FORMS[form], tmp_path, output)
    assert text.startswith(f"{message}\n")
    assert text.endswith(f"\n  what to do: {hint}")


def test_a_load_balancer_without_its_wrapper_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "balancer.json"
    (body,) = cli_outputs.load_balancers()["LoadBalancers"]
    path.write_text(cli_outputs.text({**body, "Type": "network"}))
    with pytest.raises(InputError) as caught:
        load_balancer.load_balancer(forms.load_balancer(read_json(path)))
    (problem,) = caught.value.problems
    assert '"Type": "network"' in path.read_text().splitlines()[problem.line - 1]
    path.write_text(cli_outputs.text(body))
    bare = forms.load_balancer(read_json(path))
    path.write_text(cli_outputs.text({"LoadBalancers": [body]}))
    assert forms.load_balancer(read_json(path)).data == bare.data


def test_a_field_that_a_console_writes_as_null_is_not_set(project: Path) -> None:
    def add_nulls(outputs: list[dict[str, Any]]) -> None:
        body = outputs[0]["taskDefinition"]
        body |= {"ipcMode": None, "proxyConfiguration": None}
        body["containerDefinitions"][0] |= {"dnsServers": None, "firelensConfiguration": None}

    def add_more(outputs: list[dict[str, Any]]) -> None:
        outputs[0]["SecurityGroups"][0]["IpPermissions"][0]["PrefixListIds"] = None

    before = [definition.raw for definition in production.load({}, cwd=project).definitions]
    rewritten(project / "app/ecs/web.json", add_nulls)
    rewritten(project / "app/network/security-groups.json", add_more)
    assert [definition.raw for definition in production.load({}, cwd=project).definitions] == before


def test_a_task_definition_with_a_problem_accuses_no_other_file(project: Path) -> None:
    for name in ("web", "worker", "scheduler"):
        rewritten(
            project / f"app/ecs/{name}.json",
            lambda outputs: outputs[0]["taskDefinition"].update(memory="1"),
        )
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    named = {Path(problem.file).name for problem in caught.value.problems}
    assert named == {"web.json", "worker.json", "scheduler.json"}


def test_what_an_unread_file_may_have_is_no_problem_of_cutover_toml(project: Path) -> None:
    toml = project / "cutover.toml"
    lines = toml.read_text().splitlines()
    rest = [line for line in lines if not line.startswith(("proxy_group", "database_group"))]
    toml.write_text("\n".join(rest))
    (project / "app/network/security-groups.json").write_text('[{"provider_name": "aws"}]')
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    assert text_of(caught.value, project).startswith(
        "app/network/security-groups.json: holds a list of Terraform's resources, not a JSON"
    )


def test_of_all_load_balancers_the_one_of_the_listeners_is_taken(tmp_path: Path) -> None:
    (own,) = cli_outputs.load_balancers()["LoadBalancers"]
    other = {**own, "LoadBalancerArn": own["LoadBalancerArn"] + "-old", "LoadBalancerName": "old"}
    path = tmp_path / "load-balancer.json"
    every = {"LoadBalancers": [other, own]}
    path.write_text(cli_outputs.text(every, cli_outputs.listeners()))
    data = forms.load_balancer(read_json(path)).data
    assert data["LoadBalancer"]["Name"] == own["LoadBalancerName"]
    assert "LoadBalancers" not in data


def test_the_first_page_of_a_list_and_a_second_service_of_a_name_are_named(tmp_path: Path) -> None:
    groups = {"SecurityGroups": [], "NextToken": "eyJ"}
    assert "NextToken says that there is more" in refusal(forms.security_groups, tmp_path, groups)
    services = cli_outputs.services("web")
    services["services"] *= 2
    read = partial(forms.service, name=services["services"][0]["serviceName"])
    assert "services[1] is a second service" in refusal(read, tmp_path, services)


def test_a_service_in_the_place_of_its_task_definition_is_said_to_be_one(tmp_path: Path) -> None:
    service = json.loads((ROOT / "app" / "ecs" / "service-web.json").read_text())
    text = refusal(forms.task_definition, tmp_path, service)
    assert "names a task definition, as a service does, and the definition is expected" in text
    assert "put there what `aws ecs describe-task-definition` prints, or correct the path" in text


@pytest.mark.parametrize(
    ("field", "tool"),
    [("ContainerDefinitions", "CloudFormation"), ("container_definitions", "Terraform")],
)
def test_a_templates_spelling_of_a_whole_file_is_one_problem(
    tmp_path: Path, field: str, tool: str
) -> None:
    text = refusal(forms.task_definition, tmp_path, {"family": "web", field: [], "cpus": 5})
    assert f'{field} is "containerDefinitions" as {tool} spells it, and a task definition' in text
    assert "put there what `aws ecs describe-task-definition` prints" in text
