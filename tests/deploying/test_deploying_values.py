"""Values set in files of YAML and JSON: where they stand, in their style, and not a character besides; what can't be set so is refused."""

import json

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.actions.deploying.git.edits import EditRefused, checked, with_set
from bot.actions.deploying.git.values import LARGEST, ValueRefused, with_values

HELM = """\
# what runs
image:
  repository: acme/web   # never changed
  tag: "v1"  # set by the pipeline

containers:
- name: web
  image: acme/web:v1
- {name: side, image: 'acme/side:v1'}
"""
HELD = "a: &x {b: 1}\nc: *x\nd: &y 1\ne: *y\n"

LAUGHS = (
    "a0: &a0 {lol: 1}\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20))
    + "z: [*a19]\n"
)

CASES = [
    pytest.param("a: v1 # why\n", {"a": "v2"}, "a: v2 # why\n", id="a comment stays"),
    pytest.param(HELM, {"image.tag": "v2"}, HELM.replace('"v1"', '"v2"'), id="quotes stay"),
    pytest.param(
        HELM, {"containers[0].image": "w:2"}, HELM.replace("web:v1", "W").replace("acme/W", "w:2"), id="by number"
    ),
    pytest.param("a: 1\nb: x\n", {"b": "z", "a": "22"}, "a: 22\nb: z\n", id="several"),
    pytest.param(HELM, {"containers[name=side].image": "s:2"}, HELM.replace("acme/side:v1", "s:2"), id="by name"),
    pytest.param("a.b/c: 1\n", {r"a\.b/c": "2"}, "a.b/c: 2\n", id="a dot in a key"),
    pytest.param("a: 1\n", {"a": "2"}, "a: 2\n", id="a number stays one"),
    pytest.param("a: v1\n", {"a": "2"}, 'a: "2"\n', id="a text stays one"),
    pytest.param("a: v1\n", {"a": "1e10"}, 'a: "1e10"\n', id="a commit that looks like a number"),
    pytest.param("a: v1\n", {"a": "0123456"}, 'a: "0123456"\n', id="a commit that looks like octal"),
    pytest.param("a: v1\n", {"a": "no"}, 'a: "no"\n', id="Norway"),
    pytest.param("a: v1\n", {"a": "[" * 5000}, 'a: "' + "[" * 5000 + '"\n', id="a value nested without end"),
    pytest.param("a: v1\n", {"a": "x: y # z"}, 'a: "x: y # z"\n', id="a value that would be more"),
    pytest.param("a: v1\nb: 2\n", {"a": "x\nb: 3"}, 'a: "x\\nb: 3"\nb: 2\n', id="a value of two lines"),
    pytest.param("a: 'v1'\n", {"a": "it's"}, "a: 'it''s'\n", id="a quote in quotes"),
    pytest.param("a: {b: v1, c: 2}\n", {"a.b": "x, y"}, 'a: {b: "x, y", c: 2}\n', id="in braces"),
    pytest.param("a:\nb: 2\n", {"a": "v2"}, "a: v2\nb: 2\n", id="an empty one"),
    pytest.param("a: |\n  one\n  two\nb: 2\n", {"a": "v"}, 'a: "v"\nb: 2\n', id="a block"),
    pytest.param("a: &tag v1\n", {"a": "v2"}, "a: &tag v2\n", id="an anchor stays"),
    pytest.param("a: !!str 1\n", {"a": "v2"}, "a: !!str v2\n", id="a tag stays"),
    pytest.param("a: v1\r\nb: 2\r\n", {"a": "v2"}, "a: v2\r\nb: 2\r\n", id="line ends stay"),
    pytest.param("x: 1\n---\na: v1\n", {"a": "v2"}, "x: 1\n---\na: v2\n", id="the second document"),
    pytest.param("ü: ä\na: v1\n", {"a": "v2"}, "ü: ä\na: v2\n", id="letters of two bytes before it"),
    pytest.param("😀: 1\na: v1\n", {"a": "v2"}, "😀: 1\na: v2\n", id="letters of four bytes before it"),
    pytest.param("a: v1", {"a": "v2"}, "a: v2", id="no line end"),
    pytest.param("[{n: a, v: 1}]\n", {"[n=a].v": "2"}, "[{n: a, v: 2}]\n", id="a list at the top"),
    pytest.param("\ufeffa: v1\n", {"a": "v2"}, "\ufeffa: v2\n", id="a mark of the byte order"),
]

