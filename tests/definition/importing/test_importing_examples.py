"""Whole definitions of every kind: what comes out is what a person would have written, and runs as the definition itself does."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.definition import read_definitions
from bot.definition.importer import import_pipelines
from bot.definition.importer.notes import Kind
from bot.model.pipeline import Mode, RetryMode, Run
from bot.model.triggers import PullRequestKind

EXAMPLES = sorted((Path(__file__).parent / "examples").iterdir())


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_a_definition_becomes_the_file_that_a_person_would_have_written(
    file: Path, snapshot: SnapshotAssertion
) -> None:
    imports, whole = import_pipelines(file.name, file.read_bytes(), {})
    assert whole == ()
    for each in imports:
        assert each.text == snapshot(name=f"{each.name}, the file")
        assert "\n".join(map(str, each.notes)) == snapshot(name=f"{each.name}, the report")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_a_definition_run_as_it_is_means_what_its_import_means(file: Path) -> None:
    imports, _ = import_pipelines(file.name, file.read_bytes(), {})
    as_it_is = read_definitions({file.name: file.read_bytes()}, "shop", not_yet=())
    texts = {f"{each.name}.yml": each.text.encode() for each in imports}
    imported = read_definitions(texts, "shop", not_yet=())
    assert (as_it_is.problems, imported.problems) == ((), ())
    assert {p.name: p.digest for p in as_it_is.pipelines} == {p.name: p.digest for p in imported.pipelines}
    assert len(imported.pipelines) == len(imports) > 0


def test_everything_arrives_in_the_model() -> None:
    data = (Path(__file__).parent / "examples" / "everything.json").read_bytes()
    (shop,) = read_definitions({".pipeline.json": data}, "other", not_yet=()).pipelines
    assert (shop.name, shop.mode, shop.file) == ("shop", Mode.QUEUED, ".pipeline.json")
    first, second = shop.triggers.push
    assert first.branches is not None
    assert first.branches.include == ("main", "release/**")
    assert first.branches.exclude == ("release/old",)
    assert first.paths is not None
    assert second.tags is not None
    assert second.tags.include == ("v*",)
    assert shop.triggers.pull_request[0].events == (PullRequestKind.OPENED, PullRequestKind.UPDATED)
    build, prod = shop.stages
    assert build.auto_retry is RetryMode.ALL_ACTIONS
    assert isinstance(build.action("cmd").work, Run)
    assert build.action("cmd").env == {"SHA": "#{source.CommitId}"}
    assert prod.before_entry is not None
    assert [rule.kind for rule in prod.before_entry.rules] == ["window", "check"]
    approval = prod.action("ok").approval
    assert approval is not None
    assert (approval.timeout, approval.link) == (1500 * 60, "https://example.com/x")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_every_note_says_where(file: Path) -> None:
    lines = file.read_text().splitlines()
    imports, _ = import_pipelines(file.name, file.read_bytes(), {})
    notes = [note for each in imports for note in each.notes]
    assert {note.kind for note in notes} == {Kind.MAPPED, Kind.APPROXIMATED, Kind.NO_EQUIVALENT}
    for note in notes:
        assert 1 <= note.line <= len(lines)
        assert note.path
        last = note.path.rsplit(".", 1)[-1].split("[")[0]
        assert "[" in note.path.rsplit(".", 1)[-1] or any(
            last in line for line in lines[max(0, note.line - 3) : note.line]
        )


def test_secrets_are_never_shown() -> None:
    for file in EXAMPLES:
        imports, _ = import_pipelines(file.name, file.read_bytes(), {})
        shown = "".join(each.text + "".join(map(str, each.notes)) for each in imports)
        for secret in ("ghp-very-secret", "hunter2-secret"):
            assert secret not in shown
