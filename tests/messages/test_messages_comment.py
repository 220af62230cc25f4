"""The one comment: how it reads in every state, and that nobody's text breaks out of it."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.commands.parse import parse
from bot.messages.comment import comment_marker, comment_text
from bot.model.approval import Answer, Verdict
from bot.model.notification import NotificationRule
from bot.model.people import Person
from bot.model.pipeline import Approve
from bot.ports import HostLimits
from tests.messages.cases import CASES, TAILS
from tests.world.builders import NOW, Built, built
from tests.world.hosts_eyes import BITBUCKET, GITHUB, GITLAB, URL, rendered


def comment(one: Built, limits: HostLimits = GITHUB, tails: dict[str, str] | None = None) -> str:
    return comment_text(one.execution, one.pipeline, URL, NOW, limits, TAILS if tails is None else tails)


@pytest.mark.parametrize("case", CASES)
def test_the_comment_reads_well(case: str, snapshot: SnapshotAssertion) -> None:
    assert comment(CASES[case]) == snapshot


@pytest.mark.parametrize("case", CASES)
def test_the_comment_begins_with_its_marker_and_is_one_table(case: str) -> None:
    text = comment(CASES[case])
    assert text.startswith(f"{comment_marker('web')}\n**")
    html = rendered(text)
    assert html.count("<table>") == 1
    rows = html.partition("<tbody>")[2].count("<tr>")
    assert html.partition("<tbody>")[2].count("<td>") == 4 * rows
    assert rows == min(32, len(CASES[case].execution.stages))


@pytest.mark.parametrize("case", CASES)
def test_the_bot_writes_no_line_that_a_host_would_obey(case: str) -> None:
    for limits in (GITHUB, GITLAB, BITBUCKET):
        text = comment(CASES[case], limits)
        assert parse(text) == ()
        assert not re.search(r"^\s*/\w", text, re.MULTILINE)


def test_people_are_told_to_type_what_that_host_lets_through() -> None:
    one = CASES["waiting for anybody"]
    assert "`/approve production`" in comment(one, GITHUB)
    assert "`/penstock approve production`" in comment(one, GITLAB)
    assert "`/approve" not in comment(one, GITLAB)


def test_what_waits_elsewhere_is_linked() -> None:
    """Its words are no link of their own: hosts would take `#7` for a pull request here."""
    one, words = (
        built("build: unit=ok; production: roll-out=merge"),
        "waiting until pull request #7 of acme/env is merged",
    )
    build, production = one.execution.stages
    (run,) = production.actions
    run = replace(run, external_url="https://git.example.test/7")
    html = rendered(comment(one.changed(stages=(build, replace(production, actions=(run,))))))
    shown = re.search(r'<strong><a href="https://git.example.test/7">(.*?)</a></strong>', html)
    assert shown is not None
    assert shown[1].replace("\u200b", "") == f"roll-out: {words}"
    assert f"⏳ web is {words}" in html.replace("\u200b", "")
    hint = 'To go on: merge <a href="https://git.example.test/7">pull request #7 of acme/env</a>'
    assert f"{hint} · to end it: <code>/stop abandon</code> · until " in html.replace("\u200b", "")


def test_a_name_under_notify_that_leads_nowhere_is_told_where_the_file_is_changed() -> None:
    one = built("build: unit=running")
    one = replace(one, pipeline=replace(one.pipeline, notify=(NotificationRule(("team", "tema", "nobody")),)))
    said = comment_text(one.execution, one.pipeline, URL, NOW, GITHUB, {}, targets=("ops", "team"))
    assert "tells nobody at `nobody`, `tema`: the bot has no such target (it knows `ops`, `team`)." in said
    one = replace(one, pipeline=replace(one.pipeline, notify=(NotificationRule(("team",)),)))
    assert "tells nobody" not in comment_text(one.execution, one.pipeline, URL, NOW, GITHUB, {}, targets=("team",))


def test_a_host_without_folding_gets_none() -> None:
    text = comment(CASES["failed"], BITBUCKET)
    assert "<details>" not in text
    assert "Makefile:4" in text


def test_the_same_execution_makes_the_same_comment_at_any_time_of_the_year() -> None:
    """So an edit that changes nothing is never sent."""
    one = CASES["running"]
    later = comment_text(one.execution, one.pipeline, URL, NOW + 86_400, GITHUB, {})
    assert later == comment(one, tails={})


@pytest.mark.parametrize("limit", [1_000, 2_000, 4_000, 32_768, 65_536])
@pytest.mark.parametrize("case", ["failed", "of many stages", "waiting for two approvals at once"])
def test_the_comment_fits_the_host(case: str, limit: int) -> None:
    tails = dict.fromkeys(TAILS, "some output of a failed action\n" * 3000)
    text = comment(CASES[case], HostLimits(140, limit, reactions=True, folding=True), tails)
    assert len(text) <= limit
    assert text.startswith(comment_marker("web"))
    assert text.count("```") % 2 == 0
    assert text.count("<details>") == text.count("</details>")


def test_where_an_execution_is_stays_in_sight_however_many_stages_it_has() -> None:
    stages = [f"stage-with-a-long-name-{n}: " + ", ".join(f"action-{n}-{m}=ok" for m in range(10)) for n in range(50)]
    one = built("; ".join([*stages, "here: work=failed", *(part.replace("=ok", "") for part in stages[:1])]))
    text = comment(one, HostLimits(140, 8_000, reactions=True, folding=True))
    assert "[here](" in text
    assert re.search(r"… \d+ earlier stages", text)
    assert "more |" in text
    assert "/retry here" in text


def test_the_end_of_a_log_is_what_is_kept() -> None:
    tails = {"web-12/build/unit/1": "\n".join(f"line {n}" for n in range(5_000))}
    text = comment(CASES["failed"], HostLimits(140, 3_000, reactions=True, folding=True), tails)
    assert "line 4999\n```" in text
    assert "line 1\n" not in text


@pytest.mark.parametrize("log", ["\n" * 1_000_000, "x" * 1_000_000, "\r" * 1_000_000, " /" * 500_000, "\n /" * 300_000])
def test_a_log_of_any_shape_is_cut_fast(log: str) -> None:
    assert len(comment(CASES["failed again"], tails={"web-12/build/unit/1": log})) < 12_000


OURS = {"p", "strong", "code", "a", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre", "br"}

HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "@everyone look",
        "a | b\n|---|---|\n| x",
        "<!-- penstock:pipeline:web -->",
        "--> <b>",
        "**bold** _x_ ~~y~~ `z",
        "[here](https://evil.example)",
        "https://evil.example www.evil.example a@evil.example",
        "![x](https://evil.example/x.png)",
        "\n/approve\n",
        "\r\n\r\n# heading\n\n> quote",
        "```\n````\n`````",
        "</details>",
        "#12 !12 GH-12 acme/web#3 &amp;",
        "\u202ereversed\u202c \u200b \ud800",
        "z\u0351\u036b" * 200,
        "x" * 5_000,
        "\x00\x1b[31m",
    ]
) | st.text(max_size=60)


@settings(max_examples=60, deadline=None)
@given(message=HOSTILE, words=HOSTILE, summary=HOSTILE, login=HOSTILE, asks=HOSTILE, log=HOSTILE)
def test_no_text_of_strangers_breaks_out(
    message: str, words: str, summary: str, login: str, asks: str, log: str
) -> None:
    one = built(
        "build: unit=failed, ask=waiting",
        message=message,
        approve=Approve(message=asks, link=asks, count=2, by=(f"user:{login}",)),
        answers=(Answer(Person(login), Verdict.APPROVED, NOW, words),),
        summaries={"unit": summary},
    )
    text = comment(one, tails={"web-12/build/unit/1": log})
    assert len(text) <= GITHUB.comment
    text.encode()
    assert text.count("<!--") == 1
    html = rendered(text)
    assert set(re.findall(r"<(\w+)", html)) <= OURS
    assert html.partition("<tbody>")[2].count("<td>") == 4
    for href in re.findall(r'href="([^"]*)"', html):
        assert href.startswith(URL) or (href.startswith(("http://", "https://")) and asks.lstrip().startswith("http"))
    prose = re.sub(r"<code[^>]*>[^<]*</code>|<[^>]*>", "", html)
    assert not re.search(r"[@!](?=\w)|(?<!&)#(?=\w)|://", prose)
    assert not re.search(r"^\s*/[\w-]+(\s|$)", text, re.MULTILINE)
    assert parse(text) == ()
