"""Which lifecycle rules take uploads away."""

from __future__ import annotations

from typing import Any

import pytest

from harness.target.resources.bucket_lifecycle import losses

KEY = "events/7/poster/a.jpg"


def rule(**said: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **said}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (rule(Expiration={"Days": 1}), ["rule 'r' deletes it after 1 day(s)"]),
        (rule(Expiration={"Days": 1}, Filter={}), ["rule 'r' deletes it after 1 day(s)"]),
        (
            {"Status": "Enabled", "Prefix": "events/", "Expiration": {"Date": "2027-01-01"}},
            ["rule 'without an ID' deletes it on 2027-01-01"],
        ),
        (
            rule(
                Filter={"And": {"Prefix": "events/", "ObjectSizeGreaterThan": 5}},
                Transitions=[
                    {"Days": 30, "StorageClass": "GLACIER_IR"},
                    {"Days": 90, "StorageClass": "GLACIER"},
                ],
            ),
            ["rule 'r' moves it to GLACIER, out of the app's reach, after 90 day(s)"],
        ),
        (rule(Expiration={"Days": 1}, Filter={"Prefix": "tmp/"}), []),
        (rule(Expiration={"Days": 1}, Status="Disabled"), []),
        (rule(Expiration={"Days": 3650}), []),
        (rule(Expiration={"ExpiredObjectDeleteMarker": True}), []),
        (rule(Expiration={"Days": 1}, Filter={"Tag": {"Key": "temporary", "Value": "1"}}), []),
        (rule(Expiration={"Days": 1}, Filter={"And": {"Tags": [{"Key": "a", "Value": "1"}]}}), []),
        (rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}), []),
        (rule(NoncurrentVersionExpiration={"NoncurrentDays": 30}), []),
        (rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}]), []),
    ],
)
def test_what_takes_an_upload_away(said: dict[str, Any], expected: list[str]) -> None:
    assert losses([said], key=KEY) == expected