JSON_CASES = [
    pytest.param('{"a":{"b":"v1"},"c":[1]}', {"a.b": "v2"}, '{"a":{"b":"v2"},"c":[1]}', id="as tight as it was"),
    pytest.param('{\n\t"a": "v1",\n\t"b": 2\n}\n', {"a": 'x"\n'}, '{\n\t"a": "x\\"\\n",\n\t"b": 2\n}\n', id="tabs"),
    pytest.param('{"a": 1}', {"a": "2"}, '{"a": 2}', id="a number"),
    pytest.param('{"a": 1}', {"a": "v2"}, '{"a": "v2"}', id="no number any more"),
    pytest.param('{"a": 1}', {"a": "NaN"}, '{"a": "NaN"}', id="what only some call a number"),
    pytest.param('{"a": 1}', {"a": "[" * 9999}, '{"a": "' + "[" * 9999 + '"}', id="a value nested without end"),
]

REFUSED = [
    pytest.param("a: 1\n", "b", "has no b", id="not there"),
    pytest.param("a: 1\na: 2\n", "a", "in 2 places", id="twice"),
    pytest.param("a: 1\n---\na: 2\n", "a", "in 2 places", id="in two documents"),
    pytest.param("a: {b: 1}\n", "a", "no single value", id="more than a value"),
    pytest.param(HELD, "e", "shared by an alias", id="an alias"),
    pytest.param(HELD, "c.b", "shared by an alias", id="within an alias"),
    pytest.param("a: [\n", "a", "can't be read", id="not YAML"),
    pytest.param("a: 1\n", "a..b", "is no place", id="no place"),
    pytest.param("a: 1\n", "a[", "is no place", id="half a place"),
    pytest.param("a: [1]\n", f"a[{'9' * 5000}]", "is no place", id="a number longer than numbers are"),
    pytest.param("a: [1]\n", f"a.{'9' * 5000}", "has no a", id="such a number as a key"),
    pytest.param(f"a: 1\nb: {'[' * 9999}{']' * 9999}\n", "a", "nested too deeply", id="nested for an hour"),
    pytest.param(LAUGHS, "z[0][0].lol", "shared by an alias", id="a billion laughs"),
    pytest.param("[" * 5000, "a", "can't be read", id="nested without end"),
    pytest.param("a" * (LARGEST + 1), "a", "larger than", id="too large"),
]


@pytest.mark.parametrize(("before", "values", "after"), CASES)
def test_a_value_of_yaml_is_set_where_it_stands(before: str, values: dict[str, str], after: str) -> None:
    assert with_values(before, values, "web.yaml") == after


@pytest.mark.parametrize(("before", "values", "after"), JSON_CASES)
def test_a_value_of_json_is_set_where_it_stands(before: str, values: dict[str, str], after: str) -> None:
    made = with_values(before, values, "web.json")
    assert made == after
    json.loads(made)


@pytest.mark.parametrize(("text", "place", "why"), REFUSED)
def test_what_cannot_be_set_alone_is_refused(text: str, place: str, why: str) -> None:
    with pytest.raises(ValueRefused, match=why):
        with_values(text, {place: "v2"}, "web.yaml")


@pytest.mark.parametrize("old", ["v1", "'v1'", '"v1"', "|\n    v1", "!!str v1", "&x v1"])
@settings(max_examples=30)
@given(value=st.text(max_size=20))
@example(value="A\t0")
def test_whatever_the_value_is_it_is_what_is_read_and_nothing_else_changes(old: str, value: str) -> None:
    text = f"a:\n  b: {old}\n  c: {{d: [1, x]}}\n"
    try:
        made = with_values(text, {"a.b": value}, "web.yaml")
    except ValueRefused:
        return
    read = yaml.safe_load(made)["a"]
    assert read["b"] == value
    assert read["c"] == {"d": [1, "x"]}


def test_files_are_changed_together_or_not_at_all() -> None:
    there = {"a.yaml": b"t: 1\n", "b.json": b'{"t": 2}'}
    assert with_set(there, ["a.yaml", "b.json"], {"t": "2"}) == {"a.yaml": b"t: 2\n"}
    with pytest.raises(EditRefused, match=r"no file c\.yaml"):
        with_set(there, ["a.yaml", "c.yaml"], {"t": "2"})
    with pytest.raises(EditRefused, match="no text in UTF-8"):
        with_set({"a.yaml": b"\xff"}, ["a.yaml"], {"t": "2"})


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "a/../../b", "..", ".git/config", "a/.GIT/hooks/x", "a\nb", "a//b"]
)
def test_a_path_leads_nowhere_else(path: str) -> None:
    with pytest.raises(EditRefused, match="is no path"):
        checked(path)
    assert checked("./a/.github/b c.yaml") == "a/.github/b c.yaml"
