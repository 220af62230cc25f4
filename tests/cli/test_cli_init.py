"""`penstock init`: a first pipeline file that is valid, runs, and is never written over another."""

from pathlib import Path

import pytest

from tests.cli.conftest import Typed


def test_an_empty_folder_gets_a_pipeline_that_runs(typed: Typed, folder: Path) -> None:
    made = typed("init")
    assert (made.status, "Run it with `penstock run`" in made.out) == (0, True)
    ended = typed("run")
    assert ended.status == 0, ended.out
    assert "build/build │ Say here how to build" in ended.out
    again = typed("init")
    assert again.status == 2
    assert "it is left as it is" in again.err


@pytest.mark.parametrize(
    ("file", "work"),
    [
        ("buildspec.yml", "build: buildspec.yml"),
        ("Makefile", "run: make"),
        ("package.json", "run: [npm ci, npm test]"),
        ("pyproject.toml", "run: [python3 -m venv .venv, .venv/bin/pip install . pytest, .venv/bin/pytest]"),
        ("go.mod", "run: go test ./..."),
    ],
)
def test_what_is_in_the_folder_says_how_it_is_built(typed: Typed, folder: Path, file: str, work: str) -> None:
    (folder / file).write_text("version: 0.2\nphases: {build: {commands: [a]}}\n")
    typed("init")
    assert work in (folder / ".pipeline.yml").read_text()
    assert typed("validate").out == ".pipeline.yml: here is valid: 1 stage, 1 action.\n"


def test_a_misspelt_command_is_told_what_was_meant(typed: Typed) -> None:
    assert "No such command 'aprove'. Did you mean 'approve'?" in typed("aprove").err
