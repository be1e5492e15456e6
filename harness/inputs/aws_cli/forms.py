"""ECS and load balancer files in both forms: an operation's input, or the AWS CLI's output.

A function takes the file, and returns it as the operation's input. Several outputs stand in one
file one after another: ``{ aws elbv2 describe-load-balancers ...; aws elbv2 describe-listeners
...; } > load-balancer.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.aws.listener_rules import group_name
from harness.aws.task_definition import family_of
from harness.inputs import operation_shapes
from harness.inputs.aws_cli import bare, output
from harness.inputs.aws_cli.output import Form, Reshaped, below, only, printed_shape
from harness.inputs.document import Document, Origin
from harness.inputs.files.load_balancer import LISTENER_ARN
from harness.inputs.problem import Problem

_ONE = "print one resource, and nothing else, into this file"
_TASK_DEFINITION = Form(
    "a task definition",
    "aws ecs describe-task-definition",
    ("taskDefinition", "containerDefinitions", "family"),
    is_named=True,
)
_OF_DEPLOYMENTS = ("serviceConnectConfiguration", "volumeConfigurations")
_SERVICE = Form(
    "a service", "aws ecs describe-services", ("services", "serviceName"), is_named=True
)
_LOAD_BALANCER = Form(
    "a load balancer",
    "aws elbv2 describe-load-balancers",
    ("LoadBalancers", "LoadBalancer", "Attributes", "Listeners", "Rules", "Certificates"),
    printed_by={
        "Attributes": "aws elbv2 describe-load-balancer-attributes",
        "Rules": "aws elbv2 describe-rules",
        "Certificates": "aws elbv2 describe-listener-certificates",
    },
    is_named=True,
)
_TARGET_GROUP = Form(
    "a target group",
    "aws elbv2 describe-target-groups",
    ("TargetGroups", "TargetGroup", "Attributes"),
    printed_by={"Attributes": "aws elbv2 describe-target-group-attributes"},
    is_named=True,
)
_SECURITY_GROUPS = Form(
    "a list of security groups",
    "aws ec2 describe-security-groups",
    ("SecurityGroups",),
    is_named=True,
)


def task_definition(document: Document) -> Document:
    """Take ``describe-task-definition``, with or without ``--query taskDefinition``.

    Raises:
        InputError: It is another form, or a revision that is not active.
    """
    data = document.data
    if isinstance(data.get("taskDefinition"), str):
        message = "names a task definition, as a service does, and the definition is expected"
        hint = f"put there what `{_TASK_DEFINITION.command}` prints, or correct the path"
        document.reject([Problem("taskDefinition", message, hint)])
    _TASK_DEFINITION.reject_others(document)
    output.reject_several(document, hint=_ONE)
    at = "taskDefinition" if "taskDefinition" in data else ""
    body = data[at] if at else data
    if not isinstance(body, dict) or (not at and "taskDefinitionArn" not in body):
        return document
    reshaped = Reshaped(document)
    if body.get("status", "ACTIVE") != "ACTIVE":
        reshaped.reject(
            document,
            below(at, "status"),
            f'is "{body["status"]}": ECS starts no service from this revision',
            "print the revision that is deployed",
        )
    printed = printed_shape("ecs", "DescribeTaskDefinition", "taskDefinition")
    wanted = operation_shapes.input_shape("ecs", "RegisterTaskDefinition")
    reshaped.fill(reshaped.without_read_only(body, printed=printed, wanted=wanted), at=at)
    if at and data.get("tags"):
        reshaped.put("tags", data["tags"], source=document, at="tags")
    return reshaped.result(_TASK_DEFINITION.command)


def service(document: Document, *, name: str, family: str = "") -> Document:
    """Take ``describe-services``: the service that has a name, or runs a family, or the only one.

    Raises:
        InputError: It is another form, or has no such service.
    """
    _SERVICE.reject_others(document)
    output.reject_several(document, hint=_ONE)
    if "services" in document.data:
        body, at = _service_of(document, name=name, family=family)
    elif "serviceArn" in document.data:
        body, at = document.data, ""
    else:
        return document
    reshaped = Reshaped(document)
    if body.get("status", "ACTIVE") != "ACTIVE":
        message = f'is "{body["status"]}": the service is deleted'
        reshaped.reject(document, below(at, "status"), message, "print the service that runs")
    printed = printed_shape("ecs", "DescribeServices", "services")
    wanted = operation_shapes.input_shape("ecs", "CreateService")
    reshaped.fill(reshaped.without_read_only(body, printed=printed, wanted=wanted), at=at)
    if body.get("clusterArn"):
        reshaped.put("cluster", body["clusterArn"], source=document, at=below(at, "clusterArn"))
        reshaped.read_only.discard("clusterArn")
    for field in _OF_DEPLOYMENTS:
        # ECS prints them with each deployment, and not with the service.
        for index, one in enumerate(body.get("deployments") or ()):
            if isinstance(one, dict) and one.get("status") == "PRIMARY" and one.get(field):
                where = below(at, f"deployments[{index}].{field}")
                reshaped.put(field, one[field], source=document, at=where)
    if not body.get("loadBalancers") and not body.get("healthCheckGracePeriodSeconds"):
        # ECS answers 0 for a service without a load balancer, and takes none for it.
        reshaped.data.pop("healthCheckGracePeriodSeconds", None)
    return reshaped.result(_SERVICE.command)


def _service_of(document: Document, *, name: str, family: str) -> tuple[dict[str, Any], str]:
    listed = document.data["services"]
    for key, wanted in (("serviceName", name), ("taskDefinition", family)):
        fitting = [
            (one, f"services[{index}]")
            for index, one in enumerate(listed if isinstance(listed, list) else ())
            if wanted and isinstance(one, dict) and family_of(str(one.get(key))) == wanted
        ]
        if key == "serviceName" and len(fitting) > 1:
            message = f'is a second service "{wanted}", and one is expected'
            document.reject([Problem(fitting[1][1], message, _ONE)])
        if fitting:
            return fitting[0]
    if failures := document.data.get("failures"):
        reason = failures[0].get("reason") if isinstance(failures[0], dict) else ""
        message = f"holds a failure ({reason}) and no such service: ECS does not have it"
        hint = "print it with the cluster and the name that it has there"
        document.reject([Problem("failures", message, hint)])
    return only(
        document,
        "services",
        hint=f'none is called "{name}" or runs its task definition: print the service alone,'
        " `aws ecs describe-services --cluster CLUSTER --services NAME`",
    )


def load_balancer(document: Document) -> Document:
    """Take ``describe-load-balancers``, ``-load-balancer-attributes`` and ``-listeners``.

    Of several load balancers the one is taken that the listeners belong to.

    Raises:
        InputError: It is another form, or has several load balancers.
    """
    document = bare.merged(document, "load_balancer")
    listed = [one.data.get("Listeners") for one in document.objects]
    arns = {
        str(listener["LoadBalancerArn"])
        for listeners in listed
        for listener in (listeners if isinstance(listeners, list) else ())
        if isinstance(listener, dict) and listener.get("LoadBalancerArn")
    }
    arn = arns.pop() if len(arns) == 1 else ""
    return _of_elbv2(document, form=_LOAD_BALANCER, name="LoadBalancer", arn=arn)


def target_group(document: Document, *, arns: Sequence[str] | None = ()) -> Document:
    """Take ``describe-target-groups`` and ``describe-target-group-attributes``.

    Args:
        document: The file.
        arns: The target groups that web services name; of several the first of these that is in
            the file is taken. None where a service has problems of its own: then any is.

    Raises:
        InputError: It is another form, or has several target groups and none of those.
    """
    names = [group_name(one) for one in arns or ()]
    document = _printed_together(_chosen(bare.merged(document, "target_group"), names=names))
    printed = document.data.get("TargetGroups")
    listed = printed if isinstance(printed, list) else []
    known = [one.get("TargetGroupArn") for one in listed if isinstance(one, dict)]
    wanted = list(arns or [""])
    chosen = next((one for one in wanted if one in known), wanted[0])
    arn = None if arns is None else chosen
    return _of_elbv2(document, form=_TARGET_GROUP, name="TargetGroup", arn=arn)


def _printed_together(document: Document) -> Document:
    """Put the target groups of several outputs into the first one's list."""
    key = "TargetGroups"
    printed = [one for one in document.objects if isinstance(one.data.get(key), list)]
    if len(printed) < 2 or any("TargetGroup" in one.data for one in printed):
        return document
    places = [(one, index) for one in printed for index, _ in enumerate(one.data[key])]
    return replace(
        document,
        data={key: [one.data[key][index] for one, index in places]},
        others=tuple(one for one in document.objects if one not in printed),
        origins={
            f"{key}[{number}]": Origin(replace(one, others=()), f"{key}[{index}]")
            for number, (one, index) in enumerate(places)
        },
    )


