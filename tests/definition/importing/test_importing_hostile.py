"""No definition makes the import raise: whatever anybody pushes or hands in comes to pipelines or to problems."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.definition import read_definitions
from bot.definition.importer import import_pipelines

EXAMPLES = [file.read_bytes() for file in sorted((Path(__file__).parent / "examples").iterdir())]


def outcome_of(data: bytes) -> None:
    """Never raises; and what runs as it is means what its import means."""
    imports, _ = import_pipelines("x", data, {"Branch": "main"})
    ours = (
        set() if b"\xee\x80" in data or b"\\ue00" in data else {"\ue000", "\ue001"}
    )  # What the file has is the file's.
    definitions = read_definitions({".pipeline.json": data}, "shop", not_yet=())
    assert bool(definitions.problems) != bool(definitions.pipelines)
    for problem in definitions.problems:
        assert problem.reason.endswith((".", "…"))
        assert "\n" not in str(problem)
        assert not set(str(problem)) & ours
    for each in imports:
        read = read_definitions({"x.yml": each.text.encode("utf-8", "surrogatepass")}, "shop", not_yet=())
        assert not any("not valid YAML" in problem.reason for problem in read.problems), each.text
        assert not set(each.text) & ours
    if definitions.pipelines and len(imports) == 1:
        imported = read_definitions({"x.yml": imports[0].text.encode()}, "shop", not_yet=()).pipelines
        assert [p.digest for p in imported] == [p.digest for p in definitions.pipelines]


@given(st.data())
def test_no_mutation_of_a_definition_makes_it_raise(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(EXAMPLES)))
    morsels = [
        b"",
        b"null",
        b"{}",
        b"[]",
        b'"',
        b"\n",
        b"!Sub ",
        b"${",
        b"#{a.b}",
        b"\xee\x80\x80",
        b"Fn::If",
        b"0",
        b": ",
    ]
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        text[begin : begin + data.draw(st.integers(0, 12))] = data.draw(st.sampled_from(morsels))
    outcome_of(bytes(text))


TEXTS = st.sampled_from(["", "\x08\x1b[2J", " ", "a", "null", "true", "1", "RETRY", "Source", "AWS", "CodeBuild", "\ue000App\ue001", "#{variables.a}", "#{Src.CommitUrl}", "x: y", "- a", "a\nb", "\t\n x", "remark0-0", "🚀", "'\"", "version: 0.2\nphases: {}", "* * 9-17 ? * MON-FRI", '[{"name":1}]', "../x"])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in parts for place in places(child, (*path, key)))]


def replaced(value: Any, path: tuple[str | int, ...], new: object) -> Any:
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


DEFINITIONS = [json.loads(data) for data in EXAMPLES if data.startswith(b"{")]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_no_value_in_any_place_of_a_definition_makes_it_raise(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(DEFINITIONS))
    for _ in range(data.draw(st.integers(1, 3))):
        body = replaced(body, data.draw(st.sampled_from(places(body))), data.draw(VALUES))
    outcome_of(json.dumps(body).encode("utf-8", "surrogatepass"))


FUNCTIONS = st.sampled_from(["Ref", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::If", "Fn::GetAtt", "Fn::ImportValue", "Fn::Length", "Fn::ToJsonString", "Fn::Nothing"])  # fmt: skip
ARGUMENTS = st.recursive(
    st.sampled_from(["P", "C", "AWS::NoValue", "AWS::Region", "", "${P}", "${A.b}", "${", 0, -1, 99, None, "0"]),
    lambda children: (
        st.lists(children, max_size=3) | st.builds(lambda name, argument: {name: argument}, FUNCTIONS, children)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ARGUMENTS, ARGUMENTS, ARGUMENTS)
def test_no_function_of_a_template_makes_it_raise(default: object, condition: object, value: object) -> None:
    action = {"Name": value, "ActionTypeId": {"Category": "Build", "Owner": "AWS", "Provider": value, "Version": "1"}}
    stages = [
        {"Name": "Source", "Actions": [action]},
        value,
        {"Name": value, "Actions": [{**action, "Configuration": value}]},
    ]
    properties = {"Name": value, "Stages": stages, "Variables": value, "Triggers": [value]}
    template = {
        "Parameters": {"P": {"Default": default}},
        "Conditions": {"C": condition},
        "Resources": {"L": {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties}, "A": value},
    }
    outcome_of(json.dumps(template).encode())


@pytest.mark.parametrize("data", [b"{}", b"null", b"pipeline:", b"pipeline: {stages: 1}", b"Resources:", b"Resources: []", b'{"pipeline": [1]}', b"Resources: {A: {Type: AWS::CodePipeline::Pipeline}}"])  # fmt: skip
def test_nothing_where_a_definition_should_be_is_a_problem(data: bytes) -> None:
    outcome_of(data)
    assert read_definitions({"x.json": data}, "shop", not_yet=()).problems


def test_a_very_large_definition_is_read_in_time() -> None:
    body = json.loads(EXAMPLES[0] if EXAMPLES[0].startswith(b"{") else EXAMPLES[1])
    stages = body["pipeline"]["stages"]
    work = stages[1]
    body["pipeline"]["stages"] = [
        stages[0],
        *({**work, "name": f"s{n}", "actions": work["actions"] * 20} for n in range(48)),
    ]
    begun = time.process_time()
    outcome_of(json.dumps(body).encode())
    assert time.process_time() - begun < 20
