"""Batches in their variants: fan-outs and their helper, fast-fail, what is refused, what is stopped. On the embedded host, with real jobs."""

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.actions.building.environment import PROGRAMS
from bot.buildspec import read_buildspec
from bot.logs.files import LogFiles
from bot.model.batch import BatchPhase, BatchRun, BuildStatus
from bot.model.error import ErrorCode
from bot.ports import ActionContext
from tests.world.repo import Push
from tests.world.world import World

FILES = ["tests/a b.py", *(f"tests/test_{n}.py" for n in range(9))]


def shard(tmp_path: Path, number: int, *options: str, shards: int = 3) -> subprocess.CompletedProcess[str]:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    env = {
        "PENSTOCK_SHARD": str(number),
        "PENSTOCK_SHARDS": str(shards),
        "PATH": f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin",
    }
    search = "codebuild-glob-search 'tests/**/*.py' 'none*'"
    return subprocess.run(
        ["codebuild-tests-run", *(options or ("--test-command", "printf '%s\\n'")), "--files-search", search],
        executable=PROGRAMS / "codebuild-tests-run",
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_bat_6_an_equal_distribution_splits_the_files_evenly_in_their_order(tmp_path: Path) -> None:
    parts = [shard(tmp_path, number).stdout.splitlines() for number in range(3)]
    assert [len(part) for part in parts] == [4, 3, 3]
    assert [file for part in parts for file in part] == FILES


def test_bat_6_a_stable_one_leaves_files_where_they_were_when_others_come(tmp_path: Path) -> None:
    def placed() -> Mapping[str, int]:
        options = "--sharding-strategy=stability", "--test-command", "printf '%s\\n'"
        return {file: number for number in range(3) for file in shard(tmp_path, number, *options).stdout.splitlines()}

    before = placed()
    assert set(before) == set(FILES)
    assert len(set(before.values())) > 1
    (tmp_path / "tests/another.py").touch()
    after = placed()
    assert set(after) == {*FILES, "tests/another.py"}
    assert {file: after[file] for file in FILES} == before


def test_bat_6_a_command_that_names_the_variable_takes_the_files_from_there(tmp_path: Path) -> None:
    command = "echo \"$CODEBUILD_CURRENT_SHARD_FILES\" | tr '\\n' ,"
    assert shard(tmp_path, 2, "--test-command", command).stdout == "tests/test_6.py,tests/test_7.py,tests/test_8.py,"


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--test-command", "echo", "--sharding-strategy", "luck"], 2, "there is no strategy luck"),
        (["--tests", "echo"], 2, "there is no --tests"),
        (["--sharding-strategy", "stability"], 2, "--test-command is missing"),
        (["--test-command", "exit 7 #"], 7, ""),
    ],
)
def test_bat_6_what_is_wrong_is_said(tmp_path: Path, options: list[str], status: int, told: str) -> None:
    ended = shard(tmp_path, 0, *options)
    assert ended.returncode == status
    assert told in ended.stderr


def test_bat_6_a_shard_without_files_has_nothing_to_do(tmp_path: Path) -> None:
    assert sum(bool(shard(tmp_path, number, shards=20).stdout) for number in range(20)) == len(FILES)
    assert shard(tmp_path, 1, shards=20).returncode == 0


BATCH = "stages: [{name: build, actions: [{name: unit, test: {batch: true}}]}]\n"


async def batch_of(world: World, push: Push) -> BatchRun:
    [batch] = await world.store.batches((await push.execution()).id)
    return batch


async def states(world: World, push: Push) -> dict[str, BuildStatus]:
    return {build.identifier: build.status for build in (await batch_of(world, push)).builds}


async def summary(push: Push) -> str:
    return (await push.execution()).stages[0].actions[0].summary


async def log_of(world: World, push: Push, build: str = "") -> str:
    job = (await push.execution()).stages[0].actions[0].log
    return await LogFiles(world.folder / "logs").tail(f"{job}/{build}" if build else job, 1000)