def _chosen(document: Document, *, names: Sequence[str]) -> Document:
    """Put one of several inputs of target groups before the others, which are further ones."""
    listed, key = document.data.get("TargetGroup"), "TargetGroup"
    if not isinstance(listed, list) or f"{key}[0]" not in document.origins:
        return document  # it is an object, or the user's own list, which is none
    given = [one.get("Name") for one in listed]
    own = next((given.index(one) for one in names if one in given), 0)
    origins = {**document.origins, key: document.origins[f"{key}[{own}]"]}
    rest = [one for number, one in enumerate(listed) if number != own]
    return replace(
        document, data={**document.data, key: listed[own], f"{key}s": rest}, origins=origins
    )


def _of_elbv2(document: Document, *, form: Form, name: str, arn: str | None = "") -> Document:
    document = _wrapped(document, form=form, name=name)
    form.reject_others(document)
    # Inputs of further target groups may stand beside the app's own.
    is_input = name in document.data or f"{name}s" not in document.data
    if not document.others and is_input:
        return document
    reshaped = Reshaped(document)
    for source in document.objects:
        for key in (name, "Attributes"):
            if key in source.data and key in reshaped.data:
                reshaped.reject(source, key, "is here twice", f"keep those of {form.noun} alone")
            elif key in source.data:
                reshaped.put(key, source.data[key], source=source, at=key)
        if f"{name}s" in source.data:
            _take_elbv2(reshaped, source, name=name, arn=arn)
        if isinstance(source.data.get("Listeners"), list):
            _take_listeners(reshaped, source)
        if isinstance(source.data.get("Rules"), list):
            _take_rules(reshaped, source)
        if isinstance(source.data.get("Certificates"), list):
            reshaped.put("Certificates", _further(source), source=source, at="Certificates")
    return reshaped.result(form.command)


