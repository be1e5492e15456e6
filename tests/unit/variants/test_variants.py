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

ALL = [variant for bundle in BUNDLES.values() for variant in bundle]
EACH = [(variant.name, [variant]) for variant in ALL]


def test_no_name_is_given_twice() -> None:
    names = [*BUNDLES, *(variant.name for variant in ALL)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "variants"), [*BUNDLES.items(), *EACH])
def test_the_inputs_of_variants_are_accepted(
    name: str, variants: Sequence[Variant], tmp_path: Path
) -> None:
    edited = {file for variant in variants for file in variant.edit.files}
    for file in {*INPUTS, *edited, "app/Dockerfile"}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    for variant in variants:
        variant.edit.apply(tmp_path)
    production.load({}, cwd=tmp_path)
