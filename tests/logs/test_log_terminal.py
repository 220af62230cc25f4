"""The lines of a log as plain text, as a terminal would have shown them in the end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs.terminal import LONGEST, shown


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\n\ntwo", ["one", "", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"\x1b[1;31merror\x1b[0m: no\n", ["error: no"]),
        (b"\x1b]0;title\x07text \x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", ["text link"]),
        (b" 10%\r 50%\r100%\n", ["100%"]),
        (b"12345\rab\n", ["ab345"]),
        (b"Downloading 100%\r\x1b[Kdone\n", ["done"]),
        (b"Downloading 100%\r\x1b[2Kdone\n", ["done"]),
        (b"long line\x1b[1G\x1b[0Kshort\n", ["short"]),
        (b"spin |\b/\b-\bx\n", ["spin x"]),
        (b"a\tb\x00\x07c\n", ["a\tbc"]),
        (b"half \xff caf\xc3\xa9\n", ["half \ufffd caf\u00e9"]),
        (b"cut escape \x1b[", ["cut escape"]),
        (b"x" * 5000, ["x" * LONGEST + "…"]),
        ("a\x85b\u2028c\x0bd\n".encode(), ["a\x85b\u2028cd"]),
    ],
)
def test_a_line_is_what_a_terminal_shows(data: bytes, lines: list[str]) -> None:
    assert shown(data) == lines


@given(st.binary(max_size=200))
def test_no_bytes_can_break_it_and_no_escape_gets_through(data: bytes) -> None:
    for line in shown(data):
        assert "\x1b" not in line
        assert "\n" not in line


@pytest.mark.parametrize(
    "unit", [b"\r", b"\rx", b"\x1b[", b"\x1b]", b"\b", b"x\r\x1b[K", b"\x1b[2Kx", b"\x1b[9", b"\x9b"]
)
def test_hostile_lines_take_linear_time(unit: bytes) -> None:
    began = time.process_time()
    shown(unit * (300_000 // len(unit)) + b"end")
    assert time.process_time() - began < 5