def _wrapped(document: Document, *, form: Form, name: str) -> Document:
    """Put a bare input, or the output of ``--query 'LoadBalancers[0]'``, below its key."""
    place, data = Origin(replace(document, others=()), ""), document.data
    if f"{name}Name" in data:
        return replace(document, data={f"{name}s": [data]}, origins={f"{name}s[0]": place})
    if "Name" in data and not {*form.fields} & {*data}:
        return replace(document, data={name: data}, origins={name: place})
    return document


def _take_elbv2(reshaped: Reshaped, source: Document, *, name: str, arn: str | None) -> None:
    """Put the load balancer or target group, with name and subnets where Create* takes them.

    Target groups of other services come after the app's own.
    """
    listed = source.data[f"{name}s"]
    body, at = next(
        (
            (one, f"{name}s[{index}]")
            for index, one in enumerate(listed if isinstance(listed, list) else ())
            if isinstance(one, dict) and (arn is None or (arn and one.get(f"{name}Arn") == arn))
        ),
        None,
    ) or only(source, f"{name}s", hint="print the app's own alone: --names NAME")
    wanted = operation_shapes.input_shape("elbv2", f"Create{name}")
    printed = printed_shape("elbv2", f"Describe{name}s", f"{name}s")
    given = reshaped.without_read_only(body, printed=printed, wanted=wanted)
    if arn and body.get(f"{name}Arn", arn) != arn:
        owner = "the listeners name" if name == "LoadBalancer" else "the web service names"
        message = f'is "{body[f"{name}Arn"]}", and {owner} "{arn}"'
        reshaped.reject(source, f"{at}.{name}Arn", message, "print both of the app's own")
    reshaped.put(name, {"Name": body.get(f"{name}Name"), **given}, source=source, at=at)
    others = [one for one in listed if isinstance(one, dict) and one is not body]
    if others and name == "TargetGroup":
        inputs = [reshaped.without_read_only(one, printed=printed, wanted=wanted) for one in others]
        reshaped.data[f"{name}s"] = [
            {"Name": one.get(f"{name}Name"), **given}
            for one, given in zip(others, inputs, strict=True)
        ]
        reshaped.origins[f"{name}s"] = Origin(source, f"{name}s")
    reshaped.origins[f"{name}.Name"] = Origin(source, f"{at}.{name}Name")
    zones = body.get("AvailabilityZones") or ()
    if "Subnets" in wanted.members and zones:
        subnets = [one.get("SubnetId") for one in zones]
        reshaped.data[name]["Subnets"] = subnets
        reshaped.origins[f"{name}.Subnets"] = Origin(source, f"{at}.AvailabilityZones")
    reshaped.read_only -= {f"{name}Name", "AvailabilityZones"}


