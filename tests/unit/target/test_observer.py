"""The policy of the role that observes an account."""

from __future__ import annotations

from dataclasses import replace

from harness.target.access import Access
from harness.target.observer import policy

ACCESS = Access("https://shop.example", account_id="876000000876", region="eu-west-1")


def test_of_all_secrets_the_policy_reads_the_probes_key_only() -> None:
    with_secret = policy(replace(ACCESS, secrets={"probe": "shop/app", "db": "shop/db"}))
    assert with_secret["Statement"][1:] == [
        {
            "Sid": "ReadTheProbesKey",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "arn:aws:secretsmanager:eu-west-1:876000000876:secret:shop/app-??????",
        }
    ]
    with_parameter = policy(replace(ACCESS, probe_parameter="/shop/probe"))
    assert with_parameter["Statement"][1:] == [
        {
            "Sid": "ReadTheProbesKey",
            "Effect": "Allow",
            "Action": "ssm:GetParameters",
            "Resource": "arn:aws:ssm:eu-west-1:876000000876:parameter/shop/probe",
        }
    ]
    assert len(policy(ACCESS)["Statement"]) == 1
