"""No bytes make the reading raise, hang or grow: whatever anybody pushes comes to pipelines or to problems."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.definition import read_definitions
from bot.definition.syntax import LARGEST_FILE

VALID = [file.read_bytes() for file in sorted((Path(__file__).parent / "examples" / "valid").glob("*.yml"))]
MORSELS = [b": ", b"- ", b"\n", b"  ", b"\t", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!!x ", b"#{", b"\xff", b"\x00", b"'", b'"', b"|\n", b"? ", b"~", b"---\n", b"<<", b"\xc2\x85", b"1e999", b"9" * 5000]  # fmt: skip


def outcome_of(data: bytes) -> None:
    definitions = read_definitions({".pipeline.yml": data}, "shop")
    assert bool(definitions.problems) != bool(definitions.pipelines)
    for problem in definitions.problems:
        assert problem.reason.endswith(".")
        assert "\n" not in str(problem)
        assert "pydantic" not in str(problem)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    outcome_of(data)


@given(st.text(max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    outcome_of(text.encode("utf-8", "surrogatepass"))


@given(st.data())
def test_no_mutation_of_a_valid_file_makes_it_raise(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 8))
        text[begin : begin + length] = data.draw(st.sampled_from([b"", *MORSELS]))
    outcome_of(bytes(text))


scalars = st.sampled_from(["", "~", "a", "1", "1.5", "true", "'x'", "5m", "main", "#{variables.A}", "[", "{}", "[]"])
keys = st.sampled_from(
    [
        "name",
        "mode",
        "triggers",
        "push",
        "pull_request",
        "branches",
        "include",
        "events",
        "schedule",
        "variables",
        "default",
        "stages",
        "actions",
        "run",
        "build",
        "approve",
        "by",
        "count",
        "timeout",
        "inputs",
        "outputs",
        "env",
        "before_entry",
        "rules",
        "window",
        "on_failure",
        "result",
        "secrets",
        "checkout",
        "depth",
    ]
)
flow = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.dictionaries(keys, inner, max_size=4).map(
            lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(keys, flow, min_size=1, max_size=5))
def test_no_misplaced_value_makes_it_raise(document: dict[str, str]) -> None:
    outcome_of("\n".join(f"{key}: {value}" for key, value in document.items()).encode())


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%b]\n" % (98 + level, 98 + level, b",".join([b"*%c" % (97 + level)] * 9)) for level in range(20)
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * LARGEST_FILE, id="lists in lists"),
        pytest.param(b"{a: " * (LARGEST_FILE // 4), id="mappings in mappings"),
        pytest.param(b"- " * (LARGEST_FILE // 2), id="blocks in blocks"),
        pytest.param(b"- a\n" * (LARGEST_FILE // 4), id="a quarter of a million items"),
        pytest.param(BOMB, id="nine to the twentieth aliases"),
        pytest.param(b"a: &a\n  b: *a\n", id="an alias of itself"),
        pytest.param(b"'" + b"a" * (LARGEST_FILE - 1), id="a quote of a megabyte"),
        pytest.param(b"? " + b"a" * (LARGEST_FILE - 10), id="a key of a megabyte"),
        pytest.param(b"".join(b"k%d: 1\n" % number for number in range(20_000)), id="twenty thousand unknown keys"),
        pytest.param(b"name: " + b"9" * 900_000, id="a number of a megabyte"),
        pytest.param(b"x" * (LARGEST_FILE + 1), id="too large a file"),
    ],
)
def test_a_bomb_is_refused_in_short_time(data: bytes) -> None:
    begin = time.process_time()
    definitions = read_definitions({".pipeline.yml": data[: LARGEST_FILE + 1]}, "shop")
    assert definitions.problems
    assert len("".join(map(str, definitions.problems))) < 100_000
    assert time.process_time() - begin < 5


def test_a_script_of_nearly_a_megabyte_is_fine() -> None:
    data = b"stages: [{name: a, actions: [{name: b, run: '" + b"x" * 1_000_000 + b"'}]}]"
    assert len(read_definitions({".pipeline.yml": data}, "shop").pipelines) == 1


def test_a_script_full_of_half_references_is_read_in_short_time() -> None:
    data = b"stages: [{name: a, actions: [{name: b, run: '" + b"#{a." * 200_000 + b"'}]}]"
    begin = time.process_time()
    assert len(read_definitions({".pipeline.yml": data}, "shop").pipelines) == 1
    assert time.process_time() - begin < 2
