"""The command line as a person has it: an empty folder, an environment of their own, and what they type."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot.cli import main
from tests.cli.shell import Ended, Program, from_nothing

Typed = Callable[..., Ended]
Beside = Callable[..., Awaitable[Ended]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where they are: a folder with nothing in it, and no setting but those of the test."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in os.environ:
        if name.startswith(("PENSTOCK_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return here


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    """Type a command that is soon over; it is run in this process, which saves starting one."""

    def type_it(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["penstock", *words])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capfd.readouterr()
        assert isinstance(left.value.code, int), "a command ends with a status, and says itself what is wrong"
        return Ended(left.value.code, captured.out, captured.err)

    yield type_it
    structlog.reset_defaults()


@pytest.fixture
def beside(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Beside:
    """Type a command that asks what the test itself serves: in a thread of this process, with settings of its own."""

    async def type_it(*words: str, **env: str) -> Ended:
        with monkeypatch.context() as own:
            for name, value in env.items():
                own.setenv(name, value)
            return await asyncio.to_thread(typed, *words)

    return type_it


@pytest.fixture
def program(folder: Path) -> Program:
    """The command line as a process of its own."""
    return Program(folder)


@pytest.fixture
def fresh_program(folder: Path) -> Program:
    """Likewise, and with nothing loaded yet."""
    return Program(folder, from_nothing)
