"""Refusals: one sentence a reason, which uses every detail that the reason documents."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.commands.parse import parse
from bot.core import refusal as source
from bot.core.refusal import Refusal, RefusalReason
from bot.messages.refusals import SENTENCES, refusal_sentence, refusal_text
from tests.world.hosts_eyes import rendered

EXAMPLES = {
    "role": "read",
    "needed": "write",
    "stage": "production",
    "action": "go-live",
    "by": "team:acme/release, user:ada",
    "waiting": "production/go-live, staging/check",
    "choices": "web:production, api:production",
    "head": "ab12cd34ef56",
    "problem": "there is no CODEOWNERS on main: add .github/CODEOWNERS there",
    "number": "12",
    "latest": "5e0c",
    "version": "3",
    "known": "build, production",
    "pipeline": "wbe",
    "reason": "there is no pipeline file",
    "name": "VERSON",
    "names": "VERSION, REGION",
    "limit": "50",
    "command": "aprove",
    "closest": "approve",
    "asked": "77",
    "candidates": "12 (4f2c1e9), 9 (ab12cd3)",
    "least": "12",
    "typed_ok": "ok-to-test 4f2c1e90ab12cd34ef564f2c1e90ab12cd34ef56",
    "merge": "pull request #7 of acme/env",
    "usage": "retry [stage] [all|failed]",
}


def documented() -> dict[RefusalReason, list[str]]:
    """The details that the comment behind each member names."""
    text = Path(source.__file__).read_text()
    lines = re.findall(r"^    [A-Z_]+ = \"(\w+)\"(?:  # ([^:\n]*))?", text, re.MULTILINE)
    return {
        RefusalReason(value): re.findall(r"(\w+)(?: \(\w+\))?", re.sub(r" \(\w+\)", "", names))
        for value, names in lines
    }


def example(reason: RefusalReason) -> Refusal:
    details = {name: EXAMPLES[name] for name in documented()[reason]}
    if reason is RefusalReason.STALE:
        details |= {"waiting": "4f2c1e90ab"}
    return Refusal(reason, details)


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(RefusalReason) == set(documented())


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_sentence_uses_the_details_that_are_documented(reason: RefusalReason) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[reason]) if name} - {"type"}
    if "where" in fields:
        fields = fields - {"where"} | {"stage", "action"}
    assert fields == set(documented()[reason])


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_refusal_reads_well(reason: RefusalReason, snapshot: SnapshotAssertion) -> None:
    assert refusal_text(example(reason)) == snapshot(name="comment")
    assert refusal_sentence(example(reason), "penstock ") == snapshot(name="terminal")


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_refusal_tells_what_that_host_lets_through(reason: RefusalReason) -> None:
    typed = re.findall(r"`(/[^`]*)`", refusal_text(example(reason), "/penstock "))
    assert all(command.startswith("/penstock ") for command in typed)


@given(
    st.sampled_from(RefusalReason), st.text(max_size=80) | st.sampled_from(["<!-- x", "`", "@ada", "a, `b`, <b>", "{}"])
)
def test_no_detail_breaks_out_of_its_sentence(reason: RefusalReason, text: str) -> None:
    refusal = Refusal(reason, dict.fromkeys(documented()[reason], text))
    answer = refusal_text(refusal)
    assert set(re.findall(r"<(\w+)", rendered(answer))) <= {"p", "code"}
    assert not re.search(r"[@#](?=\w)", re.sub(r"<code>[^<]*</code>|&#\w+;", "", rendered(answer)))
    assert "<!--" not in answer
    assert parse(answer) == ()


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_missing_detail_leaves_a_sentence(reason: RefusalReason) -> None:
    assert refusal_text(Refusal(reason)).endswith(".")
