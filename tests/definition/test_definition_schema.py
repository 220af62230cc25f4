"""The published JSON Schema: valid itself, and of the same mind as the reading."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.definition import json_schema, read_definitions
from bot.definition.document import native
from bot.definition.grammar import durations
from bot.definition.shape import PATTERNS
from bot.definition.syntax import read_documents

BUILT = "stages: [{name: build, actions: [{name: unit, run: make}]}]\n"


def fits(text: str) -> bool:
    (document,), _ = read_documents(text.encode())
    return Draft202012Validator(json_schema()).is_valid(native(document.root))


def reads(text: str) -> bool:
    return not read_definitions({".pipeline.yml": text.encode()}, "shop", not_yet=()).problems


def test_the_schema_is_valid_draft_2020_12() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_every_key_says_what_it_is_for() -> None:
    """Editors show it."""
    assert [key for key, body in _properties(json_schema()) if not body.get("description")] == []


def test_every_pattern_has_words_for_what_does_not_match_it() -> None:
    """Durations are told of where they are read."""
    found = set(_patterns(json_schema())) - {durations.PATTERN}
    assert found <= set(PATTERNS)


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        yield from schema.get("patternProperties", ())
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _patterns(child)


def _properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for noun, body in [("pipeline", schema), *schema["$defs"].items()]:
        for key, value in body.get("properties", {}).items():
            yield f"{noun}.{key}", value


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (BUILT, True),
        ("{}", False),
        ("stages: []", False),
        ("stages: {}", False),
        ("name: 'a b'\n" + BUILT, False),
        ("name: 1.10\n" + BUILT, True),
        ("name:\n" + BUILT, False),
        ("nam: a\n" + BUILT, False),
        ("mode: queued\n" + BUILT, True),
        ("mode: serial\n" + BUILT, False),
        ("checkout: {depth: full}\n" + BUILT, True),
        ("checkout: {depth: 0}\n" + BUILT, False),
        ("checkout: {lfs: on}\n" + BUILT, False),
        ("checkout: {lfs: true}\n" + BUILT, True),
        ("triggers: {}\n" + BUILT, True),
        ("triggers:\n" + BUILT, False),
        ("triggers: {push: true, pull_request: }\n" + BUILT, True),
        ("triggers: {push: false}\n" + BUILT, False),
        ("triggers: {push: []}\n" + BUILT, False),
        ("triggers: {push: {branches: main}}\n" + BUILT, True),
        ("triggers: {push: {branches: []}}\n" + BUILT, False),
        ("triggers: {pull_request: {events: opened}}\n" + BUILT, True),
        ("triggers: {pull_request: {events: [merged]}}\n" + BUILT, False),
        ("triggers: {schedule: '0 0 * * *'}\n" + BUILT, True),
        ("variables: {A: 1, B: , C: {default: x}, D: {description: y}}\n" + BUILT, True),
        ("variables: {A: [x]}\n" + BUILT, False),
        ("variables: {'a b': x}\n" + BUILT, False),
        ("secrets: {A: plain}\n" + BUILT, False),
        ("stages: [{name: a, actions: [{name: b}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c, build: d}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: true}]}]", True),
        ("stages: [{name: a, actions: [{name: b, run: {c: d}}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: [c, d]}]}]", True),
        ("stages: [{name: a, actions: [{name: b, run: }]}]", False),
        ("stages: [{name: a, actions: [{name: b, approve: }]}]", True),
        ("stages: [{name: a, actions: [{name: b, approve: {}}]}]", True),
        ("stages: [{name: a, actions: [{name: b, approve: {self: false, by: user:ada}}]}]", True),
        ("stages: [{name: a, actions: [{name: b, approve: {self_approval: false}}]}]", False),
        ("stages: [{name: a, actions: [{name: b, approve: {by: ada}}]}]", False),
        ("stages: [{name: a, actions: [{name: b, approve: {count: 0}}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c, timeout: 1h30m}]}]", True),
        ("stages: [{name: a, actions: [{name: b, run: c, timeout: 90}]}]", True),
        ("stages: [{name: a, actions: [{name: b, run: c, timeout: soon}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c, timeout: -1}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c, run_order: 1000}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c, env: {A: 1}, outputs: {x: [y]}}]}]", True),
        ("stages: [{name: a, actions: [{name: b, run: c, outputs: {x.y: z}}]}]", False),
        ("stages: [{name: a, actions: [{name: b, use: slack}]}]", True),
        ("stages: [{name: a, actions: [{name: b, use: {type: slack, configuration: {c: [1, {d: e}]}}}]}]", True),
        ("stages: [{name: a, actions: [{name: b, build: {version: 0.2}}]}]", True),
        ("stages: [{name: a, actions: [{name: b, build: []}]}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c}], on_failure: retry}]", True),
        ("stages: [{name: a, actions: [{name: b, run: c}], on_failure: skip}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c}], on_failure: {}}]", False),
        ("stages: [{name: a, actions: [{name: b, run: c}], before_entry: {rules: [{name: r}]}}]", False),
        (
            "stages: [{name: a, actions: [{name: b, run: c}], before_entry: {rules: [{name: r, window: '* * * * *'}]}}]",
            True,
        ),
    ],
)
def test_schema_and_reading_agree(text: str, valid: bool) -> None:
    assert (fits(text), reads(text)) == (valid, valid)