async def test_bat_6_bat_12_a_fan_out_runs_each_test_once(world: World) -> None:
    """The reports of its shards are one report."""
    spec = """\
version: 0.2
batch: {build-fanout: {parallelism: 2}}
phases:
  build:
    commands:
      - codebuild-tests-run --files-search "codebuild-glob-search '*.test'" --test-command "cat > /dev/null && echo shard"
      - cat $CODEBUILD_BATCH_BUILD_IDENTIFIER.xml > junit.xml
reports: {unit: {files: junit.xml}}
"""
    case = '<testsuite><testcase classname="app" name="{}"/></testsuite>'
    files = {
        "buildspec.yml": spec,
        "a.test": "",
        "b.test": "",
        "build0.xml": case.format("a"),
        "build1.xml": case.format("b"),
    }
    push = await (await world.repo(BATCH)).push(files=files)
    assert await push.status() == "Succeeded", await summary(push)
    assert "shard a.test" in await log_of(world, push, "b0")
    assert "shard b.test" in await log_of(world, push, "b1")
    [unit] = (await push.execution()).stages[0].actions
    assert unit.results is not None
    assert unit.results.succeeded == 2


async def test_feature_95_bat_3_fast_fail_stops_what_runs_and_begins_nothing_more(world: World) -> None:
    """The one that fails waits until the other one runs; its own end is told with its last lines."""
    spec = """\
version: 0.2
batch:
  fast-fail: true
  build-graph:
    - {identifier: slow, env: {variables: {DO: 'mkfifo ../../../runs; echo > ../../../runs; sleep 600'}}}
    - {identifier: bad, env: {variables: {DO: 'until cat ../../../runs; do sleep 0.1; done; echo why; false'}}}
    - {identifier: next, depend-on: [slow]}
phases: {build: {commands: [eval "$DO"]}}
"""
    push = await (await world.repo(BATCH)).push(files={"buildspec.yml": spec})
    assert await push.status() == "Failed"
    assert await states(world, push) == {
        "slow": BuildStatus.STOPPED,
        "bad": BuildStatus.FAILED,
        "next": BuildStatus.STOPPED,
    }
    assert await summary(push) == "0 of 3 builds succeeded; failed: bad"
    log = await log_of(world, push)
    assert "bad | why" in log
    assert "Build slow STOPPED after" in log


async def test_bat_1_a_batch_that_is_not_there_is_told_with_the_pipeline_file(world: World) -> None:
    """Of a buildspec of the commit and of one in place; nothing starts."""
    in_place = "{name: b, build: {buildspec: {version: 0.2, phases: {build: {commands: [a]}}}, batch: true}}"
    file = f"stages: [{{name: build, actions: [{{name: a, build: {{batch: true}}}}, {in_place}]}}]\n"
    spec = "version: 0.2\nphases: {build: {commands: [a]}}\n"
    push = await (await world.repo(file)).push(files={"buildspec.yml": spec})
    assert await push.executions() == []
    [description] = (await push.described()).values()
    assert "build/a: build: The action asks for a batch, and its buildspec has no `batch`." in description
    assert description.startswith("2 errors")


async def test_bat_2_what_is_no_batch_fails_when_its_file_is_read(world: World) -> None:
    file = """\
stages:
  - name: build
    actions:
      - {name: write, run: mv made.yml buildspec.yml, outputs: {spec: [buildspec.yml]}}
      - {name: unit, run_order: 2, inputs: [spec], build: {batch: true}}
      - {name: gone, run_order: 2, build: {buildspec: other.yml, batch: true}}
"""
    spec = "version: 0.2\nphases: {build: {commands: [a]}}\n"
    push = await (await world.repo(file)).push(files={"made.yml": spec})
    _, unit, gone = (await push.execution()).stages[0].actions
    assert unit.summary == "The buildspec has no `batch`. Write one, or remove `batch: true` from the action."
    assert gone.summary.startswith("YAML_FILE_ERROR: there is no file other.yml in the source.")
    batches = await world.store.batches((await push.execution()).id)
    assert [batch.phase for batch in batches] == [BatchPhase.FAILED, BatchPhase.FAILED]


async def test_bat_8_outputs_that_no_build_makes_are_told_before_anything_is_built(world: World) -> None:
    spec = "version: 0.2\nbatch: {build-list: [{identifier: linux}, {identifier: mac}]}\nphases: {build: {commands: [a]}}\n"
    file = "stages: [{name: build, actions: [{name: unit, build: {batch: true}, outputs: [linux, win_docs]}]}]\n"
    push = await (await world.repo(file)).push(files={"buildspec.yml": spec})
    assert (
        "no build of the batch makes the artifact win_docs. Outputs of a batch are named like its builds (linux, mac)"
        in (await summary(push))
    )
    assert not (await batch_of(world, push)).builds


