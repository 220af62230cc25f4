"""Terminal output as HTML: what is kept, what is resolved, and that nothing gets out of it."""

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.ansi import LINE_LIMIT, Painter


@pytest.mark.parametrize(
    ("raw", "painted"),
    [
        (b"plain", "plain"),
        (b"<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"),
        (b"\x1b[31mred\x1b[0m off", '<span class="f1">red</span> off'),
        (b"\x1b[1;4;93mloud\x1b[22;24;39mplain", '<span class="bold underline f11">loud</span>plain'),
        (b"\x1b[41mon red\x1b[49m", '<span class="b1">on red</span>'),
        (b"\x1b[38;5;208morange", '<span class="f208">orange</span>'),
        (b"\x1b[38;2;255;140;0mexact", '<span class="f208" data-f="#ff8c00">exact</span>'),
        (b"\x1b[48:2:0:0:95mexact", '<span class="b17" data-b="#00005f">exact</span>'),
        (b"\x1b[7minverse", '<span class="ink paper">inverse</span>'),
        (b"\x1b[31;7minverse red", '<span class="ink b1">inverse red</span>'),
        (b"\x1b[38;5mcut short", "cut short"),
        (b"\x1b[38;9;1mno such space", "no such space"),
        (b"\x1b[9999999mnonsense", "nonsense"),
        (b"10%\r 50%\r100%", "100%"),
        (b"done\r", "done"),
        (b"long line\rshort", "shortline"),
        (b"long line\r\x1b[Kshort", "short"),
        (b"abc\x1b[2Kdef", "   def"),
        (b"abc\x1b[1K", "   "),
        (b"spinner |\b/\b-\bok", "spinner ok"),
        (b"a\x1b[3Cb", "a   b"),
        (b"abc\x1b[2Dx", "axc"),
        (b"abc\x1b[1Gx", "xbc"),
        (b"a\x1b[999999999Cb", "a" + " " * 512 + "b"),
        (b"tab\there", "tab\there"),
        (b"\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "link"),
        (b"\x1b]0;title\x1b\\text", "text"),
        (b"\x1b(Bcharset", "charset"),
        (b"\x1b[?25lhidden cursor\x1b[?25h", "hidden cursor"),
        (b"\x07bell\x00nul\x7fdel", "bellnuldel"),
        ("\u009b31mone byte".encode(), "31mone byte"),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        ("günstig 🚀".encode(), "günstig 🚀"),
        (b"\x1b", ""),
        (b"\x1b[", ""),
        (b"\x1b]never ends", "never ends"),
    ],
)
def test_a_line_is_painted_as_a_terminal_would(raw: bytes, painted: str) -> None:
    assert Painter().paint(raw) == painted


def test_a_style_lasts_until_it_is_changed_across_lines() -> None:
    painter = Painter()
    assert painter.paint(b"\x1b[32mgreen") == '<span class="f2">green</span>'
    assert painter.paint(b"still") == '<span class="f2">still</span>'
    assert painter.paint(b"\x1b[moff") == "off"


@pytest.mark.parametrize("raw", [b"x" * 50_000, b"\x1b[31m" + b"x" * 50_000, b"\x1b[31m" + b"x" * (LINE_LIMIT + 1)])
def test_an_endless_line_is_cut_and_says_so(raw: bytes) -> None:
    painted = Painter().paint(raw)
    assert painted.count("x") == LINE_LIMIT
    assert "the rest of this line is in the raw log" in painted


@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from([b"\x1b[", b"\x1b]", b"31", b"m", b"K", b"\r", b"\b", b"<", b"&", b"x"]), max_size=60
    ).map(b"".join)
)
def test_nothing_gets_out_of_a_line(raw: bytes) -> None:
    painted = str(Painter().paint(raw))
    without_spans = re.sub(r'<span class="[a-z0-9 ]+"(?: data-[fb]="#[0-9a-f]{6}")*>|</span>', "", painted)
    assert "<" not in without_spans
    assert ">" not in without_spans
    assert painted.count("<span") == painted.count("</span>")
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", html.unescape(without_spans))


@pytest.mark.parametrize(
    "piece", [b"\x1b]", b"\x1b[", b"\x1b[1;", b"\x1bP", b"\r", b"\b", b"\x1b[500C\r", b"\x1b[38;2;"]
)
def test_hostile_lines_take_no_more_time_than_long_ones(piece: bytes) -> None:
    raw = (piece * 40_000)[: LINE_LIMIT * 4]
    began = time.thread_time()
    Painter().paint(raw)
    assert time.thread_time() - began < 2.0
