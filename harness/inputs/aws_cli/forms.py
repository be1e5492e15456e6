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
    shape = operation_shapes.input_shape("ecs", "RegisterTaskDefinition")
    reshaped.fill(reshaped.without_read_only(body, printed=printed, wanted=shape), at=at)
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
    shape = operation_shapes.input_shape("ecs", "CreateService")
    reshaped.fill(reshaped.without_read_only(body, printed=printed, wanted=shape), at=at)
    if body.get("clusterArn"):
        reshaped.put("cluster", body["clusterArn"], source=document, at=below(at, "clusterArn"))
        reshaped.read_only.discard("clusterArn")
    for field in _OF_DEPLOYMENTS:
        # ECS prints them with each deployment, and not with the service.
        for index, deployment in enumerate(body.get("deployments") or ()):
            if (
                isinstance(deployment, dict)
                and deployment.get("status") == "PRIMARY"
                and deployment.get(field)
            ):
                where = below(at, f"deployments[{index}].{field}")
                reshaped.put(field, deployment[field], source=document, at=where)
    if not body.get("loadBalancers") and not body.get("healthCheckGracePeriodSeconds"):
        # ECS answers 0 for a service without a load balancer, and takes none for it.
        reshaped.data.pop("healthCheckGracePeriodSeconds", None)
    return reshaped.result(_SERVICE.command)


