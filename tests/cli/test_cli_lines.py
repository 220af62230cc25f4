"""Lines of output for a terminal: cut anywhere on their way, and of any length."""

import pytest

from bot.cli.lines import LONGEST, Lines

LONG = b"x" * LONGEST

CASES = [
    ([b"one\ntwo"], ["one", "two"]),
    ([b"o", b"ne\n", b"\ntwo\n"], ["one", "", "two"]),
    ([b"\xc3", b"\xa9\n"], ["é"]),
    ([LONG, b"\n"], [LONG.decode()]),
    ([LONG, b"12", b"345\nnext"], [LONG.decode() + "\x1b[0m … 5 more bytes", "next"]),
    ([], []),
]


@pytest.mark.parametrize(("pieces", "expected"), CASES)
def test_lines_are_whole_and_none_is_endless(pieces: list[bytes], expected: list[str]) -> None:
    lines = Lines()
    assert [line for piece in pieces for line in lines.feed(piece)] + list(lines.end()) == expected
