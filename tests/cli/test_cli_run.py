"""`penstock run`: the tree as it is on disk, its log as it comes, its approvals answered or not, and nothing left behind."""

import asyncio
import json
import os
import re
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.cli.shell import Program, git
from tests.world.patience import PATIENCE

GREETING = """\
stages:
  - name: build
    actions:
      - {name: unit, run: 'echo "unit: $(cat greeting)"'}
  - name: production
    actions:
      - {name: roll-out, run: 'echo "out: #{variables.WHERE}"'}
variables: {WHERE: nowhere}
"""
GATE = """\
stages:
  - name: production
    actions:
      - {name: go-live, approve: {message: Release?}}
      - {name: roll-out, run_order: 2, run: echo released}
"""


@pytest.fixture
def tree(folder: Path) -> Path:
    """A repository whose one commit greets."""
    (folder / ".pipeline.yml").write_text(GREETING)
    (folder / "greeting").write_text("committed\n")
    (folder / ".gitignore").write_text("secrets\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder


async def test_a_run_that_succeeds_shows_its_log_and_ends_with_0(program: Program, tree: Path) -> None:
    ended = await program("run")
    lines = ended.out.splitlines()
    assert ended.status == 0, ended.out + ended.err
    assert [line for line in lines if "│" in line] == [
        "build/unit │ unit: committed",
        "production/roll-out │ out: nowhere",
    ]
    assert lines[-1].startswith("✓ here succeeded in ")
    assert lines.index("▶ build/unit") < lines.index("build/unit │ unit: committed")


def test_a_run_that_fails_shows_why_and_ends_with_1(typed: Typed, tree: Path) -> None:
    (tree / "greeting").unlink()
    (tree / ".pipeline.yml").write_text(GREETING.replace("""'echo "unit: $(cat greeting)"'""", "cat greeting"))
    ended = typed("run")
    assert ended.status == 1
    assert "build/unit │ cat: greeting: No such file or directory" in ended.out
    assert "✗ build/unit failed" in ended.out
    assert "roll-out" not in ended.out
    assert ended.out.splitlines()[-1].startswith("✗ here failed in ")


def test_what_is_changed_and_new_is_run_and_what_is_ignored_is_not(typed: Typed, tree: Path) -> None:
    (tree / "greeting").write_text("changed\n")
    (tree / "new").write_text("new\n")
    (tree / "secrets").write_text("ignored\n")
    (tree / ".pipeline.yml").write_text(GREETING.replace("cat greeting", "cat greeting; ls -A; git log --format=%s"))
    ended = typed("run", "build")
    assert ended.status == 0, ended.out
    shown = ended.out.replace("build/unit │ ", "").replace("unit: ", "").splitlines()
    assert [line for line in shown if line[0] not in "▶✓"] == [
        "changed", ".git", ".gitignore", ".pipeline.yml", "greeting", "new", "Begin",
    ]  # fmt: skip


def test_nothing_that_an_action_does_reaches_the_tree_or_its_repository(
    typed: Typed, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil = (
        "rm greeting; echo x > made; git add -A; git -c user.name=x -c user.email=x@x commit -qm Spoilt; ! git push -q"
    )
    (tree / ".pipeline.yml").write_text(f"stages: [{{name: build, actions: [{{name: spoil, run: '{spoil}'}}]}}]")
    before = git(tree, "status", "--porcelain"), git(tree, "rev-parse", "--branches")
    # As in a hook, where git tells its children which repository they are called for.
    monkeypatch.setenv("GIT_DIR", str(tree / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    ended = typed("run")
    assert ended.status == 0, ended.out
    assert (git(tree, "status", "--porcelain"), git(tree, "rev-parse", "--branches")) == before
    assert sorted(path.name for path in tree.iterdir()) == [".git", ".gitignore", ".pipeline.yml", "greeting"]


def test_a_folder_below_runs_the_whole_tree(typed: Typed, tree: Path) -> None:
    (tree / "deep/er").mkdir(parents=True)
    assert typed("run", "-C", "deep/er").status == 0


def test_a_folder_that_is_no_repository_runs_too(typed: Typed, folder: Path) -> None:
    (folder / ".pipeline.yml").write_text(GREETING)
    (folder / "greeting").write_text("plain\n")
    ended = typed("run")
    assert ended.status == 0, ended.out
    assert "build/unit │ unit: plain" in ended.out


def test_variables_and_one_stage_can_be_chosen(typed: Typed, tree: Path) -> None:
    ended = typed("run", "production", "--var", "WHERE=somewhere=else")
    assert ended.status == 0, ended.out
    assert "production/roll-out │ out: somewhere=else" in ended.out
    assert "build" not in ended.out


def test_programs_get_the_execution_as_json_and_nothing_else(typed: Typed, tree: Path) -> None:
    ended = typed("run", "--json")
    execution = json.loads(ended.out)
    assert (ended.status, execution["status"]) == (0, "Succeeded")
    assert [stage["name"] for stage in execution["stages"]] == ["build", "production"]
    assert execution["revision"]["message"] == "Begin"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["staging"], "has no stage 'staging', only build, production"),
        (["--pipeline", "api"], "There is no pipeline 'api' here, only here."),
        (["--var", "WHERE"], "--var takes NAME=VALUE, not 'WHERE'"),
        (["--var", "WHO=me"], "WHO"),
        (["-C", "/nowhere"], "/nowhere"),
    ],
)
def test_what_can_t_be_run_is_wrong_usage(words: list[str], said: str, typed: Typed, tree: Path) -> None:
    ended = typed("run", *words)
    assert ended.status == 2
    assert said in ended.err


def test_a_tree_without_a_pipeline_says_where_it_looked(typed: Typed, folder: Path) -> None:
    ended = typed("run")
    assert ended.status == 2
    assert f"There is no pipeline file in {folder}" in ended.err


def test_a_file_with_problems_is_not_run(typed: Typed, tree: Path) -> None:
    (tree / ".pipeline.yml").write_text("stages: []\n")
    ended = typed("run")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(".pipeline.yml:1:9: ")


def test_what_the_file_names_is_checked_before_anything_runs(typed: Typed, folder: Path) -> None:
    """Of one stage alone where that is run: what others name may wait."""
    first, second = "{name: a, actions: [{name: x, run: echo ran}]}", "{name: b, actions: [%s]}"
    for work, said in (
        ("{name: y, test: buildspec.yml}", "buildspec.yml:1:1: phases"),
        ("{name: y, deploy: {manifests: k8s.yaml}}", "k8s.yaml:1:1: apiVersion"),
        ("{name: y, use: nothing}", "No plug-in for `nothing` is installed"),
    ):
        (folder / ".pipeline.yml").write_text(f"stages: [{first}, {second % work}]")
        (folder / "buildspec.yml").write_text("version: 0.2\n")
        (folder / "k8s.yaml").write_text("kind: Pod\n")
        ended = typed("run")
        assert (ended.status, ended.out) == (1, "")
        assert said in ended.err
        assert typed("run", "a").status == 0


def test_without_a_terminal_nobody_is_asked_and_yes_answers(typed: Typed, folder: Path) -> None:
    """Also for code owners, for two, and in the author's stead: nobody else is there to be asked."""
    of_others = "{by: codeowners, count: 2, self: false, message"
    (folder / ".pipeline.yml").write_text(GATE.replace("{message", of_others))
    silent, yes = typed("run"), typed("run", "--yes")
    assert silent.status == 1
    assert "there is nobody to ask here; --yes approves" in silent.out
    assert yes.status == 0
    assert "production/roll-out │ released" in yes.out


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1)])
async def test_on_a_terminal_the_person_is_asked(answer: str, status: int, program: Program, folder: Path) -> None:
    (folder / ".pipeline.yml").write_text(GATE)
    async with program.on_a_terminal("run") as terminal:
        await terminal.sees("Release? — approve production/go-live? [y/N] ")
        terminal.types(answer)
        assert await terminal.ended() == status
        assert ("released" in terminal.seen) == (status == 0)


