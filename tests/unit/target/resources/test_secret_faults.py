"""Bad secrets never replace the good one, and a rotation that fails is taken back."""

from __future__ import annotations

import json
from typing import Any

from harness.core.redact import redact
from harness.target.resources.secret_faults import Rotation, SecretFaults


class Iam:
    """One role, which may or may not be there."""

    class exceptions:  # noqa: N801 - botocore's spelling
        class NoSuchEntityException(Exception):
            pass

    def __init__(self, *roles: str) -> None:
        self.policies: dict[str, str] = {}
        self.roles = roles

    def put_role_policy(self, **given: str) -> None:
        if given["RoleName"] not in self.roles:
            raise self.exceptions.NoSuchEntityException
        self.policies[given["PolicyName"]] = given["PolicyDocument"]

    def delete_role_policy(self, **given: str) -> None:
        del self.policies[given["PolicyName"]]


class SecretsManager:
    """One secret with its versions and stages."""

    def __init__(self, text: str = '{"username": "tickets", "password": "old-password"}') -> None:
        self.versions = {"v1": text}
        self.stages = {"AWSCURRENT": "v1"}
        self.copies: dict[str, str] = {}

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803
        assert SecretId == "tickets/db"
        version = self.stages["AWSCURRENT"]
        return {"SecretString": self.versions[version], "VersionId": version}

    def put_secret_value(self, **given: Any) -> dict[str, Any]:
        version = f"v{len(self.versions) + 1}"
        self.versions[version] = given["SecretString"]
        for stage in given.get("VersionStages", ["AWSCURRENT"]):
            self.stages[stage] = version
        return {"VersionId": version}

    def update_secret_version_stage(self, **given: Any) -> None:
        assert self.stages[given["VersionStage"]] == given["RemoveFromVersionId"]
        if "MoveToVersionId" in given:
            self.stages[given["VersionStage"]] = given["MoveToVersionId"]
        else:
            del self.stages[given["VersionStage"]]

    def create_secret(self, **given: Any) -> dict[str, Any]:
        arn = f"arn:{given['Name']}"
        self.copies[arn] = "there"
        return {"ARN": arn}

    def delete_secret(self, **given: Any) -> None:
        if given.get("ForceDeleteWithoutRecovery"):
            assert self.copies.pop(given["SecretId"]) == "there"
        else:
            self.copies[given["SecretId"]] = f"for {given['RecoveryWindowInDays']} days"

    def restore_secret(self, *, SecretId: str) -> None:  # noqa: N803
        self.copies[SecretId] = "there"


def test_a_bad_version_has_a_stage_of_its_own_until_it_is_removed() -> None:
    client = SecretsManager()
    secret_faults = SecretFaults(client, name="tickets/db", iam=Iam(), reader="")
    stage = secret_faults.version("no json")
    assert client.versions[client.stages[stage]] == "no json"
    assert client.stages["AWSCURRENT"] == "v1"
    secret_faults.remove()
    assert client.stages == {"AWSCURRENT": "v1"}


def test_what_is_scheduled_for_deletion_is_a_copy_and_is_gone_at_the_end() -> None:
    client, iam = SecretsManager(), Iam("tickets-execution")
    secret_faults = SecretFaults(client, name="tickets/db", iam=iam, reader="tickets-execution")
    copy = secret_faults.copy_scheduled_for_deletion()
    assert copy in iam.policies["rehearsal"], "the role must get as far as the refusal"
    assert copy.startswith("arn:tickets/db-rehearsal-")
    assert client.copies == {copy: "for 7 days"}
    secret_faults.remove()
    assert client.copies == {}
    assert iam.policies == {}
    assert client.stages == {"AWSCURRENT": "v1"}


def test_where_no_role_is_known_none_is_let_read() -> None:
    iam = Iam()
    secret_faults = SecretFaults(
        SecretsManager(), name="tickets/db", iam=iam, reader="tickets-execution"
    )
    secret_faults.copy_scheduled_for_deletion()
    secret_faults.remove()
    assert iam.policies == {}


def rotation(client: SecretsManager, told: list[str]) -> Rotation:
    return Rotation(client, name="tickets/db", schema="tickets", sql=told.append)


def test_a_rotation_alternates_between_two_users_and_tells_the_database_first() -> None:
    client = SecretsManager()
    statements: list[str] = []
    first = rotation(client, statements)
    assert first.begin() == ("tickets", "tickets_clone")
    current = json.loads(client.versions[client.stages["AWSCURRENT"]])
    assert current["username"] == "tickets_clone"
    assert current["password"] in statements[0]
    assert redact(statements[0]) != statements[0]
    first.finish()
    assert not first.roll_back()
    assert rotation(client, statements).begin() == ("tickets_clone", "tickets")


def test_a_rotation_that_does_not_finish_is_taken_back() -> None:
    client = SecretsManager()
    failed = rotation(client, [])
    assert not failed.roll_back()
    failed.begin()
    assert failed.roll_back()
    assert client.stages["AWSCURRENT"] == "v1"