async def test_bat_8_files_that_differ_cannot_be_combined(world: World) -> None:
    spec = """\
version: 0.2
batch: {build-list: [{identifier: linux}, {identifier: mac}]}
phases: {build: {commands: [echo $CODEBUILD_BATCH_BUILD_IDENTIFIER > page, echo > same]}}
artifacts: {files: [page, same]}
"""
    file = "stages: [{name: build, actions: [{name: unit, build: {batch: true, combine_artifacts: true}, outputs: all}]}]\n"
    push = await (await world.repo(file)).push(files={"buildspec.yml": spec})
    assert await summary(push) == (
        "page is there twice: mac makes another than a build before it. Name it apart, by $CODEBUILD_BATCH_BUILD_IDENTIFIER for one."
    )


TWO = """\
version: 0.2
batch:
  build-list:
    - {identifier: one, env: {variables: {DO: 'echo one >> "$HOME/../../../done"'}}}
    - {identifier: two, env: {variables: {DO: 'test ! -e "$HOME/../../../wait" || { touch "$HOME/../../../runs"; sleep 600; }'}}}
phases: {build: {commands: [eval "$DO"]}}
"""


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  another process does it
        await asyncio.sleep(0.01)


async def test_pip_6_bat_2_a_stopped_batch_is_killed_with_all_its_builds(world: World) -> None:
    (world.folder / "wait").touch()
    repo = await world.repo(BATCH)
    pushing = asyncio.create_task(repo.push(files={"buildspec.yml": TWO}))
    await until((world.folder / "runs").exists)
    [execution] = await repo.executions()
    await world.bot.operator.obey("stop", execution.id, "abandon", "key")
    push = await pushing
    assert await push.status() == "Stopped"
    assert (await batch_of(world, push)).phase is BatchPhase.STOPPED
    assert (await states(world, push))["two"] is BuildStatus.STOPPED


async def test_bat_2_a_later_life_goes_on_with_the_batch_and_builds_nothing_twice(world: World) -> None:
    """The build that ran when the life before ended is lost, as any action is."""
    push = await (await world.repo(BATCH)).push(files={"buildspec.yml": TWO})
    assert await push.status() == "Succeeded", await summary(push)
    found = await world.store.execution((await push.execution()).id)
    assert found is not None
    execution, pipeline = found
    context = ActionContext(execution, pipeline, pipeline.stages[0], pipeline.stages[0].actions[0], 7)
    (world.folder / "wait").touch()
    first = asyncio.create_task(world.build.perform(context))
    done = world.folder / "done"
    await until(lambda: (world.folder / "runs").exists() and done.read_text() == "one\none\n")
    while True:
        batch = (await world.store.batches(execution.id))[-1]
        if batch.attempt == 7 and batch.build("one").status.ended:
            break
        await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    outcome = await world.build.perform(context)
    assert outcome.summary == "1 of 2 builds succeeded; failed: two"
    assert outcome.error is ErrorCode.INTERRUPTED
    assert done.read_text() == "one\none\n"
    await world.build.forget(context.job)


async def test_bat_4_a_buildspec_of_nothing_but_a_batch_whose_builds_have_their_own(world: World) -> None:
    only = "version: 0.2\nbatch: {build-list: [{identifier: one, buildspec: one.yml}, {identifier: two, buildspec: one.yml}]}\n"
    one = "version: 0.2\nphases: {build: {commands: [test -n $CODEBUILD_BATCH_BUILD_IDENTIFIER]}}\n"
    files = {"buildspec.yml": only, "one.yml": one}
    push = await (await world.repo(BATCH)).push(files=files)
    assert await summary(push) == "2 of 2 builds succeeded"
    alone = BATCH.replace("test: {batch: true}", "test: buildspec.yml")
    push = await (await world.repo(alone, name="acme/alone")).push(files=files)
    assert await summary(push) == "The buildspec has nothing but a batch. Ask for it with `batch: true`."
    lacking = only.replace("identifier: two, buildspec: one.yml", "identifier: two")
    [problem] = read_buildspec(lacking.encode()).problems
    assert problem.reason == "`phases` is missing, and `two` names no buildspec of its own."
    push = await (await world.repo(BATCH, name="acme/wrong")).push(
        files={"buildspec.yml": only, "one.yml": "version: 0.2\nphases: {biuld: {commands: [a]}}\n"}
    )
    assert await push.executions() == [], "what its builds name is checked with it"
    [description] = (await push.described()).values()
    assert "one.yml:2:10: phases.biuld: Unknown key `biuld`" in description
