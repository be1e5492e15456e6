"""Files of rules, queues, buckets and roles as the AWS CLI prints them.

A function takes the file, and returns it as the operations and inputs that it stands for.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from harness.aws.managed_policies import managed_policy
from harness.inputs import operation_shapes
from harness.inputs.aws_cli import bare, output
from harness.inputs.aws_cli.output import Form, Reshaped, below
from harness.inputs.document import Document, Origin
from harness.inputs.files import bucket as bucket_files
from harness.inputs.files import queues as queue_files
from harness.inputs.problem import Problem

_RULE = Form(
    "a rule with its target",
    "aws events describe-rule",
    (
        *("PutRule", "PutTargets", "Targets", "ScheduleExpression", "EventPattern"),
        "CreateSchedule",
    ),
)
_QUEUES = Form(
    "a list of queues",
    "aws sqs get-queue-attributes --attribute-names All",
    ("CreateQueue", "Attributes"),
)
_BUCKET = Form(
    "a bucket with its settings",
    "aws s3api get-public-access-block",
    ("CreateBucket", "LocationConstraint", "BucketArn", *bucket_files.SETTINGS),
    beside=(
        *("Owner", "Grants", "TagSet", "LoggingEnabled", "PolicyStatus", "Payer"),
        *("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations"),
        *("EventBridgeConfiguration", "ObjectLockConfiguration", "ReplicationConfiguration"),
        *("AbacStatus", "IndexDocument", "ErrorDocument", "RoutingRules", "RedirectAllRequestsTo"),
    ),
    printed_by={
        "PublicAccessBlockConfiguration": "aws s3api get-public-access-block",
        "OwnershipControls": "aws s3api get-bucket-ownership-controls",
        "ServerSideEncryptionConfiguration": "aws s3api get-bucket-encryption",
        "CORSRules": "aws s3api get-bucket-cors",
        "Rules": "aws s3api get-bucket-lifecycle-configuration",
        "LocationConstraint": "aws s3api get-bucket-location",
        "BucketArn": "aws s3api head-bucket",
    },
)
_FIRST_REGION = "us-east-1"
_PLACES = {"": _FIRST_REGION, "EU": "eu-west-1"}
"""Answers of GetBucketLocation that are no Region's name.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"""
OF_POLICIES = ("PolicyDocument", "AttachedPolicies", "PolicyNames", "PolicyVersion")
"""Fields of outputs that belong into the file of their role."""
_ROLE = Form(
    "a role",
    "aws iam get-role",
    ("RoleName", "AssumeRolePolicyDocument", "Role", *OF_POLICIES),
    beside=("Policy",),
    printed_by={"PolicyDocument": "aws iam get-role-policy"},
)
_READ_ONLY_QUEUE_ATTRIBUTES = (
    *("QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages"),
    *("ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"),
)
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html"""


def rule(document: Document) -> Document:
    """Take ``describe-rule`` and ``list-targets-by-rule``, or ``aws scheduler get-schedule``.

    An input of CreateSchedule may stand alone: it has the same fields.

    Raises:
        InputError: It is another form.
    """
    _RULE.reject_others(document)
    if "FlexibleTimeWindow" in document.data or "Target" in document.data:
        return _schedule(document)
    printed_fields = {"Targets", "ScheduleExpression", "EventPattern"}
    if not document.others and not printed_fields & document.data.keys():
        return document
    reshaped = Reshaped(document)
    for source in document.objects:
        data = source.data
        if {"ScheduleExpression", "EventPattern"} & data.keys():
            body = {key: value for key, value in data.items() if key != "Targets"}
            printed = operation_shapes.output_shape("events", "DescribeRule")
            shape = operation_shapes.input_shape("events", "PutRule")
            content = reshaped.without_read_only(body, printed=printed, wanted=shape)
            reshaped.put("PutRule", content, source=source, at="")
        for key in ("PutRule", "PutTargets"):
            if key in data:
                reshaped.put(key, data[key], source=source, at=key)
    for source in document.objects:
        if "Targets" in source.data:
            name = reshaped.data.get("PutRule", {}).get("Name", "")
            targets = {"Rule": name, "Targets": source.data["Targets"]}
            reshaped.put("PutTargets", targets, source=source, at="")
    if "PutRule" not in reshaped.data:
        message, hint = "has no rule beside its targets", f"append what `{_RULE.command}` prints"
        reshaped.reject(document, "", message, hint)
    return reshaped.result(_RULE.command)


def _schedule(document: Document) -> Document:
    hint = "print one schedule, and nothing else, into this file"
    output.reject_several(document, hint=hint)
    reshaped = Reshaped(document)
    content = reshaped.without_read_only(
        document.data,
        printed=operation_shapes.output_shape("scheduler", "GetSchedule"),
        wanted=operation_shapes.input_shape("scheduler", "CreateSchedule"),
    )
    reshaped.put("CreateSchedule", content, source=document, at="")
    if not reshaped.read_only:
        return replace(document, data=reshaped.data, origins=reshaped.origins)
    return reshaped.result("aws scheduler get-schedule")


def queues(document: Document) -> Document:
    """Take ``get-queue-attributes`` of each queue, in any order.

    Raises:
        InputError: It is another form, or lacks a queue's ARN.
    """
    document = bare.merged(document, "queues")
    _QUEUES.reject_others(document)
    operation, is_bare = "CreateQueue", bool(document.origins)
    if not (document.others or is_bare or "Attributes" in document.data):
        return document
    reshaped = Reshaped(document)
    places: dict[str, Document] = {}
    inputs: dict[str, dict[str, Any]] = {}
    for source in document.objects:
        if is_bare and source is document:
            inputs |= {str(queue["QueueName"]): queue for queue in source.data[operation]}
            continue
        attributes = source.data.get("Attributes")
        arn = str(attributes.get("QueueArn") or "") if isinstance(attributes, dict) else ""
        if not isinstance(attributes, dict) or not arn:
            hint = f"print it with `{_QUEUES.command}`"
            reshaped.reject(source, "Attributes", "has no QueueArn, which names the queue", hint)
            continue
        extra = attributes.keys() & set(_READ_ONLY_QUEUE_ATTRIBUTES)
        reshaped.read_only |= extra - {"QueueArn"}
        settings = {key: value for key, value in attributes.items() if key not in extra}
        name = arn.rpartition(":")[2]
        places[name], inputs[name] = source, {"QueueName": name, "Attributes": settings}
    needs = {name: queue_files.dead_letter_queue(queue) for name, queue in inputs.items()}
    origins = dict(zip(inputs, document.origins.values(), strict=False))
    ordered = output.sorted_by_need([*inputs], needs)
    reshaped.data[operation] = [inputs[name] for name in ordered]
    for index, name in enumerate(ordered):
        key = f"{operation}[{index}]"
        if name in places:
            reshaped.origins[key] = Origin(places[name], "")
            reshaped.origins[f"{key}.QueueName"] = Origin(places[name], "Attributes.QueueArn")
        else:
            reshaped.origins[key] = origins[name]
    result = reshaped.result(_QUEUES.command)
    return result if places else replace(result, note="")


def bucket(document: Document, *, name: str, region: str = "") -> Document:
    """Take ``get-public-access-block``, ``get-bucket-*`` and ``head-bucket``.

    Args:
        document: The file.
        name: The bucket that the app's variables name; only ``head-bucket`` prints the name.
        region: The app's Region, where a bucket is whose place is not printed; empty if unknown.

    Raises:
        InputError: It is another form, or nothing names the bucket.
    """
    document = _with_bucket_first(bare.merged(document, "bucket"))
    _BUCKET.reject_others(document)
    printed_fields = {*_BUCKET.fields} - {"CreateBucket"}
    if not document.others and not printed_fields & document.data.keys():
        return document
    arns = [str(part.data["BucketArn"]) for part in document.objects if "BucketArn" in part.data]
    inputs = next((part for part in document.objects if "CreateBucket" in part.data), document)
    bucket = inputs.data.get("CreateBucket")
    bucket = bucket if isinstance(bucket, dict) and isinstance(bucket.get("Bucket"), str) else None
    name = bucket["Bucket"] if bucket else arns[0].rpartition(":")[2] if arns else name
    reshaped = Reshaped(document)
    if not name:
        message, hint = (
            "does not name the bucket, and neither does AWS_BUCKET of a task definition",
            "append what `aws s3api head-bucket --bucket NAME` prints",
        )
        reshaped.reject(document, "", message, hint)
    reshaped.put("CreateBucket", {"Bucket": name}, source=document, at="")
    if bucket:
        for operation, content in inputs.data.items():
            reshaped.put(operation, content, source=inputs, at=operation)
    else:
        _put_place(reshaped, region=region)
    printed: set[str] = set()
    for source in document.objects:
        reshaped.read_only |= source.data.keys() & set(_BUCKET.beside)
        for field in sorted(printed & source.data.keys() & {"BucketArn", *bucket_files.SETTINGS}):
            message, hint = (
                "is a second bucket's, and no output names its bucket",
                "print those of the app's own bucket alone; CreateBucket takes inputs of several",
            )
            reshaped.reject(source, field, message, hint)
        printed |= source.data.keys()
        for field, (operation, wrapper) in bucket_files.SETTINGS.items():
            if field in source.data:
                fields = operation_shapes.input_shape("s3", operation).members if wrapper else ()
                beside = {key: value for key, value in source.data.items() if key in fields}
                inside = {key: value for key, value in source.data.items() if key not in fields}
                content = {"Bucket": name, **beside, **({wrapper: inside} if wrapper else inside)}
                reshaped.put(operation, content, source=source, at="")
                if wrapper:
                    reshaped.origins[f"{operation}.{wrapper}"] = Origin(source, "")
    return reshaped.result("aws s3api get-bucket-*")


def _with_bucket_first(document: Document) -> Document:
    """Make the bucket of inputs that were put together before its settings."""
    if not document.origins:
        return document
    first = next(iter(document.data.values()))
    creation = document.data.get("CreateBucket", {"Bucket": first["Bucket"]})
    return replace(document, data={"CreateBucket": creation, **document.data})


def _put_place(reshaped: Reshaped, *, region: str) -> None:
    """Put the bucket's Region, which S3 takes in every Region but us-east-1."""
    place, key = region, "CreateBucketConfiguration"
    for source in reshaped.document.objects:
        for field in ("LocationConstraint", "BucketRegion"):
            if field in source.data:
                location = str(source.data[field] or "")
                place = _PLACES.get(location, location)
                reshaped.origins[f"CreateBucket.{key}.LocationConstraint"] = Origin(source, field)
    if place and (place, region) != (_FIRST_REGION, _FIRST_REGION):
        reshaped.data["CreateBucket"][key] = {"LocationConstraint": place}


