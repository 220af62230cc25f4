"""Which events start a pipeline: section 8.3 as tables. The globs themselves are in tests/definition/test_definition_glob.py."""

from dataclasses import replace

import pytest

from bot.core.triggers import EXAMINED_PATHS, judge, needs_paths
from bot.model.host_event import MergeGroupChanged, PullRequestChanged, Pushed
from bot.model.intake import Judgement
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind
from bot.model.triggers import Patterns, PullRequestKind, PullRequestTrigger, PushTrigger, Triggers
from tests.core.lane import REPOSITORY

ADA = Person("ada", "1")
OPENED, UPDATED, CLOSED = PullRequestKind


def on(*include: str, exclude: tuple[str, ...] = ()) -> Patterns:
    return Patterns(include, exclude)


def branch(name: str) -> Pushed:
    return Pushed(REPOSITORY, Ref(RefKind.BRANCH, name), "a" * 40, "b" * 40, ADA, "main")


def tag(name: str) -> Pushed:
    return Pushed(REPOSITORY, Ref(RefKind.TAG, name), None, "b" * 40, ADA, "main")


def pull_request(target: str = "main", kind: PullRequestKind = OPENED) -> PullRequestChanged:
    return PullRequestChanged(REPOSITORY, PullRequest(7, "b" * 40, "idea", target), kind, ADA, "main")


def merge_group(target: str = "main") -> MergeGroupChanged:
    queued = f"gh-readonly-queue/{target}/pr-7-{'a' * 40}"
    return MergeGroupChanged(REPOSITORY, queued, "b" * 40, "a" * 40, target, ADA, "main")


def judged(
    triggers: Triggers,
    event: Pushed | PullRequestChanged | MergeGroupChanged,
    paths: tuple[str, ...] | None = (),
    message: str = "",
) -> Judgement:
    return judge(Pipeline("web", (), triggers=triggers), event, paths, message)


RELEASES = on("release/**", exclude=("release/old*",))
SRC = on("src/**", exclude=("**/*.md",))
MAIN_OR_SRC = Triggers(push=(PushTrigger(branches=on("main")), PushTrigger(branches=on("dev"), paths=SRC)))
NONE: tuple[str, ...] = ()

PUSHES = [
    # TRG-1: entries are alternatives. TRG-2: within one all parts must pass.
    ("TRG-1 the first entry", MAIN_OR_SRC, branch("main"), ("docs/a",), True),
    ("TRG-1 the second entry", MAIN_OR_SRC, branch("dev"), ("src/a",), True),
    ("TRG-2 a branch without the path", MAIN_OR_SRC, branch("dev"), ("docs/a",), False),
    ("TRG-2 a path without the branch", MAIN_OR_SRC, branch("idea"), ("src/a",), False),
    # TRG-3: includes are alternatives, excludes win, only excludes pass all else.
    ("TRG-3 an include", Triggers(push=(PushTrigger(branches=RELEASES),)), branch("release/2"), NONE, True),
    ("TRG-3 deeper", Triggers(push=(PushTrigger(branches=RELEASES),)), branch("release/2/fix"), NONE, True),
    ("TRG-3 an exclude wins", Triggers(push=(PushTrigger(branches=RELEASES),)), branch("release/old1"), NONE, False),
    ("TRG-3 neither", Triggers(push=(PushTrigger(branches=RELEASES),)), branch("main"), NONE, False),
    ("TRG-3 only excludes", Triggers(push=(PushTrigger(branches=on(exclude=("wip/*",))),)), branch("a"), NONE, True),
    ("TRG-3 excluded", Triggers(push=(PushTrigger(branches=on(exclude=("wip/*",))),)), branch("wip/a"), NONE, False),
    # TRG-4: each file on its own, one is enough, only the first hundred.
    ("TRG-4 one of many", Triggers(push=(PushTrigger(paths=SRC),)), branch("a"), ("README.md", "src/a.py"), True),
    ("TRG-4 excluded files", Triggers(push=(PushTrigger(paths=SRC),)), branch("a"), ("src/a.md",), False),
    ("TRG-4 one excluded, one not", Triggers(push=(PushTrigger(paths=SRC),)), branch("a"), ("src/a.md", "src/b"), True),
    ("TRG-4 the 100th", Triggers(push=(PushTrigger(paths=SRC),)), branch("a"), (*["x"] * 99, "src/a"), True),
    ("TRG-4 the 101st", Triggers(push=(PushTrigger(paths=SRC),)), branch("a"), (*["x"] * 100, "src/a"), False),
    ("TRG-4 nothing changed", Triggers(push=(PushTrigger(paths=SRC),)), branch("a"), NONE, False),
    # TRG-5: a new branch has no base.
    ("TRG-5 a new branch", Triggers(push=(PushTrigger(branches=on("**"), paths=SRC),)), branch("new"), None, False),
    ("TRG-5 no path filter", Triggers(push=(PushTrigger(branches=on("**")),)), branch("new"), None, True),
    # TRG-6: branches and tags are never taken for each other.
    ("TRG-6 a tag", Triggers(push=(PushTrigger(tags=on("v*")),)), tag("v1.2"), None, True),
    ("TRG-6 another tag", Triggers(push=(PushTrigger(tags=on("v*")),)), tag("nightly"), None, False),
    ("TRG-6 a branch named like it", Triggers(push=(PushTrigger(tags=on("v*")),)), branch("v1.2"), NONE, False),
    ("TRG-6 a tag named like a branch", Triggers(push=(PushTrigger(branches=on("main")),)), tag("main"), None, False),
    ("8.1 the default branch", Triggers(default_branch=True), branch("main"), NONE, True),
    ("8.1 another branch", Triggers(default_branch=True), branch("idea"), NONE, False),
    ("8.1 no tags by default", Triggers(default_branch=True), tag("main"), None, False),
    ("8.1 nothing by itself", Triggers(), branch("main"), NONE, False),
]

