"""From files to pipelines: names, several files, several documents, digests, and what a broken file is called."""

from collections.abc import Callable

import pytest

from bot.definition import PIPELINE_PATHS, Definitions, default_name, read_definitions
from bot.model.pipeline import Approve, Checkout, Mode, Outdated, Pipeline, RetryMode, Run, Variable
from bot.model.triggers import Patterns, PullRequestKind, PullRequestTrigger, PushTrigger, Triggers

Read = Callable[[str], Definitions]
ReadOne = Callable[[str], Pipeline]

STAGES = "stages: [{name: build, actions: [{name: unit, run: make test}]}]\n"


def test_the_least_file_becomes_a_pipeline_with_every_default(read_one: ReadOne) -> None:
    pipeline = read_one(STAGES)
    assert pipeline.name == "shop"
    assert pipeline.mode is Mode.SUPERSEDED
    assert pipeline.outdated is None
    assert pipeline.checkout == Checkout(depth=1, submodules=False, lfs=False)
    assert pipeline.file == ".pipeline.yml"
    (action,) = pipeline.stage("build").actions
    assert action.work == Run(("make test",))
    assert (action.run_order, action.timeout) == (1, None)


def test_without_triggers_a_push_to_the_default_branch_and_an_opened_or_updated_pull_request_start_it(
    read_one: ReadOne,
) -> None:
    events = (PullRequestKind.OPENED, PullRequestKind.UPDATED)
    assert read_one(STAGES).triggers == Triggers(pull_request=(PullRequestTrigger(events),), default_branch=True)


ANY_BRANCH = (PushTrigger(branches=Patterns()),)
ANY_PULL_REQUEST = (PullRequestTrigger(),)


@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        ("{}", Triggers()),
        ("{push: true}", Triggers(push=ANY_BRANCH)),
        ("{push: {}}", Triggers(push=ANY_BRANCH)),
        ("{push: }", Triggers(push=ANY_BRANCH)),
        ("{pull_request: true}", Triggers(pull_request=ANY_PULL_REQUEST)),
        ("{pull_request: }", Triggers(pull_request=ANY_PULL_REQUEST)),
        ("{push: {branches: 1.10}}", Triggers(push=(PushTrigger(branches=Patterns(("1.10",))),))),
        ("{push: {paths: [a]}}", Triggers(push=(PushTrigger(paths=Patterns(("a",))),))),
        ("{push: {tags: {exclude: [a]}}}", Triggers(push=(PushTrigger(tags=Patterns(exclude=("a",))),))),
        (
            "{push: {branches: [b], tags: [t], paths: [p]}}",
            Triggers(
                push=(
                    PushTrigger(branches=Patterns(("b",)), paths=Patterns(("p",))),
                    PushTrigger(tags=Patterns(("t",))),
                )
            ),
        ),
        (
            "{pull_request: [{events: closed}, {paths: [p]}]}",
            Triggers(
                pull_request=(
                    PullRequestTrigger((PullRequestKind.CLOSED,)),
                    PullRequestTrigger(paths=Patterns(("p",))),
                )
            ),
        ),
    ],
)
def test_triggers_are_read_as_written(read_one: ReadOne, triggers: str, expected: Triggers) -> None:
    assert read_one(f"triggers: {triggers}\n{STAGES}").triggers == expected


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90),
        ("'90'", 90),
        ("90s", 90),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1d", 86400),
        ("1d2h3m4s", 93784),
        ("1.5", 1.5),
    ],
)
def test_a_duration_is_units_or_seconds(read_one: ReadOne, written: str, seconds: float) -> None:
    pipeline = read_one(f"stages: [{{name: a, actions: [{{name: b, run: c, timeout: {written}}}]}}]")
    assert pipeline.stages[0].actions[0].timeout == seconds


@pytest.mark.parametrize("written", ["''", "soon", "-5", "1x", "0", "61d", "5m1h", "true", "[]", "1e9", "1h 30m"])
def test_what_is_no_duration_is_told(read: Read, written: str) -> None:
    (problem,) = read(f"stages: [{{name: a, actions: [{{name: b, run: c, timeout: {written}}}]}}]").problems
    assert problem.path == "stages[0].actions[0].timeout"
    assert "duration" in problem.reason


