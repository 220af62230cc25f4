"""A buildspec's batch of builds, with real jobs: all its builds, in their order, as one action of the pipeline (feature 95)."""

import asyncio

import pytest

from bot.logs.files import LogFiles
from bot.model.batch import BatchPhase, BatchRun, BuildStatus
from tests.world.repo import Push
from tests.world.world import MakeWorld, World

pytestmark = [pytest.mark.engine, pytest.mark.anywhere]

MATRIX = """\
stages:
  - name: build
    actions: [{name: unit, test: {batch: true, combine_artifacts: true}, outputs: built, namespace: unit}]
  - name: deploy
    actions: [{name: roll-out, inputs: [built], run: 'test "$(ls | wc -l)" = 6 && echo "PAGES=$(cat * | tr "\\n" ";")" >> $PENSTOCK_OUTPUT'}]
"""

MATRIX_SPEC = """\
version: 0.2
batch:
  build-matrix:
    static: {env: {privileged-mode: true}}
    dynamic: {env: {variables: {OS: [linux, mac], PY: ["3.10", "3.11", "3.12"]}}}
env: {variables: {OS: none, KEPT: yes}, exported-variables: [PAGE]}
phases:
  build:
    commands:
      - export PAGE=$OS-$PY
      - echo "$PAGE $KEPT $CODEBUILD_BATCH_BUILD_IDENTIFIER" > "page-$PAGE"
      - printf '<testsuite><testcase classname="app" name="one"/></testsuite>' > junit.xml
reports: {unit: {files: junit.xml}}
artifacts: {files: page-*}
"""


async def batch_of(world: World, push: Push) -> BatchRun:
    return (await world.store.batches((await push.execution()).id))[-1]


async def states(world: World, push: Push) -> dict[str, BuildStatus]:
    return {build.identifier: build.status for build in (await batch_of(world, push)).builds}


async def test_feature_95_bat_8_bat_12_a_matrix_of_two_by_three_is_six_builds_and_one_artifact(
    make_world: MakeWorld,
) -> None:
    """BAT-2, BAT-4, BAT-10, BLD-3: one action, one status; each build with its variables; their reports and variables together."""
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(MATRIX)).push(files={"buildspec.yml": MATRIX_SPEC})
        assert await push.status() == "Succeeded", (await push.execution()).stages
        unit, roll_out = (stage.actions[0] for stage in (await push.execution()).stages)
        assert unit.summary == "6 of 6 builds succeeded"
        assert unit.outputs["build4_PAGE"] == "mac-3.11"
        assert "mac-3.11 yes build4" in (roll_out.outputs or {}).get("PAGES", "")
        assert unit.results is not None
        assert unit.results.succeeded == 6
        assert (await batch_of(world, push)).phase is BatchPhase.SUCCEEDED
        log = await LogFiles(world.folder / "logs").tail(unit.log, 100)
        assert "The batch has 6 builds: build0 (OS=linux, PY=3.10)" in log
        assert "passed over: privileged-mode" in log


GRAPH = "triggers: {pull_request: {}}\nstages: [{name: build, actions: [{name: package, build: {batch: true}, outputs: [app, app_docs]}]}]\n"

GRAPH_SPEC = """\
version: 0.2
batch:
  build-graph:
    - {identifier: app, depend-on: [lib, flaky], env: {variables: {DO: 'test -e ../../../made-lib && echo app'}}}
    - {identifier: lib, env: {variables: {DO: 'echo run >> ../../../made-lib'}}}
    - {identifier: flaky, ignore-failure: true, env: {variables: {DO: 'false'}}}
    - {identifier: broken, depend-on: [lib], env: {variables: {DO: 'test -e ../../../mended'}}}
    - {identifier: last, depend-on: [broken], buildspec: last.yml}
phases: {build: {commands: [eval "$DO", touch page notes]}}
artifacts: {files: page, secondary-artifacts: {docs: {files: notes}}}
"""


async def test_feature_95_bat_3_bat_7_bat_9_a_graph_keeps_its_order_and_a_retry_builds_what_failed(
    make_world: MakeWorld,
) -> None:
    """BAT-4, BAT-8, BLD-3: who depends on what failed is not begun, but for failures that are ignored. The page has each build with its log,
    and while it goes on the comment tells how far it is.
    """
    async with make_world(real_jobs=True) as world:
        wait = "touch ../../../begun; until test -e ../../../go; do sleep 0.02; done"
        last = f"version: 0.2\nphases: {{build: {{commands: ['{wait}', echo the last]}}}}\n"
        repo = await world.repo(GRAPH)
        change = await repo.open_pull_request(files={"buildspec.yml": GRAPH_SPEC, "last.yml": last})
        push = change.head
        assert await change.status() == "Failed"
        assert await states(world, push) == {
            "app": BuildStatus.SUCCEEDED,
            "lib": BuildStatus.SUCCEEDED,
            "flaky": BuildStatus.FAILED,
            "broken": BuildStatus.FAILED,
            "last": BuildStatus.STOPPED,
        }
        [package] = (await push.execution()).stages[0].actions
        assert package.summary == "2 of 5 builds succeeded; failed: broken; failed, and ignored: flaky"
        assert set(package.artifacts) == {"app", "app_docs"}

        (world.folder / "mended").touch()
        going = asyncio.create_task(change.comment("/retry"))
        while not (world.folder / "begun").exists():  # noqa: ASYNC110  a file tells nobody
            await asyncio.sleep(0.02)
        await world.told_how_far((await push.execution()).id)
        comment = (await change.comments())[0]
        assert "⏳ build/package: 5 builds: 3 succeeded, 1 at work, 1 failed. Failed: `flaky`" in comment.body
        (world.folder / "go").touch()
        await going
        assert await change.status() == "Succeeded"
        assert "⏳" not in (await change.comments())[0].body
        assert (world.folder / "made-lib").read_text() == "run\n", "it was not built again"
        [package] = (await push.execution()).stages[0].actions
        assert package.summary == "4 of 5 builds succeeded; failed, and ignored: flaky"
        assert set(package.artifacts) == {"app", "app_docs"}
        log = await LogFiles(world.folder / "logs").tail(package.log, 100)
        assert "Not built again, since they succeeded before: app, lib" in log

        execution = await push.execution()
        page = await world.page(f"/executions/{execution.id}")
        assert "5 builds: 4 succeeded, 1 failed" in page
        logs = f"/executions/{execution.id}/logs/build/package"
        assert f'<a href="{logs}~lib/1">lib</a>' in page
        assert page.index("~flaky/") < page.index("~app/"), "what failed comes first"
        assert "the last" in await world.page(f"{logs}~last/2")
