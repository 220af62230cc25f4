"""A pipeline file as CodePipeline's definition: valid there, and coming back as the same pipeline."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.definition import read_definitions
from bot.definition.exporter import Export, Names, export_pipeline
from bot.definition.importer import import_pipelines
from bot.model.pipeline import Pipeline
from tests.definition.conftest import ReadOne

NAMES = Names("acme/shop", "main", "arn:aws:codeconnections:eu-west-1:123456789012:connection/1", "arn:aws:iam::123456789012:role/p", "bucket", "eu-central-1")  # fmt: skip
EXAMPLES = Path(__file__).parent / "examples"


def back(export: Export) -> Pipeline:
    """What the exported definition means when it is run as it is: it must break no rule of CodePipeline's."""
    data = json.dumps(export.definition).encode()
    definitions = read_definitions({".pipeline.json": data}, "shop", not_yet=())
    assert definitions.problems == ()
    return definitions.pipelines[0]


WHOLE = """
name: shop
mode: parallel
triggers:
  push:
    - {branches: [main, "release/**"], paths: {exclude: ["**/*.md"]}}
    - {tags: ["v*"]}
  pull_request: {events: [opened, closed], branches: [main]}
variables:
  REGION: eu-west-1
  VERSION: {description: release to build}
checkout: {depth: full}
stages:
  - name: build
    on_failure: {result: retry, retry_mode: all}
    actions:
      - name: unit
        run: [make test, 'echo "V=$V" >>"$PENSTOCK_OUTPUT"']
        env: {SHA: "#{source.CommitId}", WHERE: "#{variables.REGION}"}
        outputs: {dist: ["dist/**", x]}
        namespace: pkg
      - {name: legacy, run_order: 2, build: ci/buildspec.yml, inputs: [dist, source], region: eu-west-1}
      - {name: inline, run_order: 2, test: {version: "0.2", phases: {build: {commands: [make, "echo #{pkg.V}"]}}}}
      - {name: apart, run_order: 2, build: {batch: true}, outputs: [linux, linux_docs]}
      - {name: together, run_order: 2, test: {buildspec: ci/matrix.yml, batch: true, combine_artifacts: true}, outputs: all}
  - name: production
    before_entry:
      result: fail
      rules:
        - {name: hours, window: {cron: "* 9-17 * * 1-5", timezone: Europe/Berlin}, timeout: 1d}
        - {name: fresh, check: "variables.REGION != 'it is'"}
        - {name: whole, check: "pkg.V.matches('^(?:v1.*)$')"}
        - {name: holds, check: 'pkg["a-b"].contains("\\\\d")'}
        - {name: probe, invoke: {function: probe, parameters: "#{pkg.V}"}}
    on_success:
      result: fail
      rules: [{name: smoke, run: ./smoke.sh}, {name: errors, metric: {alarm: errors, states: [ALARM], wait: 5m}}]
    on_failure: fail
    actions:
      - {name: ok, approve: {message: "Release #{pkg.V}?", link: https://example.com, timeout: 2d}}
      - {name: go, run_order: 2, deploy: {group: Web/Production}, inputs: [dist]}
      - {name: site, run_order: 2, deploy: {objects: "s3://site", key: "docs/#{pkg.V}", cache_control: max-age=60}, inputs: [dist]}
      - {name: zip, run_order: 2, deploy: {objects: "s3://site", key: "web-{datetime}.zip", extract: false}, inputs: [dist]}
      - {name: warm, run_order: 3, invoke: {function: warm}}
      - {name: flow, run_order: 3, invoke: {function: flow, parameters: "{}"}}
      - {name: next, run_order: 4, invoke: {pipeline: other, variables: {V: "#{pkg.V}"}}}
      - {name: own, run_order: 5, use: {type: acme-tool, configuration: {depth: "3"}}}
"""