def _service_of(document: Document, *, name: str, family: str) -> tuple[dict[str, Any], str]:
    services = document.data["services"]
    for key, value in (("serviceName", name), ("taskDefinition", family)):
        fitting = [
            (service, f"services[{index}]")
            for index, service in enumerate(services if isinstance(services, list) else ())
            if value and isinstance(service, dict) and family_of(str(service.get(key))) == value
        ]
        if key == "serviceName" and len(fitting) > 1:
            message = f'is a second service "{value}", and one is expected'
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
    lists = [source.data.get("Listeners") for source in document.objects]
    arns = {
        str(listener["LoadBalancerArn"])
        for listeners in lists
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
    names = [group_name(group_arn) for group_arn in arns or ()]
    document = _printed_together(_chosen(bare.merged(document, "target_group"), names=names))
    printed = document.data.get("TargetGroups")
    groups = printed if isinstance(printed, list) else []
    group_arns = [group.get("TargetGroupArn") for group in groups if isinstance(group, dict)]
    candidates = list(arns or [""])
    chosen = next((candidate for candidate in candidates if candidate in group_arns), candidates[0])
    arn = None if arns is None else chosen
    return _of_elbv2(document, form=_TARGET_GROUP, name="TargetGroup", arn=arn)


def _printed_together(document: Document) -> Document:
    """Put the target groups of several outputs into the first one's list."""
    key = "TargetGroups"
    printed = [source for source in document.objects if isinstance(source.data.get(key), list)]
    if len(printed) < 2 or any("TargetGroup" in source.data for source in printed):
        return document
    places = [(source, index) for source in printed for index, _ in enumerate(source.data[key])]
    return replace(
        document,
        data={key: [source.data[key][index] for source, index in places]},
        others=tuple(source for source in document.objects if source not in printed),
        origins={
            f"{key}[{number}]": Origin(replace(source, others=()), f"{key}[{index}]")
            for number, (source, index) in enumerate(places)
        },
    )


def _chosen(document: Document, *, names: Sequence[str]) -> Document:
    """Put one of several inputs of target groups before the others, which are further ones."""
    groups, key = document.data.get("TargetGroup"), "TargetGroup"
    if not isinstance(groups, list) or f"{key}[0]" not in document.origins:
        return document  # it is an object, or the user's own list, which is none
    group_names = [group.get("Name") for group in groups]
    own = next((group_names.index(name) for name in names if name in group_names), 0)
    origins = {**document.origins, key: document.origins[f"{key}[{own}]"]}
    rest = [group for number, group in enumerate(groups) if number != own]
    return replace(
        document, data={**document.data, key: groups[own], f"{key}s": rest}, origins=origins
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
    resources = source.data[f"{name}s"]
    body, at = next(
        (
            (resource, f"{name}s[{index}]")
            for index, resource in enumerate(resources if isinstance(resources, list) else ())
            if isinstance(resource, dict)
            and (arn is None or (arn and resource.get(f"{name}Arn") == arn))
        ),
        None,
    ) or only(source, f"{name}s", hint="print the app's own alone: --names NAME")
    shape = operation_shapes.input_shape("elbv2", f"Create{name}")
    printed = printed_shape("elbv2", f"Describe{name}s", f"{name}s")
    content = reshaped.without_read_only(body, printed=printed, wanted=shape)
    if arn and body.get(f"{name}Arn", arn) != arn:
        owner = "the listeners name" if name == "LoadBalancer" else "the web service names"
        message = f'is "{body[f"{name}Arn"]}", and {owner} "{arn}"'
        reshaped.reject(source, f"{at}.{name}Arn", message, "print both of the app's own")
    reshaped.put(name, {"Name": body.get(f"{name}Name"), **content}, source=source, at=at)
    rest = [
        resource for resource in resources if isinstance(resource, dict) and resource is not body
    ]
    if rest and name == "TargetGroup":
        inputs = [
            reshaped.without_read_only(resource, printed=printed, wanted=shape) for resource in rest
        ]
        reshaped.data[f"{name}s"] = [
            {"Name": resource.get(f"{name}Name"), **fields}
            for resource, fields in zip(rest, inputs, strict=True)
        ]
        reshaped.origins[f"{name}s"] = Origin(source, f"{name}s")
    reshaped.origins[f"{name}.Name"] = Origin(source, f"{at}.{name}Name")
    zones = body.get("AvailabilityZones") or ()
    if "Subnets" in shape.members and zones:
        subnets = [zone.get("SubnetId") for zone in zones]
        reshaped.data[name]["Subnets"] = subnets
        reshaped.origins[f"{name}.Subnets"] = Origin(source, f"{at}.AvailabilityZones")
    reshaped.read_only -= {f"{name}Name", "AvailabilityZones"}


def _take_listeners(reshaped: Reshaped, source: Document) -> None:
    shape = operation_shapes.input_shape("elbv2", "CreateListener")
    printed = printed_shape("elbv2", "DescribeListeners", "Listeners")
    listeners = [
        {
            **reshaped.without_read_only(listener, printed=printed, wanted=shape),
            **{name: value for name, value in listener.items() if name == LISTENER_ARN},
        }
        for listener in source.data["Listeners"]
    ]
    reshaped.read_only -= {LISTENER_ARN}
    reshaped.put("Listeners", listeners, source=source, at="Listeners")


def _take_rules(reshaped: Reshaped, source: Document) -> None:
    """Put the rules beside those that a listener has by itself.

    A printed rule names its listener in its own ARN only, and each condition twice.
    """
    shape = operation_shapes.input_shape("elbv2", "CreateRule")
    printed = printed_shape("elbv2", "DescribeRules", "Rules")
    rules = reshaped.data.setdefault("Rules", [])
    for index, rule in enumerate(source.data["Rules"]):
        if not isinstance(rule, dict) or rule.get("IsDefault") or rule.get("Priority") == "default":
            continue
        content = reshaped.without_read_only(rule, printed=printed, wanted=shape)
        listener = str(rule.get("RuleArn")).replace(":listener-rule/", ":listener/")
        if "RuleArn" in rule:
            content["ListenerArn"] = listener.rpartition("/")[0]
        number = str(content.get("Priority"))
        content["Priority"] = int(number) if number.isdecimal() else number
        content["Conditions"] = [
            {name: value for name, value in condition.items() if name != "Values"}
            if any(name.endswith("Config") for name in condition)
            else condition
            for condition in content.get("Conditions") or ()
        ]
        reshaped.origins[f"Rules[{len(rules)}]"] = Origin(source, f"Rules[{index}]")
        rules.append(content)


def _further(source: Document) -> list[dict[str, Any]]:
    """Return the certificates of ``describe-listener-certificates`` beside the default one."""
    return [
        {"CertificateArn": certificate.get("CertificateArn")}
        for certificate in source.data["Certificates"]
        if isinstance(certificate, dict) and not certificate.get("IsDefault")
    ]


def security_groups(document: Document) -> Document:
    """Take ``describe-security-groups``, the only form of this file.

    Raises:
        InputError: It is another form.
    """
    _SECURITY_GROUPS.reject_others(document)
    output.reject_several(document, hint=_ONE)
    return replace(document, data=output.without_nulls(document.data))
