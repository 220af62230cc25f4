"""What goes wrong ends in a sentence and an exit status; a trace is for whoever asks for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import failure
from tests.cli.conftest import Typed


def test_wrong_settings_are_told_all_together_and_end_with_status_2(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_PORT", "many")
    monkeypatch.setenv("PENSTOCK_LOG_FORMAT", "verse")
    ended = typed("doctor")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("Penstock can't start, because of its settings:\n")
    assert [line.split(":")[0].strip() for line in ended.err.splitlines()[1:]] == [
        "PENSTOCK_PORT",
        "PENSTOCK_LOG_FORMAT",
    ]


def test_what_nobody_foresaw_is_said_without_a_trace(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    break_something(monkeypatch)
    ended = typed("schema")
    assert ended.status == 1
    assert "ZeroDivisionError: integer division or modulo by zero" in ended.err
    assert "Traceback" not in ended.err


def test_whoever_looks_for_the_cause_gets_the_trace(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    break_something(monkeypatch)
    monkeypatch.setenv("PENSTOCK_LOG_LEVEL", "debug")
    assert "Traceback" in typed("schema").err


def test_a_trace_is_not_shown_for_settings_that_are_wrong_themselves(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_something(monkeypatch)
    monkeypatch.setenv("PENSTOCK_LOG_LEVEL", "deep")
    ended = typed("schema")
    assert ended.status == 1
    assert "Traceback" not in ended.err


def break_something(monkeypatch: pytest.MonkeyPatch) -> None:
    import bot.cli.validate  # noqa: PLC0415  loaded as late as the command line loads it

    monkeypatch.setattr(bot.cli.validate, "json_schema", lambda: 1 // 0)


def test_a_file_that_fails_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure.explain(PermissionError(13, "Permission denied", "/etc/penstock.env")) == 2
    assert capsys.readouterr().err == "/etc/penstock.env: Permission denied.\n"


def test_a_terminal_without_our_signs_still_shows_the_words(folder: Path) -> None:
    source = str(Path(__file__).parents[2])
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": source, "PYTHONIOENCODING": "latin-1"}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"], cwd=folder, env=env, capture_output=True, check=False
    )
    assert ended.returncode == 0
    assert b"? git version" in ended.stdout
