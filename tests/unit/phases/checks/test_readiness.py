"""The checks before the first phase."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.core.errors import UnsafeTarget
from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, result_of


def test_a_part_of_the_move_without_a_file_is_named_with_its_key(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if k != "resources.queues"}
    result = result_of(CHECKS["0.files-complete"], replace(files, documents=documents), {})
    assert (result.state, result.key) == ("not covered", "set resources.queues")


def test_the_callers_account_is_that_of_cutover_toml(files: Production) -> None:
    answers = contracts.green(files)
    arn = "arn:aws:iam::111111111111:user/me"
    answers["sts GetCallerIdentity"] = {"Account": "111111111111", "Arn": arn}
    with pytest.raises(UnsafeTarget, match="are those of account 111111111111"):
        result_of(CHECKS["0.account"], files, answers)


@pytest.mark.parametrize(
    ("call", "answer", "thing"),
    [
        ("ssm DescribeParameters", {"Parameters": []}, "parameter /tickets/mail-key"),
        ("s3 ListObjectsV2", {"Contents": [{"Key": "web.env.old"}]}, "s3://shop-env/web.env"),
    ],
)
def test_a_value_that_tasks_need_to_start_is_missing(
    call: str, answer: Any, thing: str, files: Production
) -> None:
    elsewhere = "arn:aws:ssm:eu-west-1:876000000876:parameter/elsewhere"
    parameters = dict.fromkeys(("/tickets/mail-key", elsewhere), "")
    config = replace(files.config, parameters=parameters)
    app = replace(files, config=config, environment_files={"arn:aws:s3:::shop-env/web.env": ""})
    answers = contracts.green(files)
    assert result_of(CHECKS["0.secrets"], app, answers).findings == ()
    (finding,) = result_of(CHECKS["0.secrets"], app, {**answers, call: answer}).findings
    assert finding.thing == thing
