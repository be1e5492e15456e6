"""The variants as data: distinct, and edits that the app still takes and the inputs accept."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.inputs import production
from tests.project import ROOT
from tests.variants.catalog import BUNDLES
from tests.variants.edits import INPUTS
from tests.variants.variant import Variant

ALL = [one for bundle in BUNDLES.values() for one in bundle]
EACH = [(one.name, [one]) for one in ALL]


def test_no_name_is_given_twice() -> None:
    names = [*BUNDLES, *(one.name for one in ALL)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "variants"), [*BUNDLES.items(), *EACH])
def test_the_inputs_of_variants_are_accepted(
    name: str, variants: Sequence[Variant], tmp_path: Path
) -> None:
    edited = {file for one in variants for file in one.edit.files}
    for file in {*INPUTS, *edited, "app/Dockerfile"}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    for one in variants:
        one.edit.apply(tmp_path)
    production.load({}, cwd=tmp_path)