def role(document: Document) -> Document:
    """Take the output of ``get-role``, and of the commands that print its policies.

    These are ``get-role-policy``, ``list-role-policies``, ``list-attached-role-policies`` and
    ``get-policy-version`` of each attached policy, in the list's order: its output has no name.

    Raises:
        InputError: It is another form, or a policy's document is not there.
    """
    _ROLE.reject_others(document)
    body, at = document.data.get("Role"), "Role"
    if body is None and "RoleId" in document.data:
        body, at = document.data, ""
    if not isinstance(body, dict):
        apart = next((field for field in OF_POLICIES if field in document.data), "")
        if apart and "AssumeRolePolicyDocument" not in document.data:
            message = "is of a role, and the file does not have what `aws iam get-role` prints"
            hint = "append this file to that of its role, and take it out of the folder"
            document.reject([Problem(apart, message, hint)])
        output.reject_several(document, hint="write a file for each role")
        return document
    reshaped = Reshaped(document)
    _reject_other_roles(reshaped, str(body.get("RoleName")))
    printed = output.printed_shape("iam", "GetRole", "Role")
    shape = operation_shapes.input_shape("iam", "CreateRole")
    reshaped.fill(reshaped.without_read_only(body, printed=printed, wanted=shape), at=at)
    boundary = reshaped.data.pop("PermissionsBoundary", None) or {}
    if arn := boundary.get("PermissionsBoundaryArn"):
        key = "PermissionsBoundary"
        reshaped.put(key, arn, source=document, at=below(at, f"{key}.PermissionsBoundaryArn"))
    trust = _policy(body.get("AssumeRolePolicyDocument"))
    key = "AssumeRolePolicyDocument"
    reshaped.put(key, trust, source=document, at=below(at, key))
    _take_policies(reshaped)
    return reshaped.result(_ROLE.command)


