"""Settings that AWS takes one by one and refuses together: ECS, ELB and S3, as their guides say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harness.aws.iam_policy import statements
from harness.inputs.files import listeners
from harness.inputs.files.api_calls import bucket_policy
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import CallFile
    from harness.inputs.production import Production

_STRATEGY = "capacityProviderStrategy"
_PLACEMENT = ("placementStrategy", "placementConstraints")
_RESERVED_COOKIE = "AWSALB"
_INFREQUENT, _INFREQUENT_FROM_DAYS = ("STANDARD_IA", "ONEZONE_IA"), 30
_CORS_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
_OWN_KEY = "AES256"


def launches(production: Production) -> Iterator[Problem]:
    """A service has a launch type or a strategy, and Fargate places its tasks itself.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html and
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html
    """
    for name, service in production.services.items():
        file = production.files[f"services.{name}.service"]
        if service.create.get("launchType") and service.create.get(_STRATEGY):
            yield Problem(
                _STRATEGY,
                "is set, and launchType, too: ECS refuses the two together",
                "leave launchType out",
                file=file,
            )
        for key in _PLACEMENT:
            if service.create.get(key):
                yield Problem(
                    key,
                    "is set, and Fargate takes none: it spreads tasks over the subnets' zones",
                    "leave it out",
                    file=file,
                )


def limits_of_processes(production: Production) -> Iterator[Problem]:
    """The soft limit of a container is not above its hard one, or the task does not start.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html
    """
    for name, service in production.services.items():
        for number, container in enumerate(service.definition.raw["containerDefinitions"]):
            for index, one in enumerate(container.get("ulimits") or ()):
                soft, hard = int(one.get("softLimit", 0)), int(one.get("hardLimit", 0))
                if soft > hard:
                    yield Problem(
                        f"containerDefinitions[{number}].ulimits[{index}].softLimit",
                        f"is {soft}, and hardLimit {hard}: the container would not start",
                        "write a hardLimit as high as the softLimit, or higher",
                        file=production.files[f"services.{name}.task_definition"],
                    )


def priorities(production: Production) -> Iterator[Problem]:
    """Each rule of a listener has a priority of its own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
    """
    known: set[tuple[str, str]] = set()
    for number, rule in enumerate(production.load_balancer.get(listeners.RULES) or ()):
        place = (str(rule.get("ListenerArn")), str(rule.get("Priority")))
        if place in known:
            yield Problem(
                f"{listeners.RULES}[{number}].Priority",
                f"is {place[1]}, as that of another rule of the listener: ELB refuses it",
                "write a number that no other rule of the listener has",
                file=production.files["ecs.load_balancer"],
            )
        known.add(place)


def cookies(production: Production) -> Iterator[Problem]:
    """Stickiness by the app's cookie names none of the load balancer's own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    for index, one in enumerate(production.target_group.get("Attributes") or ()):
        value = str(one.get("Value"))
        is_name = str(one.get("Key")) == "stickiness.app_cookie.cookie_name"
        if is_name and value.upper().startswith(_RESERVED_COOKIE):
            yield Problem(
                f"Attributes[{index}]",
                f'stickiness.app_cookie.cookie_name is "{value}": names with {_RESERVED_COOKIE} are'
                " the load balancer's own, and ELB refuses it",
                "write the name of a cookie of the app, or the stickiness.type lb_cookie",
                file=production.files["ecs.target_group"],
            )


def buckets(production: Production) -> Iterator[Problem]:
    """Methods of CORS, transitions, keys and resources of policies that S3 takes.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html,
    .../lifecycle-transition-general-considerations.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html and
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
    """
    bucket = production.resources.get("bucket")
    if bucket is None:
        return
    for find in (_cors, _transitions, _keys, _policies):
        for key, message, hint in find(bucket):
            yield Problem(key, message, hint, file=production.files["resources.bucket"])


def _cors(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for given in bucket.inputs_of("PutBucketCors"):
        for index, rule in enumerate((given.get("CORSConfiguration") or {}).get("CORSRules") or ()):
            for method in rule.get("AllowedMethods") or ():
                if method not in _CORS_METHODS:
                    yield (
                        f"PutBucketCors.CORSConfiguration.CORSRules[{index}].AllowedMethods",
                        f'has "{method}", which S3 does not take',
                        f"write some of {', '.join(_CORS_METHODS)}; S3 answers OPTIONS by itself",
                    )


def _transitions(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for given in bucket.inputs_of("PutBucketLifecycleConfiguration"):
        rules = (given.get("LifecycleConfiguration") or {}).get("Rules") or ()
        for number, rule in enumerate(rules):
            for index, one in enumerate(rule.get("Transitions") or ()):
                days = one.get("Days")
                is_early = isinstance(days, int) and days < _INFREQUENT_FROM_DAYS
                if one.get("StorageClass") in _INFREQUENT and is_early:
                    yield (
                        "PutBucketLifecycleConfiguration.LifecycleConfiguration"
                        f".Rules[{number}].Transitions[{index}].Days",
                        f"is {days}, and S3 moves nothing to {one['StorageClass']} before day"
                        f" {_INFREQUENT_FROM_DAYS}: it refuses the rule",
                        f"write {_INFREQUENT_FROM_DAYS} or more",
                    )


def _keys(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for given in bucket.inputs_of("PutBucketEncryption"):
        rules = (given.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or ()
        for index, rule in enumerate(rules):
            default = rule.get("ApplyServerSideEncryptionByDefault") or {}
            if default.get("SSEAlgorithm") == _OWN_KEY and default.get("KMSMasterKeyID"):
                yield (
                    f"PutBucketEncryption.ServerSideEncryptionConfiguration.Rules[{index}]"
                    ".ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
                    f'is set, and SSEAlgorithm is "{_OWN_KEY}", which has no key of KMS',
                    'write the SSEAlgorithm "aws:kms", or leave the key out',
                )


def _policies(bucket: CallFile) -> Iterator[tuple[str, str, str]]:
    for given in bucket.inputs_of("PutBucketPolicy"):
        name = str(given.get("Bucket"))
        for index, statement in enumerate(statements(bucket_policy(given))):
            found = statement.get("Resource") or []
            for arn in [found] if isinstance(found, str) else found:
                of_bucket = str(arn).partition(":s3:::")[2].partition("/")[0]
                if of_bucket and not set("*?$") & set(of_bucket) and of_bucket != name:
                    yield (
                        f"PutBucketPolicy.Policy.Statement[{index}].Resource",
                        f'is "{arn}", and the policy is that of the bucket {name}: S3 refuses it',
                        f"write arn:aws:s3:::{name} and arn:aws:s3:::{name}/*",
                    )


RULES: tuple[Callable[[Production], Iterator[Problem]], ...] = (
    launches,
    limits_of_processes,
    priorities,
    cookies,
    buckets,
)