def _take_listeners(reshaped: Reshaped, source: Document) -> None:
    wanted = operation_shapes.input_shape("elbv2", "CreateListener")
    printed = printed_shape("elbv2", "DescribeListeners", "Listeners")
    listeners = [
        {
            **reshaped.without_read_only(one, printed=printed, wanted=wanted),
            **{name: value for name, value in one.items() if name == LISTENER_ARN},
        }
        for one in source.data["Listeners"]
    ]
    reshaped.read_only -= {LISTENER_ARN}
    reshaped.put("Listeners", listeners, source=source, at="Listeners")


def _take_rules(reshaped: Reshaped, source: Document) -> None:
    """Put the rules beside those that a listener has by itself.

    A printed rule names its listener in its own ARN only, and each condition twice.
    """
    wanted = operation_shapes.input_shape("elbv2", "CreateRule")
    printed = printed_shape("elbv2", "DescribeRules", "Rules")
    rules = reshaped.data.setdefault("Rules", [])
    for index, one in enumerate(source.data["Rules"]):
        if not isinstance(one, dict) or one.get("IsDefault") or one.get("Priority") == "default":
            continue
        given = reshaped.without_read_only(one, printed=printed, wanted=wanted)
        listener = str(one.get("RuleArn")).replace(":listener-rule/", ":listener/")
        if "RuleArn" in one:
            given["ListenerArn"] = listener.rpartition("/")[0]
        number = str(given.get("Priority"))
        given["Priority"] = int(number) if number.isdecimal() else number
        given["Conditions"] = [
            {name: value for name, value in condition.items() if name != "Values"}
            if any(name.endswith("Config") for name in condition)
            else condition
            for condition in given.get("Conditions") or ()
        ]
        reshaped.origins[f"Rules[{len(rules)}]"] = Origin(source, f"Rules[{index}]")
        rules.append(given)


def _further(source: Document) -> list[dict[str, Any]]:
    """Return the certificates of ``describe-listener-certificates`` beside the default one."""
    return [
        {"CertificateArn": one.get("CertificateArn")}
        for one in source.data["Certificates"]
        if isinstance(one, dict) and not one.get("IsDefault")
    ]


def security_groups(document: Document) -> Document:
    """Take ``describe-security-groups``, the only form of this file.

    Raises:
        InputError: It is another form.
    """
    _SECURITY_GROUPS.reject_others(document)
    output.reject_several(document, hint=_ONE)
    return replace(document, data=output.without_nulls(document.data))