def test_what_codepipeline_can_say_comes_back_unchanged(read_one: ReadOne) -> None:
    whole = read_one(WHOLE)
    export = export_pipeline(whole, NAMES)
    returned = back(export)
    assert returned.stages[1] == whole.stages[1]
    assert [action.name for action in returned.stages[0].actions] == ["unit", "legacy", "inline", "apart", "together"]
    assert returned.stages[0].actions[0] == whole.stages[0].actions[0]
    assert [action.region for action in returned.stages[0].actions] == ["", "eu-west-1", "", "", ""]
    assert list(export.definition["pipeline"]["artifactStores"]) == ["eu-central-1", "eu-west-1"]
    assert returned.stages[0].actions[3:] == whole.stages[0].actions[3:]
    assert returned.triggers == whole.triggers
    assert (returned.variables, returned.mode, returned.checkout) == (whole.variables, whole.mode, whole.checkout)


LOST = [
    ("secrets: {KEY: {sealed: abc}}", "secrets/KEY: put it into Secrets Manager"),
    ("outdated: stop", "outdated: older executions always finish there"),
    ("triggers: {schedule: ['0 3 * * *']}", "triggers/schedule: `0 3 * * *` (UTC) is a rule of EventBridge there"),
    ("triggers: {pipelines: [other]}", "triggers/pipelines: a `CodePipeline` action"),
]


@pytest.mark.parametrize(("key", "note"), LOST)
def test_what_codepipeline_cannot_say_is_told(key: str, note: str, read_one: ReadOne) -> None:
    export = export_pipeline(read_one(f"{key}\nstages: [{{name: a, actions: [{{name: b, run: c}}]}}]"), NAMES)
    back(export)
    assert any(told.startswith(note) for told in export.notes), export.notes


ACTIONS = [
    ("{run: c, timeout: 5m}", "a/b: only approvals have a timeout there"),
    ("{run: c, region: eu-west-1}", "artifactStores: put the bucket of eu-west-1 in place of `BUCKET-eu-west-1`"),
    ("{run: c, image: 'python:3'}", "a/b: the image `python:3` belongs to the build project there"),
    ("{approve: {by: 'user:ada'}}", "a/b: who may approve"),
    ("{invoke: {url: 'https://x'}}", "a/b: what it invokes must become a Lambda function there"),
    ("{run: 'echo #{source.TagName}'}", "a/b: of the source, AWS knows"),
    ("{deploy: {objects: site}}", "a/b: `site` is this bot's name for the bucket"),
    ("{deploy: {git: {repository: acme/env, path: x, set: {t: v}}}}", "a/b: nothing there commits to `acme/env`"),
    ("{deploy: {objects: 's3://site/a', prune: true}}", "a/b: what a deployment no longer has is left"),
    ("{deploy: ci/appspec.yml}", "a/b: a deployment there reads `appspec.yml`"),
]


@pytest.mark.parametrize(("action", "note"), ACTIONS)
def test_what_an_action_loses_is_told(action: str, note: str, read_one: ReadOne) -> None:
    text = f"stages: [{{name: a, actions: [{{name: b, {action[1:-1]}}}]}}]"
    assert any(told.startswith(note) for told in export_pipeline(read_one(text), NAMES).notes)


@pytest.mark.parametrize(
    "rule", ["{window: {cron: '* * * * *', blackout: true}}", "{check: 'size(variables) > 3'}", "{invoke: 'https://x'}"]
)
def test_a_rule_without_an_equal_never_holds_there(rule: str, read_one: ReadOne) -> None:
    condition = f"before_entry: {{rules: [{{name: r, {rule[1:-1]}}}]}}"
    export = export_pipeline(read_one(f"stages: [{{name: a, {condition}, actions: [{{name: b, run: c}}]}}]"), NAMES)
    (told,) = (note for note in export.notes if note.startswith("a/r:"))
    assert "never holds" in told
    (written,) = export.definition["pipeline"]["stages"][1]["beforeEntry"]["conditions"][0]["rules"]
    assert written["commands"] == ["exit 1"]


def test_without_triggers_it_still_runs_for_pull_requests(read_one: ReadOne) -> None:
    export = export_pipeline(read_one("stages: [{name: a, actions: [{name: b, run: c}]}]"), NAMES)
    (trigger,) = export.definition["pipeline"]["triggers"]
    git = trigger["gitConfiguration"]
    assert git["push"] == [{"branches": {"includes": ["main"]}}]
    assert git["pullRequest"] == [{"events": ["OPEN", "UPDATED"], "branches": {"includes": ["**"]}}]


