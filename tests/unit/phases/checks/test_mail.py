"""The check of SES's identity."""

from __future__ import annotations

from dataclasses import replace

from harness.inputs.production import Production
from harness.phases import examination
from harness.phases.account import Account
from harness.target import naming
from tests.unit.phases import contracts
from tests.unit.phases.contracts import NOW
from tests.unit.phases.examinations import CHECKS, result_of


def test_dkim_of_a_domain_is_judged_and_that_of_an_address_is_not(files: Production) -> None:
    access = naming.names_in(files)
    names = {**access.resources, "identity": "876events.example"}
    answers = {
        **contracts.green(files),
        "sesv2 GetEmailIdentity": {"DkimAttributes": {"Status": "PENDING"}},
    }
    assert result_of(CHECKS["5.ses-account"], files, answers).state == "green"
    domain = replace(access, resources=names)
    account = Account(files, domain, contracts.client_of(answers, []), now=lambda: NOW)
    (result,) = examination.examine([CHECKS["5.ses-account"]], account, files_only=False)
    assert result.findings[0].actual == "PENDING"
