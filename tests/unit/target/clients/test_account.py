"""The caller of an account, and the words for AWS's errors."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import exceptions
from botocore.stub import Stubber

from harness.core.errors import TargetError, UnsafeTarget
from harness.target.access import Access
from harness.target.clients import account, aws
from tests.unit.local_servers import serve

REGION = "eu-west-1"


@pytest.fixture
def sts() -> Any:
    session = boto3.session.Session(
        aws_access_key_id="AKIA", aws_secret_access_key="x", region_name=REGION
    )
    return session.client("sts")


def caller(sts: Any, arn: str, *, profile: str = "watch") -> account.Caller:
    with Stubber(sts) as stub:
        stub.add_response("get_caller_identity", {"Account": arn.split(":")[4], "Arn": arn})
        return account.find_caller(sts, account="876000000876", profile=profile)


def error_of(sts: Any, code: str, message: str) -> str:
    with Stubber(sts) as stub:
        stub.add_client_error("get_caller_identity", code, message)
        with pytest.raises(TargetError) as failure:
            account.find_caller(sts, account="876000000876", profile="watch")
    assert failure.value.exit_code == 2
    return str(failure.value)


def test_the_caller_of_the_configured_account() -> None:
    arn = "arn:aws:sts::876000000876:assumed-role/observer/me"
    client = boto3.session.Session(
        aws_access_key_id="AKIA", aws_secret_access_key="x", region_name=REGION
    ).client("sts")
    assert caller(client, arn) == account.Caller("876000000876", arn)


def test_another_accounts_credentials_are_refused(sts: Any) -> None:
    with pytest.raises(UnsafeTarget) as failure:
        caller(sts, "arn:aws:sts::111122223333:assumed-role/observer/me")
    assert str(failure.value) == (
        "The credentials (profile watch) are those of account 111122223333, and cutover.toml"
        " names 876000000876.\n"
        "  where: aws.account_id in cutover.toml\n"
        "  what to do: Choose the profile of that account with --profile, or correct"
        " aws.account_id."
    )


def test_the_root_user_is_refused(sts: Any) -> None:
    with pytest.raises(UnsafeTarget, match="are the root user's of account 876000000876"):
        caller(sts, "arn:aws:iam::876000000876:root")


def test_a_session_that_has_expired_says_how_to_open_a_new_one(sts: Any) -> None:
    text = error_of(sts, "ExpiredToken", "The security token included in the request is expired")
    assert text.startswith("The AWS session has expired (profile watch).")
    assert "Run `aws sso login --profile watch`, then this command again." in text


def test_credentials_that_aws_does_not_know_are_said_to_be_so(sts: Any) -> None:
    text = error_of(sts, "InvalidClientTokenId", "The security token is invalid")
    assert text.startswith("AWS does not accept the credentials (profile watch).")


def test_a_right_that_lacks_is_named(sts: Any) -> None:
    text = error_of(sts, "AccessDenied", "not authorized")
    assert "may not call sts:GetCallerIdentity" in text
    assert "Allow sts:GetCallerIdentity in the caller's policy" in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (exceptions.NoCredentialsError(), "No AWS credentials were found"),
        (
            exceptions.UnauthorizedSSOTokenError(),
            "The AWS session has expired, or was never opened (profile watch).",
        ),
        (
            exceptions.SSOTokenLoadError(profile_name="watch", error_msg="no token"),
            "The AWS session has expired, or was never opened (profile watch).",
        ),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://sts.eu-west-1.amazonaws.com"),
            "AWS was not reached for sts:GetCallerIdentity.",
        ),
    ],
)
def test_each_failure_of_the_client_is_one_message(error: Exception, text: str) -> None:
    with (
        pytest.raises(TargetError) as failure,
        account.aws_errors("watch", asking="sts:GetCallerIdentity"),
    ):
        raise error
    assert str(failure.value).startswith(text)
    assert failure.value.hint


def test_a_profile_that_does_not_exist_is_named_with_those_that_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    file = tmp_path / "config"
    file.write_text("[profile watch]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(TargetError) as failure:
        account.session("wach", REGION)
    assert str(failure.value).startswith('No AWS profile has the name "wach".')
    assert "known profiles: watch" in str(failure.value)
    file.write_text("[profile broken\nregion")
    with pytest.raises(TargetError, match="The AWS CLI's configuration cannot be read"):
        account.session("broken", REGION)


def test_an_emulators_endpoint_is_told_from_amazons() -> None:
    session = boto3.session.Session(region_name=REGION)
    assert not account.has_local_endpoint(session.client("sts"))
    assert account.has_local_endpoint(session.client("sts", endpoint_url="http://127.0.0.1:4566"))


def test_an_account_that_is_throttled_all_the_time_is_named(sts: Any) -> None:
    text = error_of(sts, "ThrottlingException", "Rate exceeded")
    assert text.startswith("AWS throttles sts:GetCallerIdentity in this account and region.\n")
    assert "try again when it is quiet" in text


@pytest.mark.parametrize("body", [b"<html>The proxy says no</html>", b""])
def test_an_answer_of_a_proxy_is_named(body: bytes) -> None:
    with serve(lambda _: (200, {}, body)) as server:
        client = boto3.session.Session("AKIA", "x", region_name=REGION).client(
            "sts", endpoint_url=f"http://{server.address}"
        )
        with pytest.raises(TargetError) as failure:
            account.find_caller(client, account="876000000876", profile="watch")
    assert str(failure.value) == (
        "The answer to sts:GetCallerIdentity is not one of AWS.\n"
        f"  where: http://{server.address}\n"
        "  what to do: Look at the proxy variables and at AWS_ENDPOINT_URL: a proxy or another"
        " server answers there."
    )


def test_an_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    access = Access(public_url="https://shop.example", region=REGION, account_id="876000000876")
    with pytest.raises(TargetError, match="The address of sts cannot be used: Invalid endpoint"):
        aws.account_client(access, "sts")