@pytest.mark.parametrize("file", sorted(EXAMPLES.iterdir()), ids=lambda file: file.name)
def test_an_imported_definition_exported_again_breaks_no_rule(file: Path) -> None:
    for pipeline in read_definitions({file.name: file.read_bytes()}, "shop", not_yet=()).pipelines:
        export_again = export_pipeline(back(export_pipeline(pipeline, NAMES)), NAMES)
        assert export_again.definition == export_pipeline(pipeline, NAMES).definition


NAME = st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z")
VALUE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=30)
COMMAND = VALUE.filter(lambda text: text.strip() and "#{" not in text)
ENV = st.dictionaries(st.from_regex(r"\A[A-Z][A-Z0-9_]{0,8}\Z"), COMMAND, max_size=3)


@st.composite
def works(draw: st.DrawFn) -> dict[str, Any]:
    match draw(st.sampled_from(["run", "approve", "build"])):
        case "run":
            work: dict[str, Any] = {"run": draw(st.lists(COMMAND, min_size=1, max_size=3))}
        case "approve":
            return {"approve": {"message": draw(COMMAND), "timeout": f"{draw(st.integers(5, 9000))}m"}}
        case _:
            work = {"build": "buildspec.yml"}
    environment = draw(ENV)
    return work | ({"env": environment} if environment else {})


@st.composite
def pipelines(draw: st.DrawFn) -> dict[str, Any]:
    stages = [
        {
            "name": stage,
            "actions": [
                {"name": name, "run_order": draw(st.integers(1, 9)), **draw(works())}
                for name in draw(st.lists(NAME, min_size=1, max_size=3, unique=True))
            ],
        }
        for stage in draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    ]
    push = {"branches": draw(st.lists(st.sampled_from(["main", "a/*", "**"]), min_size=1, max_size=3, unique=True))}
    return {"name": draw(NAME), "triggers": {"push": push}, "variables": draw(ENV), "stages": stages}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pipelines())
def test_any_pipeline_comes_back_through_text_too(body: dict[str, Any]) -> None:
    """Import writes YAML, export JSON: together they change no text whatever stands in it."""
    (pipeline,) = read_definitions({"x.yml": json.dumps(body).encode()}, "shop", not_yet=()).pipelines
    export = export_pipeline(pipeline, NAMES)
    (one,), _ = import_pipelines("x", json.dumps(export.definition, ensure_ascii=False).encode(), {})
    (returned,) = read_definitions({"x.yml": one.text.encode()}, "shop", not_yet=()).pipelines
    assert (returned.variables, returned.triggers) == (pipeline.variables, pipeline.triggers)
    for ours, theirs in zip(pipeline.stages, returned.stages, strict=True):
        assert [(a.name, a.work, a.env) for a in ours.actions] == [(a.name, a.work, a.env) for a in theirs.actions]
        assert [[a.name for a in group] for group in ours.groups] == [[a.name for a in g] for g in theirs.groups]


def test_further_sources_stand_in_the_source_stage_there_and_come_back(read_one: ReadOne) -> None:
    """STR-3, STR-4: a source stands nowhere else there, and beside other actions here."""
    text = """
stages:
  - name: build
    actions:
      - {name: docs, source: {type: git, repository: acme/docs, branch: next, format: clone}, namespace: docs-commit}
      - {name: seed, source: {type: s3, bucket: assets, key: seed.zip, detect_changes: false}}
      - {name: base, source: {type: image, repository: acme/base, tag: stable}}
      - {name: make, run_order: 2, run: make, inputs: [source, docs]}
"""
    pipeline = read_one(text)
    export = export_pipeline(pipeline, NAMES)
    source, build = export.definition["pipeline"]["stages"]
    assert [action["name"] for action in source["actions"]][1:] == ["docs", "seed", "base"]
    assert [action["name"] for action in build["actions"]] == ["make"]
    kinds = {action.name: action.work for stage in back(export).stages for action in stage.actions}
    docs = pipeline.stages[0].actions[0]
    assert kinds[docs.name] == docs.work