def test_a_text_is_taken_as_it_is_written_not_as_the_number_it_looks_like(read_one: ReadOne) -> None:
    pipeline = read_one(
        """
variables: {VERSION: 1.10, YES: yes, FLAG: True, LATER: , OCTAL: 0o14, DATE: 2026-01-02, TIME: 12:30:45, EMPTY: ""}
stages: [{name: 2024, actions: [{name: 1.0, run: true, env: {PORT: 8080, ON: on}}]}]
"""
    )
    assert pipeline.variables == {
        "VERSION": Variable("1.10"),
        "YES": Variable("yes"),
        "FLAG": Variable("True"),
        "LATER": Variable(None),
        "OCTAL": Variable("0o14"),
        "DATE": Variable("2026-01-02"),
        "TIME": Variable("12:30:45"),
        "EMPTY": Variable(""),
    }
    action = pipeline.stage("2024").action("1.0")
    assert action.work == Run(("true",))
    assert action.env == {"PORT": "8080", "ON": "on"}


def test_a_block_of_lines_is_one_command(read_one: ReadOne) -> None:
    pipeline = read_one(
        "stages:\n- name: a\n  actions:\n  - name: b\n    run:\n    - |\n      if true; then\n        make\n      fi\n    - make test\n"
    )
    assert pipeline.stages[0].actions[0].work == Run(("if true; then\n  make\nfi\n", "make test"))


def test_approve_needs_nothing(read_one: ReadOne) -> None:
    pipeline = read_one("stages: [{name: a, actions: [{name: b, approve: {}}, {name: c, approve: , timeout: 1h}]}]")
    first, second = pipeline.stages[0].actions
    assert first.approval == Approve(by=(), count=1, self_approval=True, timeout=7 * 86400, message="", link="")
    assert second.approval == Approve(timeout=3600)


@pytest.mark.parametrize(
    ("on_failure", "expected"),
    [
        ("retry", RetryMode.FAILED_ACTIONS),
        ("{result: retry}", RetryMode.FAILED_ACTIONS),
        ("{result: retry, retry_mode: all}", RetryMode.ALL_ACTIONS),
        ("fail", None),
    ],
)
def test_a_stage_may_ask_for_one_automatic_retry(
    read_one: ReadOne, on_failure: str, expected: RetryMode | None
) -> None:
    """RET-10."""
    pipeline = read_one(f"stages: [{{name: a, actions: [{{name: b, run: c}}], on_failure: {on_failure}}}]")
    assert pipeline.stages[0].auto_retry == expected


def test_checkout_and_outdated_are_read(read_one: ReadOne) -> None:
    pipeline = read_one("outdated: stop\ncheckout: {depth: full, submodules: true, lfs: true}\n" + STAGES)
    assert pipeline.outdated is Outdated.STOP
    assert pipeline.checkout == Checkout(depth=0, submodules=True, lfs=True)


# --- Files and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (".pipeline.yml", "shop"),
        (".pipeline.yaml", "shop"),
        ("work/shop/.pipeline.yml", "shop"),
        (".pipelines/web.yml", "web"),
        (".pipelines/web.api.yaml", "web.api"),
        (".pipelines/my web!.yml", "my-web-"),
        (".pipelines/...yml", "pipeline"),
        (".pipelines/" + "x" * 200 + ".yml", "x" * 100),
    ],
)
def test_a_pipeline_without_a_name_is_called_after_its_file(file: str, name: str) -> None:
    assert default_name(file, "shop") == name
    definitions = read_definitions({file: STAGES.encode()}, "shop")
    assert [(pipeline.name, pipeline.file) for pipeline in definitions.pipelines] == [(name, file)]


def test_what_else_lies_in_the_folder_is_passed_over() -> None:
    files = [".pipelines/README.md", ".pipelines/deep/x.yml", ".pipelines/x.yml.bak"]
    assert read_definitions(dict.fromkeys(files, b"?"), "shop") == read_definitions({}, "shop")
    assert PIPELINE_PATHS == (".pipeline.yml", ".pipeline.yaml", ".pipeline.json", ".pipelines/")


@pytest.mark.parametrize("file", ["draft.yml", "/somewhere/draft.txt", "a/.pipelines/draft.yml"])
def test_a_file_that_is_asked_about_is_read_whatever_its_name(file: str) -> None:
    """Saying nothing of it would look like saying that it is fine."""
    assert read_definitions({file: STAGES.encode()}, "shop").pipelines[0].name == "draft"
    assert read_definitions({file: b"?"}, "shop").problems


