"""Fitting a text into a host's characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base.shorten import shortened


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("it fits", 7, "it fits"),
        ("two\nlines  and\tmore", 30, "two lines and more"),
        ("waiting for approval: production", 25, "waiting for approval…"),
        ("waiting for approval", 20, "waiting for approval"),
        ("one two three", 10, "one two…"),
        ("x" * 50, 10, "xxxxxxxxx…"),
        ("abcdefg e\u0301\u0301\u0301\u0301x" + "y" * 40, 12, "abcdefg…"),
        ("", 5, ""),
    ],
)
def test_it_is_cut_after_a_word_and_never_inside_a_character(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short


@given(st.text(), st.integers(1, 200))
def test_it_is_never_too_long_and_never_cuts_a_composed_character(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    line = " ".join(text.split())
    if short != line:
        kept = short.removesuffix("…")
        assert line.startswith(kept)
        following = line[len(kept) : len(kept) + 1]
        assert not kept or not unicodedata.combining(following)
