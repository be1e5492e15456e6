"""The AWS account behind a target: its session, its caller, and the words for its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from harness.core.errors import TargetError, UnsafeTarget

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_INVALID = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
        *("TooManyRequestsException", "RequestLimitExceeded"),
    }
)
_ABSENT = frozenset(
    {
        *("404", "NoSuchBucket", "NotFound", "ResourceNotFoundException"),
        *("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
        *("LoadBalancerNotFound", "TargetGroupNotFound", "ClusterNotFoundException"),
        *("DBProxyNotFoundFault", "DBProxyTargetGroupNotFoundFault", "DBClusterNotFoundFault"),
        *("DBInstanceNotFound", "DBParameterGroupNotFound", "NoSuchHostedZone"),
        *("RepositoryNotFoundException", "ImageNotFoundException", "ScanNotFoundException"),
        *("NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError"),
        *("ServerSideEncryptionConfigurationNotFoundError", "NoSuchCORSConfiguration"),
        *("NoSuchLifecycleConfiguration", "NoSuchBucketPolicy", "NoSuchTagSet", "NoSuchEntity"),
        *("InvalidGroup.NotFound", "InvalidSubnetID.NotFound", "NotFoundException"),
    }
)
_Answer = TypeVar("_Answer")
_AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


@dataclass(frozen=True)
class Caller:
    """The identity that the credentials belong to."""

    account: str
    arn: str


@cache
def session(profile: str, region: str) -> Any:
    """Return a boto3 session: boto3's own chain of credentials, with a profile where one is named.

    Raises:
        TargetError: No profile has that name, or the AWS CLI's configuration cannot be read.
    """
    import boto3
    import botocore.exceptions

    try:
        return boto3.session.Session(profile_name=profile or None, region_name=region)
    except botocore.exceptions.ProfileNotFound:
        profiles = ", ".join(boto3.session.Session().available_profiles) or "none"
        raise TargetError(
            f'No AWS profile has the name "{profile}".',
            where="--profile, or the variable AWS_PROFILE",
            state=f"known profiles: {profiles}",
            hint="Name one of them, or make it with `aws configure sso`.",
        ) from None
    except botocore.exceptions.ConfigParseError as error:
        raise TargetError(
            "The AWS CLI's configuration cannot be read.",
            where=str(error.kwargs["path"]),
            hint="Correct that file: AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE may name it.",
        ) from None


def find_caller(sts: Any, *, account: str, profile: str) -> Caller:
    """Return the caller of an account.

    Raises:
        UnsafeTarget: The credentials are another account's, or the root user's.
        TargetError: There are no credentials, or they are not accepted.
    """
    from botocore.parsers import ResponseParserError

    with aws_errors(profile, asking="sts:GetCallerIdentity"):
        try:
            answer = sts.get_caller_identity()
        except (ResponseParserError, KeyError) as error:
            raise TargetError(
                "The answer to sts:GetCallerIdentity is not one of AWS.",
                where=sts.meta.endpoint_url,
                hint="Look at the proxy variables and at AWS_ENDPOINT_URL: a proxy or another"
                " server answers there.",
            ) from error
    caller = Caller(account=str(answer["Account"]), arn=str(answer["Arn"]))
    if caller.account != account:
        raise UnsafeTarget(
            f"The credentials ({_source(profile)}) are those of account {caller.account}, and"
            f" cutover.toml names {account}.",
            where="aws.account_id in cutover.toml",
            hint="Choose the profile of that account with --profile, or correct aws.account_id.",
        )
    if caller.arn.endswith(":root"):
        raise UnsafeTarget(
            f"The credentials ({_source(profile)}) are the root user's of account {account}.",
            hint="Use a role that can only read; docs/aws.md has its policy.",
        )
    return caller


def call_errors() -> tuple[type[Exception], ...]:
    """Return the errors of a call that AWS refused or that had no credentials or no answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


@contextmanager
def aws_errors(profile: str, *, asking: str) -> Iterator[None]:
    """Turn botocore's errors about credentials, rights and the network into one message each.

    Args:
        profile: The profile in use; empty for boto3's own chain.
        asking: The call that is made inside the block, as IAM names it.

    Raises:
        TargetError: With the remedy.
    """
    from botocore import exceptions

    source = _source(profile)
    login = f"aws sso login --profile {profile}" if profile else "aws sso login"
    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise TargetError(
            f"No AWS credentials were found ({source}).",
            last_answer=str(error),
            hint="Name a profile with --profile, or set AWS_PROFILE.",
        ) from None
    except (
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.CredentialRetrievalError,
    ) as error:
        raise TargetError(
            f"The AWS session has expired, or was never opened ({source}).",
            last_answer=str(error),
            hint=f"Run `{login}`, then this command again.",
        ) from None
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise TargetError(
            f"AWS was not reached for {asking}.",
            last_answer=str(error),
            hint="Check the network, the proxy variables and aws.region in cutover.toml.",
        ) from None
    except exceptions.ClientError as error:
        raise _of_answer(error, asking=asking, source=source, login=login) from None


def find(call: Callable[[], _Answer], *, profile: str, asking: str) -> _Answer | None:
    """Return a call's answer; None where AWS says that there is no such thing.

    Raises:
        TargetError: As `aws_errors` does.
    """
    from botocore.exceptions import ClientError

    with aws_errors(profile, asking=asking):
        try:
            return call()
        except ClientError as error:
            if _code(error) not in _ABSENT:
                raise
    return None


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_answer(error: Any, *, asking: str, source: str, login: str) -> TargetError:
    code = _code(error)
    if code in _EXPIRED:
        return TargetError(
            f"The AWS session has expired ({source}).",
            last_answer=str(error),
            hint=f"Run `{login}`, then this command again.",
        )
    if code in _INVALID:
        return TargetError(
            f"AWS does not accept the credentials ({source}).",
            last_answer=str(error),
            hint="Make new ones, or choose another profile with --profile.",
        )
    if code in _DENIED:
        return TargetError(
            f"The credentials ({source}) may not call {asking}.",
            last_answer=str(error),
            hint=f"Allow {asking} in the caller's policy; docs/aws.md has the whole policy.",
        )
    if code in _THROTTLED:
        return TargetError(
            f"AWS throttles {asking} in this account and region.",
            last_answer=str(error),
            hint="Something else polls there, a deployment or a console, say: try again when it"
            " is quiet.",
        )
    return TargetError(f"{asking} failed.", last_answer=str(error))


def _source(profile: str) -> str:
    """Name the source of the credentials."""
    return f"profile {profile}" if profile else "from the environment, no profile is named"


def has_local_endpoint(client: Any) -> bool:
    """Whether a boto3 client calls something else than Amazon, as AWS_ENDPOINT_URL makes it."""
    from urllib.parse import urlsplit

    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return not host.endswith(_AMAZON)
