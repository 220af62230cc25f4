"""What the grammar knows and nothing runs yet is told, never silently left undone."""

import pytest

from bot.definition import json_schema, read_definitions
from bot.definition.availability import NOT_YET

ACTION = "stages: [{{name: a, actions: [{{name: b, {}}}]}}]"
STAGE = "stages: [{{name: a, {}, actions: [{{name: b, run: c}}]}}]"
RULES = "rules: [{name: r, check: 1 < 2}]"

NOT_AVAILABLE = [
    (ACTION.format("run: c, image: x"), "stages[0].actions[0].image", "container images"),
]


@pytest.mark.parametrize(("text", "path", "what"), NOT_AVAILABLE)
def test_what_is_not_available_yet_is_a_problem_with_a_remedy(text: str, path: str, what: str) -> None:
    files = {".pipeline.yml": text.encode()}
    (problem,) = read_definitions(files, "shop").problems
    assert (problem.path, problem.reason) == (path, f"Not available yet: {what}.")
    assert problem.remedy
    assert read_definitions(files, "shop", not_yet=()).problems == ()


def test_each_row_is_needed() -> None:
    """A row that no example needs would restrict something by accident."""
    for row in NOT_YET:
        others = [other for other in NOT_YET if other is not row]
        files = [{".pipeline.yml": text.encode()} for text, _, what in NOT_AVAILABLE if what == row.what]
        assert any(not read_definitions(one, "shop", not_yet=others).problems for one in files), row


@pytest.mark.parametrize(
    "text",
    [
        "triggers: {push: {tags: [x]}, pull_request: true}\noutdated: stop\n" + ACTION.format("run: c"),
        STAGE.format("on_failure: retry"),
        STAGE.format("on_failure: {result: retry, retry_mode: all}"),
        STAGE.format("on_failure: fail"),
        STAGE.format(f"before_entry: {{{RULES}}}"),
        STAGE.format(f"on_success: {{result: rollback, {RULES}}}"),
        STAGE.format(f"on_failure: {{result: rollback, {RULES}}}"),
        STAGE.format("on_failure: rollback"),
        ACTION.format("deploy: appspec.yml"),
        ACTION.format("deploy: {targets: {tags: {role: [web, api]}}, config: {minimum_healthy: 75%}, rollback: never}"),
        ACTION.format("deploy: {version: 0.0, os: linux}"),
        ACTION.format("approve: {by: codeowners, count: 2}"),
        "variables: {A: b}\ncheckout: {depth: full}\n"
        + ACTION.format("run: 'x #{variables.A}', env: {C: d}, timeout: 5m"),
    ],
)
def test_what_runs_is_available(text: str) -> None:
    assert read_definitions({".pipeline.yml": text.encode()}, "shop").problems == ()


def test_the_schema_knows_it_all() -> None:
    assert {"build", "test", "deploy", "invoke", "source", "use"} <= set(json_schema()["$defs"]["Action"]["properties"])