def test_one_pipeline_a_document() -> None:
    text = f"name: one\n{STAGES}---\nname: two\n{STAGES}---\n"
    definitions = read_definitions({".pipeline.yml": text.encode()}, "shop")
    assert [pipeline.name for pipeline in definitions.pipelines] == ["one", "two"]


def test_a_problem_in_one_document_takes_its_file_out_and_no_other() -> None:
    files = {
        ".pipelines/broken.yml": f"name: one\n{STAGES}---\nname: two\nstages: []\n---\nname: -,-\n{STAGES}".encode(),
        ".pipelines/whole.yml": STAGES.encode(),
    }
    definitions = read_definitions(files, "shop")
    assert [pipeline.name for pipeline in definitions.pipelines] == ["whole"]
    assert {problem.file for problem in definitions.problems} == {".pipelines/broken.yml"}
    assert definitions.broken == {".pipelines/broken.yml": ("one", "two", "broken")}


def test_a_file_that_is_no_yaml_is_called_by_its_default_name() -> None:
    assert read_definitions({".pipelines/x.yml": b"{"}, "shop").broken == {".pipelines/x.yml": ("x",)}


def test_all_who_share_a_name_are_told_and_none_of_them_runs() -> None:
    """A new file can't take an older one's name, and with it its statuses, by coming first in the alphabet."""
    files = {
        ".pipeline.yml": f"name: web\n{STAGES}".encode(),
        ".pipelines/other.yml": STAGES.encode(),
        ".pipelines/web.yml": STAGES.encode(),
    }
    definitions = read_definitions(files, "shop")
    assert [pipeline.name for pipeline in definitions.pipelines] == ["other"]
    ask = "Give each pipeline a `name` of its own."
    assert [str(problem) for problem in definitions.problems] == [
        f".pipeline.yml:1:7: name: Another pipeline is named `web` too: .pipelines/web.yml:1. {ask}",
        f".pipelines/web.yml:1:1: name: Another pipeline is named `web` too: .pipeline.yml:1. {ask}",
    ]


def test_a_repository_has_at_most_50_pipelines() -> None:
    files = {f".pipelines/p{number:02}.yml": STAGES.encode() for number in range(51)}
    definitions = read_definitions(files, "shop")
    assert len(definitions.pipelines) == 50
    (problem,) = definitions.problems
    assert problem.file == ".pipelines/p50.yml"
    assert problem.reason == "The repository has 51 pipelines, and may have at most 50."


def test_problems_beyond_any_use_are_not_told_one_by_one() -> None:
    text = "".join(f"key{number}: x\n" for number in range(300)) + STAGES
    problems = read_definitions({".pipeline.yml": text.encode()}, "shop").problems
    assert len(problems) == 201
    assert problems[-1].reason == "The file has more problems than the 200 that are told."


# --- Digests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n" + STAGES,
        "stages:\n- actions:\n  - run: [make test]\n    name: unit\n    run_order: 1\n  name: build\n",
        f"name: shop\nmode: superseded\n{STAGES}",
        f"checkout: {{depth: 1}}\nvariables: {{}}\n{STAGES}",
    ],
)
def test_a_file_that_means_the_same_has_the_same_digest(read_one: ReadOne, same: str) -> None:
    """VER-9."""
    assert read_one(same).digest == read_one(STAGES).digest


def test_the_file_that_it_stands_in_does_not_change_the_digest() -> None:
    one, other = (
        read_definitions({file: b"name: a\n" + STAGES.encode()}, "shop").pipelines[0]
        for file in (".pipeline.yml", ".pipelines/x.yml")
    )
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "different",
    [
        "name: other\n" + STAGES,
        STAGES.replace("make test", "make  test"),
        STAGES.replace("unit", "units"),
        STAGES.replace("run: make test", "approve: {}"),
        STAGES.replace("run: make test", "build: make test"),
        STAGES.replace("run: make test", "test: make test"),
        "outdated: finish\n" + STAGES,
        "triggers: {push: true}\n" + STAGES,
        "variables: {A: }\n" + STAGES,
        "variables: {A: ''}\n" + STAGES,
    ],
)
def test_a_file_that_means_something_else_has_another_digest(read_one: ReadOne, different: str) -> None:
    assert read_one(different).digest != read_one(STAGES).digest