async def test_ctrl_c_at_the_question_ends_the_run(program: Program, folder: Path) -> None:
    (folder / ".pipeline.yml").write_text(GATE)
    async with program.on_a_terminal("run") as terminal:
        await terminal.sees("[y/N] ")
        terminal.process.send_signal(signal.SIGINT)
        assert await terminal.ended() == 1
        assert "stopped" in terminal.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
async def test_a_run_that_is_stopped_leaves_no_process_behind(
    number: signal.Signals, program: Program, folder: Path
) -> None:
    sleeper = "setsid sh -c 'echo $$; exec sleep 600' & sh -c 'echo $$; exec sleep 600' & wait"
    (folder / ".pipeline.yml").write_text(
        json.dumps({"stages": [{"name": "build", "actions": [{"name": "sleep", "run": sleeper}]}]})
    )
    async with program.started("run") as process:
        assert process.stdout is not None
        found: list[int] = []
        async with asyncio.timeout(PATIENCE):
            while len(found) < 2:
                line = (await process.stdout.readline()).decode()
                if "│" in line:
                    found.append(int(line.rpartition(" ")[2]))
        process.send_signal(number)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 1
        assert "stopped" in out.decode()
    assert [pid for pid in found if is_asleep(pid)] == []


async def test_a_run_whose_reader_goes_is_stopped_and_says_nothing(program: Program, folder: Path) -> None:
    """As `penstock run | head` does."""
    endless = "echo $$; while sleep 0.02; do echo more; done"
    (folder / ".pipeline.yml").write_text(
        json.dumps({"stages": [{"name": "build", "actions": [{"name": "write", "run": endless}]}]})
    )
    reading, writing = os.pipe()
    async with program.started("run", stdout=writing, TMPDIR=str(folder)) as process:
        os.close(writing)
        line = await asyncio.to_thread(first_of_an_action, reading)
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (1, b"")
    with pytest.raises(ProcessLookupError):
        os.kill(int(line.rpartition(" ")[2]), 0)
    assert sorted(path.name for path in folder.iterdir()) == [".pipeline.yml"]