MAIN = PullRequestTrigger(branches=on("main"))
PULL_REQUESTS = [
    ("TRG-7 the target branch", MAIN, pull_request("main"), NONE, True),
    ("TRG-7 not the source branch", PullRequestTrigger(branches=on("idea")), pull_request("main"), NONE, False),
    ("TRG-2 with its paths", replace(MAIN, paths=SRC), pull_request("main"), ("src/a",), True),
    ("TRG-2 without its paths", replace(MAIN, paths=SRC), pull_request("main"), ("docs/a",), False),
    ("TRG-8 C15: no events, all of them", PullRequestTrigger(), pull_request(kind=CLOSED), NONE, True),
    ("TRG-8 updated", PullRequestTrigger((OPENED,)), pull_request(kind=UPDATED), NONE, False),
    ("TRG-8 closed", PullRequestTrigger((CLOSED,)), pull_request(kind=CLOSED), NONE, True),
    ("TRG-8 not closed", PullRequestTrigger((CLOSED,)), pull_request(kind=OPENED), NONE, False),
]


def ids(cases: list[tuple[str, Triggers, Pushed, tuple[str, ...] | None, bool]]) -> list[str]:
    return [case[0] for case in cases]


@pytest.mark.parametrize(("name", "triggers", "event", "paths", "started"), PUSHES, ids=ids(PUSHES))
def test_pushes(name: str, triggers: Triggers, event: Pushed, paths: tuple[str, ...] | None, started: bool) -> None:
    judgement = judged(triggers, event, paths)
    assert judgement.started is started, f"{name}: {judgement.reason}"
    assert judgement.reason


@pytest.mark.parametrize(
    ("name", "entry", "event", "paths", "started"), PULL_REQUESTS, ids=[case[0] for case in PULL_REQUESTS]
)
def test_pull_requests(
    name: str, entry: PullRequestTrigger, event: PullRequestChanged, paths: tuple[str, ...], started: bool
) -> None:
    judgement = judged(Triggers(pull_request=(entry,)), event, paths)
    assert judgement.started is started, f"{name}: {judgement.reason}"
    assert not judged(Triggers(), event, paths).started


QUEUES = [
    ("every pull request", PullRequestTrigger(), True),
    ("opened ones", PullRequestTrigger(events=(OPENED,)), True),
    ("updated ones", PullRequestTrigger(events=(UPDATED, CLOSED)), True),
    ("closed ones alone", PullRequestTrigger(events=(CLOSED,)), False),
    ("the target branch", PullRequestTrigger(branches=on("main")), True),
    ("another target branch", PullRequestTrigger(branches=RELEASES), False),
    ("a path that has changed", PullRequestTrigger(paths=SRC), True),
    ("a path that has not", PullRequestTrigger(paths=on("docs/**")), False),
]


@pytest.mark.parametrize(("name", "entry", "started"), QUEUES, ids=[name for name, *_ in QUEUES])
def test_a_merge_queue_asks_what_is_asked_of_pull_requests(name: str, entry: PullRequestTrigger, started: bool) -> None:
    """A message that asks to be skipped would leave the queue without an answer, so it may not."""
    triggers = Triggers((PushTrigger(branches=on()),), (entry,))
    assert judged(triggers, merge_group(), ("src/a",), "Merge [skip ci]").started is started, name
    assert not judged(Triggers((PushTrigger(branches=on()),)), merge_group()).started


@pytest.mark.parametrize("event", [branch("main"), tag("v1"), pull_request()], ids=["branch", "tag", "pull request"])
@pytest.mark.parametrize("mark", ["[skip ci]", "[ci skip]", "[Skip CI]"])
def test_a_message_may_ask_to_be_skipped(event: Pushed | PullRequestChanged, mark: str) -> None:
    every = Triggers((PushTrigger(branches=on()), PushTrigger(tags=on())), (PullRequestTrigger(),))
    assert judged(every, event).started
    assert not judged(every, event, message=f"Fix the typo\n\n{mark}").started


def test_reasons_name_the_filter_that_was_in_the_way() -> None:
    """Row 34: what `/why` says."""
    release = Triggers(push=(PushTrigger(branches=RELEASES),))
    assert judged(release, branch("release/old1")).reason == "the branch release/old1 is excluded by release/old*"
    assert judged(release, branch("main")).reason == "the branch main matches none of release/**"
    two = Triggers(push=(PushTrigger(tags=on("v*")), PushTrigger(branches=on("dev"))))
    assert judged(two, branch("main")).reason == (
        "it was a branch, and the push trigger names tags; the branch main matches none of dev"
    )


def test_changed_paths_are_found_out_only_where_a_filter_looks_at_them() -> None:
    pushes = Pipeline("web", (), triggers=Triggers(push=(PushTrigger(paths=SRC),)))
    assert needs_paths(pushes, branch("main"))
    assert not needs_paths(pushes, pull_request())
    assert EXAMINED_PATHS == 100
