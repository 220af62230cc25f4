"""A pipeline file with errors: the status names the first, the comment all of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.commands.parse import parse
from bot.core.effects import ReportInvalid
from bot.messages.comment import comment_marker
from bot.messages.invalid import invalid_comment, invalid_marker, invalid_status, mended_comment
from bot.model.host_event import Thread, ThreadKind
from bot.model.problem import Problem
from bot.model.status import StatusState
from bot.ports import HostLimits
from tests.world.builders import COMMIT, REPOSITORY
from tests.world.hosts_eyes import GITHUB, rendered

PAGE = "https://host.example.org/acme/web/commit/4f2c1e9"
PROBLEMS = (
    Problem(".pipeline.yml", 4, 7, "stages[0].actions[0].rum", "`rum` is no key of an action.", "Did you mean `run`?"),
    Problem(".pipeline.yml", 9, 3, "stages[1]", "A stage has at least one action."),
    Problem(".pipeline.yml", 0, 0, "", "The file is longer than 1 MiB.", "Split it."),
)


def report(*problems: Problem) -> ReportInvalid:
    return ReportInvalid(REPOSITORY, COMMIT, Thread(ThreadKind.PULL_REQUEST, "3"), "web", problems)


def test_the_comment_tells_every_problem_with_its_place(snapshot: SnapshotAssertion) -> None:
    assert invalid_comment(report(*PROBLEMS), GITHUB, PAGE) == snapshot


def test_a_problem_without_a_place_is_told_as_it_is(snapshot: SnapshotAssertion) -> None:
    gone = Problem("", 0, 0, "", "The commit is not to be had any more: it was force-pushed away.")
    assert invalid_comment(report(gone), GITHUB, PAGE) == snapshot


def test_a_mended_file_is_told_in_the_same_comment(snapshot: SnapshotAssertion) -> None:
    mended = mended_comment(report(), GITHUB)
    assert mended == snapshot
    assert mended.partition("\n")[0] == invalid_comment(report(*PROBLEMS), GITHUB, PAGE).partition("\n")[0]


def test_it_is_another_comment_than_the_pipelines() -> None:
    assert invalid_marker("web") != comment_marker("web")


@pytest.mark.parametrize(
    ("problems", "limit", "description"),
    [
        (PROBLEMS[1:2], 140, ".pipeline.yml:9:3: stages[1]: A stage has at least one action."),
        (
            PROBLEMS,
            140,
            "3 errors · .pipeline.yml:4:7: stages[0].actions[0].rum: `rum` is no key of an action. Did you mean `run`?",
        ),
        (PROBLEMS, 60, "3 errors · .pipeline.yml:4:7: stages[0].actions[0].rum:…"),
    ],
)
def test_the_status_names_the_first_problem(problems: tuple[Problem, ...], limit: int, description: str) -> None:
    limits = HostLimits(limit, 65_536, reactions=True, folding=True)
    status = invalid_status(REPOSITORY, COMMIT, "web", problems, PAGE, limits)
    assert (status.context, status.state, status.url) == ("penstock/web", StatusState.INVALID, PAGE)
    assert status.description.rstrip("…").rstrip(":") == description.rstrip("…").rstrip(":")


def test_problems_that_do_not_fit_are_counted() -> None:
    problems = [Problem(".pipeline.yml", n, 1, f"stages[{n}]", "This is wrong. " * 10) for n in range(1, 500)]
    text = invalid_comment(report(*problems), HostLimits(140, 5_000, reactions=True, folding=True), PAGE)
    assert len(text) <= 5_000
    told = text.count("\n- `")
    assert f"- … and {499 - told} more" in text


@given(st.text(max_size=200) | st.sampled_from(["`<b>", "@ada `x", "<!-- penstock:invalid:web -->", "x\n/approve\n"]))
def test_no_text_of_a_file_breaks_out(text: str) -> None:
    comment = invalid_comment(report(Problem(text, 1, 1, text, text, text)), GITHUB, PAGE)
    html = rendered(comment)
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "strong", "a", "code", "ul", "li"}
    assert html.count("<li>") == 1
    assert comment.count("<!--") == 1
    assert not re.search(r"[@!](?=\w)", re.sub(r"<code>[^<]*</code>|<[^>]*>", "", html.partition("-->")[2]))
    assert parse(comment) == ()