async def test_a_line_without_end_is_shown_cut_and_takes_no_memory(
    fresh_program: Program, folder: Path, tmp_path: Path
) -> None:
    """100 MB of it; what is measured is the whole of penstock, its log included."""
    os.mkfifo(tmp_path / "go")
    flood = f"head -c 100000000 /dev/zero | tr '\\0' x; echo; echo over; cat {tmp_path}/go"
    (folder / ".pipeline.yml").write_text(
        json.dumps({"stages": [{"name": "build", "actions": [{"name": "flood", "run": flood}]}]})
    )
    async with fresh_program.started("run") as process:
        assert process.stdout is not None
        shown: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while (line := (await process.stdout.readline()).decode()) and "│ over" not in line:
                shown.append(line)
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        await asyncio.to_thread((tmp_path / "go").write_text, "")
        await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert peak is not None
    assert int(peak[1]) < 200 << 10, "of which Python's own are a hundred"
    assert "more bytes" in "".join(shown)
    assert max(map(len, shown)) < 20_000


def first_of_an_action(descriptor: int) -> str:
    """Its first line. The reader goes when it has it."""
    with open(descriptor) as shown:
        return next(line for line in shown if "│" in line)


def is_asleep(pid: int) -> bool:
    """Whether that `sleep` still lives. (Its number may meanwhile be another's; a zombie sleeps no more.)"""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b"sleep\x00600\x00"
    except FileNotFoundError:
        return False


SOURCED = """\
checkout: {format: zip}
stages:
  - name: build
    actions:
      - {name: docs, source: {type: git, repository: acme/docs}}
      - {name: use, run_order: 2, run: 'test ! -e .git && cat "$PENSTOCK_INPUT_DOCS/guide.md"', inputs: [source, docs]}
  - name: after
    actions: [{name: next, invoke: {pipeline: here}}]
"""


def test_a_folder_stands_for_a_further_source(typed: Typed, tree: Path, tmp_path: Path) -> None:
    (tree / ".pipeline.yml").write_text(SOURCED.replace("pipeline: here", "pipeline: other"))
    (tree / ".pipelines").mkdir()
    (tree / ".pipelines/other.yml").write_text("triggers: {}\nstages: [{name: a, actions: [{name: b, run: c}]}]\n")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "guide.md").write_text("read me\n")
    name = ("run", "build", "--pipeline", tree.name)
    missing = typed(*name)
    assert (missing.status, "--source docs=FOLDER" in missing.out) == (1, True)
    ended = typed(*name, "--source", f"docs={docs}")
    assert (ended.status, "build/use │ read me" in ended.out) == (0, True), ended.out + ended.err
    other = typed("run", "after", "--pipeline", tree.name)
    assert (other.status, "penstock run starts no other pipelines" in other.out) == (1, True)
    assert typed(*name, "--source", f"docs={docs}/gone").status == 2
