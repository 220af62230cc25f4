"""Strangers' text inside our Markdown: shown as it is, and nothing more."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.markdown import block, code, folded, link, marker, plain, prose
from bot.messages.text import one_line
from tests.world.hosts_eyes import rendered, shown

HOSTILE = st.text(
    alphabet=st.sampled_from("@#!%~$^&*_`<>[]()|\\/:.-+=1aw \n\r\t\u202e\u200b\"'{}"), max_size=80
) | st.text(max_size=60)
MENTION = re.compile(r"[@#!](?=\w)|@(?=\{|&quot;)")


@given(HOSTILE)
def test_plain_text_reads_as_it_was_written(text: str) -> None:
    html = rendered(f"x {plain(text)}")
    assert shown(f"x {plain(text)}").strip() == f"x {one_line(text, 200)}".strip()
    assert set(re.findall(r"<(\w+)", html)) == {"p"}


@given(HOSTILE)
def test_plain_text_at_the_start_of_a_line_begins_no_block(text: str) -> None:
    assert set(re.findall(r"<(\w+)", rendered(plain(text)))) <= {"p"}


@given(HOSTILE)
def test_plain_text_stays_in_its_cell(text: str) -> None:
    html = rendered(f"| a | b |\n|---|---|\n| {plain(text)} | y |")
    assert html.count("<td>") == 2
    assert "<tbody>\n<tr>" in html


@given(HOSTILE)
def test_hosts_find_no_mention_and_no_link_in_plain_text(text: str) -> None:
    seen = re.sub(r"<[^>]*>", "", rendered(f"x {plain(text)}")).replace("&amp;", "&")
    assert not MENTION.search(seen)
    assert not re.search(r"://|\bwww\.|\bGH-\d", seen, re.IGNORECASE)


@given(HOSTILE)
def test_code_reads_as_it_was_written(text: str) -> None:
    assert re.fullmatch(r"<p>x <code>[^<]*</code> y</p>\n", rendered(f"x {code(text)} y"))
    assert shown(f"x {code(text)} y").split() == f"x {one_line(text, 200)} y".split()


@given(HOSTILE, st.integers(min_value=50, max_value=400))
def test_a_block_holds_whatever_a_log_holds(text: str, room: int) -> None:
    markdown = block(text * 10, room)
    assert re.fullmatch(r'<pre><code class="language-text">[^<]*</code></pre>\n', rendered(markdown))
    assert not re.search(r"^\s*/[\w-]+(\s|$)", markdown, re.MULTILINE)


def test_a_log_holds_no_line_that_a_bot_would_obey() -> None:
    """Some bots look through whole comments for their commands, code and all. Paths stay as they are."""
    assert block("ok\n/lgtm\n  /approve now\n/usr/bin/env: no such file") == (
        "```text\nok\n\u200b/lgtm\n  \u200b/approve now\n/usr/bin/env: no such file\n```"
    )


@given(HOSTILE | st.sampled_from(["<!-- penstock:pipeline:web -->", "`<!-- penstock:pipeline:web -->`"]))
def test_no_text_makes_a_marker(text: str) -> None:
    for made in (plain(text), code(text), block(text), prose(text), link(plain(text), text)):
        assert "<!--" not in made


@given(HOSTILE)
def test_prose_makes_code_of_backticks_and_of_nothing_else(text: str) -> None:
    html = rendered(f"x {prose(text)}")
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "code"}
    assert not MENTION.search(re.sub(r"<code>[^<]*</code>|<[^>]*>", "", html).replace("&amp;", "&"))


def test_prose_keeps_its_spaces() -> None:
    assert prose("The key `env` has no `x|y` in it.") == "The key `env` has no `x|y` in it."
    assert shown(prose("one ` only")).strip() == "one ` only"


@pytest.mark.parametrize(
    ("url", "markdown"),
    [
        ("https://example.org/a(b)?c=<d>", "[x](https://example.org/a%28b%29?c=%3Cd%3E)"),
        ("https://example.org/a%20b", "[x](https://example.org/a%20b)"),
        ("https://example.org/a b\n)", "[x](https://example.org/a%20b%0A%29)"),
        ("javascript:alert(1)", "x"),
        ("//example.org", "x"),
        ("http://[", "x"),
        ("", "x"),
    ],
)
def test_only_pages_are_linked(url: str, markdown: str) -> None:
    assert link("x", url) == markdown


def test_a_marker_ends_where_it_should_whatever_the_name() -> None:
    assert marker("pipeline", "web") == "<!-- penstock:pipeline:web -->"
    assert marker("pipeline", "a --> b") == "<!-- penstock:pipeline:a%20--%3E%20b -->"


def test_a_fold_falls_back_to_what_it_holds() -> None:
    assert folded("Log of <b> @ada", "inside", folding=True).startswith(
        "<details><summary>Log of &lt;b&gt; @\u200bada</summary>\n\ninside"
    )
    assert folded("Log of a_b", "inside", folding=False) == "Log of a\\_b\n\ninside"
