"""`penstock demo`: unwatched it ends by itself, well or with the reason; watched it asks, and stays until it is left."""

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.cli.shell import Program
from tests.world import forked


async def test_unwatched_it_approves_checks_and_ends_with_0(program: Program, folder: Path) -> None:
    ended = await program("demo", "--port", "0", CI="true")
    assert ended.status == 0, ended.out + ended.err
    for context in ("hello", "hello/build", "hello/staging", "hello/production"):
        assert f"\n✓ penstock/{context}: succeeded" in ended.out
    assert not list(folder.iterdir()), "a demo keeps nothing"


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        ("stages: [{name: build, actions: [{name: unit, run: 'false'}]}]", "penstock/hello is failed"),
        ("stages: []", "stages"),
    ],
    ids=["a pipeline that fails", "a file with problems"],
)
async def test_unwatched_a_demo_that_fails_says_what_and_ends_with_1(
    pipeline: str, reason: str, folder: Path, tmp_path: Path
) -> None:
    sample = tmp_path / "sample"
    sample.mkdir()
    (sample / ".pipeline.yml").write_text(
        f"name: hello\ntriggers: {{pull_request: {{events: [opened]}}}}\n{pipeline}\n"
    )

    broken = partial(forked.start, changed={"bot.cli.demo_story.SAMPLE": sample})
    ended = await Program(folder, broken)("demo", "--port", "0", CI="true")
    assert ended.status == 1, ended.out
    assert ended.out.splitlines()[-1].startswith("✗ The demo failed: ")
    assert reason in ended.out.splitlines()[-1]


async def test_watched_it_asks_says_what_next_and_ends_with_ctrl_c(program: Program) -> None:
    async with program.on_a_terminal("demo", "--port", "0", COLUMNS="120") as terminal:
        await terminal.sees("press Enter, and ben does it")
        terminal.types("\n")
        await terminal.sees("Ctrl-C ends the demo")
        assert "approved by ben" in terminal.seen
        terminal.process.send_signal(signal.SIGINT)
        assert await terminal.ended() == 0


async def test_watched_it_can_be_left_while_it_waits(program: Program) -> None:
    async with program.on_a_terminal("demo", "--port", "0") as terminal:
        await terminal.sees("press Enter, and ben does it")
        terminal.process.send_signal(signal.SIGINT)
        assert await terminal.ended() == 0