def _reject_other_roles(reshaped: Reshaped, name: str) -> None:
    """Reject a second role in the file, and a policy of another one."""
    for source in reshaped.document.others:
        for at in ("Role", "RoleId", "AssumeRolePolicyDocument"):
            if at in source.data:
                message = f"is a second role, beside {name}"
                reshaped.reject(source, at, message, "write a file for each role")
                break
        else:
            other = source.data.get("RoleName", name)
            if other != name:
                message = f'is "{other}", and the role of this file is {name}'
                reshaped.reject(source, "RoleName", message, "put it into the file of its role")


def _take_policies(reshaped: Reshaped) -> None:
    """Put inline policies, AWS's managed ones, and the documents of the others."""
    policies: list[dict[str, Any]] = []

    def take(name: str, document: Any, *, source: Document, at: str) -> None:
        key = f"Policies[{len(policies)}]"
        reshaped.origins[key] = Origin(source, "")
        reshaped.origins[f"{key}.PolicyDocument"] = Origin(source, at)
        policies.append({"PolicyName": name, "PolicyDocument": _policy(document)})

    objects = reshaped.document.objects
    for source in objects:
        if "PolicyDocument" in source.data:
            name = str(source.data.get("PolicyName"))
            take(name, source.data["PolicyDocument"], source=source, at="PolicyDocument")
    _reject_missing_inline(reshaped, {str(policy["PolicyName"]) for policy in policies})
    attached = [
        str(policy.get("PolicyArn"))
        for source in objects
        for policy in source.data.get("AttachedPolicies") or ()
    ]
    versions = [part for part in objects if "PolicyVersion" in part.data]
    unknown = [arn for arn in attached if managed_policy(arn) is None]
    documented = attached if len(versions) == len(attached) else unknown
    for arn, source in zip(documented, versions, strict=False):
        if arn not in unknown:
            continue  # AWS's own, printed all the same
        content = source.data["PolicyVersion"].get("Document")
        take(arn.rpartition("/")[2], content, source=source, at="PolicyVersion.Document")
        if ":aws:policy/" in arn:
            policies[-1]["PolicyArn"] = arn  # every account has it
    if len(documented) != len(versions):
        reshaped.reject(
            next((part for part in objects if "AttachedPolicies" in part.data), reshaped.document),
            "AttachedPolicies",
            f"has {len(unknown)} policies whose documents are not known here"
            f" ({', '.join(unknown) or 'none'}), and the file has {len(versions)} documents",
            "append what `aws iam get-policy-version --policy-arn ARN --version-id VERSION` prints"
            " for each of these, in this order",
        )
    reshaped.data["Policies"] = policies
    reshaped.data["ManagedPolicyArns"] = [arn for arn in attached if managed_policy(arn)]


def _reject_missing_inline(reshaped: Reshaped, names: set[str]) -> None:
    for source in reshaped.document.objects:
        for index, name in enumerate(source.data.get("PolicyNames") or ()):
            if name not in names:
                message = f'is "{name}", whose document is not in this file'
                hint = f"append what `aws iam get-role-policy --policy-name {name}` prints"
                reshaped.reject(source, f"PolicyNames[{index}]", message, hint)


def _policy(document: Any) -> Any:
    """Return a policy's document, which the API has as URL-encoded JSON."""
    if not isinstance(document, str):
        return document
    try:
        return json.loads(unquote(document))
    except json.JSONDecodeError:
        return document
