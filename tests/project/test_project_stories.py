"""Every feature of the checklist that this work is about is told in a story, or says to which later work it belongs (tests/stories/README.md)."""

import re

import pytest

from tests.project.rules import ROOT, read

STORIES = ROOT / "tests/stories"
ROWS = re.findall(r"^\| (\d+) \| (.*) \| (.*) \|$", (STORIES / "README.md").read_text(), re.MULTILINE)
WANTED = [*range(1, 109), 110, 111, 116]


def test_every_feature_has_its_row_in_order() -> None:
    assert [int(number) for number, _, _ in ROWS] == WANTED


@pytest.mark.parametrize(("number", "feature", "told"), ROWS, ids=[row[0] for row in ROWS])
def test_a_feature_is_told_in_stories_that_are_there(number: str, feature: str, told: str) -> None:
    assert feature
    if re.fullmatch(r"later: .+", told):
        return
    named = re.findall(r"`([\w./]+\.py)::(\w+)`", told)
    assert ", ".join(f"`{file}::{test}`" for file, test in named) == told, f"row {number} names no story"
    for file, test in named:
        assert test in read((STORIES / file).resolve()).tests, f"{file} has no {test}"
