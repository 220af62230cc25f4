"""Whole example files: the valid ones are read and fit the schema; the invalid ones tell exactly what stands beside them.

To accept new texts, delete the `.txt` file and run the test once: it writes the file and fails.
"""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.definition import json_schema, read_definitions
from bot.definition.document import native
from bot.definition.syntax import read_documents

EXAMPLES = Path(__file__).parent / "examples"
VALID = sorted((EXAMPLES / "valid").glob("*.yml"))
INVALID = sorted((EXAMPLES / "invalid").glob("*.yml"))
SHAPELESS = {
    "alias-bomb",
    "empty",
    "only-comments",
    "unclosed",
    "unknown-alias",
    "recursion",
    "colon",
    "tab",
    "latin-1",
}
"""What is no YAML, or no document, that a schema could judge."""
ONLY_CHECKED = {"references", "artifacts", "duplicate-keys", "releases", "blue-green"}
"""What is wrong between places, or with the YAML, or might be an appspec in place; a schema cannot know it."""


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_a_valid_example_has_no_problem_and_fits_the_schema(file: Path) -> None:
    data = file.read_bytes()
    definitions = read_definitions({".pipeline.yml": data}, "shop", not_yet=())
    assert definitions.problems == ()
    documents, _ = read_documents(data)
    assert len(definitions.pipelines) == len(documents)
    for document in documents:
        assert not list(Draft202012Validator(json_schema()).iter_errors(native(document.root)))


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.stem)
def test_an_invalid_example_tells_all_its_problems(file: Path) -> None:
    definitions = read_definitions({".pipeline.yml": file.read_bytes()}, "shop", not_yet=())
    assert definitions.pipelines == ()
    told = "".join(f"{problem}\n" for problem in definitions.problems)
    expected = file.with_suffix(".txt")
    if not expected.exists():
        expected.write_text(told)
        pytest.fail(f"{expected.name} was missing and has been written: review it")
    assert told == expected.read_text()


@pytest.mark.parametrize(
    "file", [file for file in INVALID if file.stem not in SHAPELESS | ONLY_CHECKED], ids=lambda file: file.stem
)
def test_an_invalid_shape_does_not_fit_the_schema(file: Path) -> None:
    documents, _ = read_documents(file.read_bytes())
    assert not all(Draft202012Validator(json_schema()).is_valid(native(document.root)) for document in documents)


def test_short_forms_mean_what_their_long_forms_mean() -> None:
    short, long = (
        read_definitions({".pipeline.yml": (EXAMPLES / "valid" / name).read_bytes()}, "shop", not_yet=()).pipelines[0]
        for name in ("shorthands.yml", "longhand.yml")
    )
    assert short == long
    assert short.digest == long.digest
