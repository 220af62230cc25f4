"""Plain text made fit to be shown, and put into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import split_graphemes

from bot.messages.text import fit, many_lines, one_line, shorten
from bot.messages.words import duration, listed, memory, plural, principal, when

NOV_30 = 1_796_054_400.0  # 2026-11-30 16:00 UTC


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (0.04, "0 s"),
        (0.42, "0.4 s"),
        (0.97, "1 s"),
        (1.2, "1 s"),
        (41.4, "41 s"),
        (59.6, "1 min"),
        (62, "1 min 2 s"),
        (3599.7, "1 h"),
        (7505, "2 h 5 min"),
        (7200, "2 h"),
        (86_400, "1 d"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("at", "now", "words"),
    [
        (NOV_30, None, "Mon 30 Nov, 16:00 UTC"),
        (NOV_30, NOV_30, "Mon 30 Nov, 16:00 UTC"),
        (NOV_30 + 40 * 86_400, NOV_30, "Sat 9 Jan 2027, 16:00 UTC"),
        (1e30, NOV_30, "Fri 31 Dec 9999, 23:59 UTC"),
        (-5, NOV_30, "Thu 1 Jan 1970, 00:00 UTC"),
    ],
)
def test_a_time_says_its_year_only_where_it_is_another(at: float, now: float | None, words: str) -> None:
    assert when(at, now) == words


def test_small_words() -> None:
    assert [memory(size) for size in (10, 52_000, 48 << 20, 3 << 29)] == ["1 kB", "51 kB", "48 MB", "1.5 GB"]
    assert [plural(count, "stage") for count in (0, 1, 2)] == ["0 stages", "1 stage", "2 stages"]
    assert listed(["a", "b"]) == "a, b"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"
    assert principal("team:acme/release") == "acme/release"
    assert principal("role:admin") == "whoever has the admin role"


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("waiting for approval", 40, "waiting for approval"),
        ("waiting for approval", 15, "waiting for…"),
        ("waiting for, approval", 13, "waiting for…"),
        ("unbelievablylongword", 10, "unbelieva…"),
        ("ab e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", 8, "ab e\u0301e\u0301…"),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f467" * 3, 7, "\U0001f469\u200d\U0001f469\u200d\U0001f467…"),
        ("abc", 0, ""),
    ],
)
def test_a_text_is_cut_behind_a_word_or_a_whole_grapheme(text: str, limit: int, cut: str) -> None:
    assert shorten(text, limit) == cut


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_a_short_text_is_a_beginning_of_the_long_one(text: str, limit: int) -> None:
    cut = shorten(text, limit)
    assert len(cut) <= limit
    assert cut == text or text.startswith(cut[:-1])


@given(
    st.text(alphabet="e\u0301\u200d\U0001f469\U0001f467\U0001f1e9\U0001f1ea\u0e33x", max_size=40), st.integers(1, 30)
)
def test_no_grapheme_is_cut_open(text: str, limit: int) -> None:
    cut = shorten(text, limit)
    ends = {end for _, end, _ in split_graphemes(text)[0]} | {0}
    assert cut == text or len(cut) - 1 in ends


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(min_value=1, max_value=200))
def test_one_line_can_always_be_sent(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    line.encode()


def test_nothing_hidden_is_left_in_a_line() -> None:
    assert one_line("a\u202eb\u200bc\x00d\te\r\nf\u2028g\ufeff \ud800") == "abc d e f g \ufffd"


@given(st.text(max_size=2000))
def test_one_line_of_a_huge_text_costs_no_more_than_its_beginning(text: str) -> None:
    assert one_line(text * 3, 50) == one_line((text * 3)[:264], 50)


def test_what_was_written_over_is_not_shown() -> None:
    assert many_lines("10%\r50%\r100%\r\ndone\n\ttab\x1b[0m") == ["100%", "done", "    tab [0m"]


@given(st.lists(st.text(min_size=1)), st.integers(min_value=1, max_value=140))
def test_parts_never_exceed_the_limit(parts: list[str], limit: int) -> None:
    assert len(fit(parts, limit)) <= limit


def test_the_first_parts_are_kept() -> None:
    parts = ["2 of 3 stages", "waiting for approval: production/go-live", "acme/release, ada"]
    assert fit(parts, 140) == "2 of 3 stages · waiting for approval: production/go-live · acme/release, ada"
    assert fit(parts, 70) == "2 of 3 stages · waiting for approval: production/go-live"
    assert fit(parts, 45) == "2 of 3 stages · waiting for approval…"
    assert fit(parts, 10) == "2 of 3…"
    assert fit(["", "a", ""], 10) == "a"
