"""Manifests: what is an object and what is not, which files are meant, and what images and values become in them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.definition import read_definitions
from bot.manifests import (
    choose,
    filled,
    found_files,
    named_files,
    named_folders,
    named_problems,
    read_manifests,
)
from bot.model.cluster_deployment import Manifest

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def read(text: str) -> tuple[Manifest, ...]:
    reading = read_manifests(text.encode(), "k8s/a.yaml")
    assert reading.problems == ()
    return reading.manifests


def told(text: str) -> list[str]:
    return [str(problem) for problem in read_manifests(text.encode(), "k8s/a.yaml").problems]


def test_documents_lists_and_json_are_objects_with_their_lines() -> None:
    bodies = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "n"}} for name in "bc"]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    found = read(f"---\n{HEAD}---\n# nothing\n---\n{listed}\n")
    assert [str(each.ref) for each in found] == ["v1 ConfigMap /a", "v1 Secret n/b", "v1 Secret n/c"]
    assert [each.line for each in found][:2] == [2, 8]


def test_values_are_what_kubernetes_reads() -> None:
    """YAML 1.1 numbers in octal, as modes of files have them; merge keys; `yes` is a text."""
    text = f"{HEAD}data: &all {{mode: 0644, plain: 12, text: '0644', half: 0.5, on: true, none: null}}\nmore: {{<<: *all, plain: 13}}\n"
    body: Any = read(text)[0].body
    assert body["data"] == {"mode": 420, "plain": 12, "text": "0644", "half": 0.5, "on": True, "none": None}
    assert body["more"] == {**body["data"], "plain": 13}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", ["k8s/a.yaml:1:1: This is no object."]),
        ("apiVersion: v1\nkind: Pod\n", ["has no `metadata`"]),
        ("metadata: {}\n", ["no `apiVersion`", "no `kind`", "no `name`"]),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\n", ["k8s/a.yaml:3:", "must be a text"]),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: ../a}\n", ["can't be the `name`"]),
        ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n", ["made anew at every deployment", "no `name`"]),
        (f"{HEAD}---\napiVersion: v1\nkind: pod\nmetadata: {{name: b}}\n", ["k8s/a.yaml:6:", "the `kind`"]),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}\n",
            ["kustomize build"],
        ),
        ("kind: {{ .Values.kind }}\n", ["render it in an action before"]),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: [b]}\n", ["labels are no mapping"]),
    ],
)
def test_what_is_no_object_is_told_where_it_is_written(text: str, words: Sequence[str]) -> None:
    whole = "\n".join(told(text))
    assert [each for each in words if each not in whole] == [], whole


CONTAINERS = "spec: {{initContainers: [{{image: '{0}'}}], containers: [{{name: a, image: '{0}'}}], volumes: [{{image: '{0}'}}]}}\n"


@pytest.mark.parametrize(
    ("image", "images", "wanted"),
    [
        ("acme/web", {"acme/web": "2"}, "acme/web:2"),
        ("acme/web:1", {"acme/web": "2"}, "acme/web:2"),
        ("acme/web@sha256:" + "0" * 64, {"acme/web": "2"}, "acme/web:2"),
        ("acme/web:1", {"acme/web": "sha256:" + "1" * 64}, "acme/web@sha256:" + "1" * 64),
        ("acme/web:1", {"acme/web": "mirror:5000/web:3"}, "mirror:5000/web:3"),
        ("mirror:5000/acme/web", {"mirror:5000/acme/web": "2"}, "mirror:5000/acme/web:2"),
    ],
)
def test_an_image_gets_its_tag_in_every_container(image: str, images: Mapping[str, str], wanted: str) -> None:
    (found,), problems = filled(read(HEAD + CONTAINERS.format(image)), images, {}, ".pipeline.yml")
    body: Any = found.body
    assert problems == ()
    assert body["spec"]["containers"] == [{"name": "a", "image": wanted}]
    assert body["spec"]["initContainers"] == [{"image": wanted}]
    assert body["spec"]["volumes"] == [{"image": image}]


@pytest.mark.parametrize(
    ("text", "value", "wanted"),
    [
        ("${X}", "3", 3),
        ("${X}", "true", True),
        ("'${X}'", "3", "3"),
        ("v${X}", "3", "v3"),
        ("${X}", "a: b", "a: b"),
        ("${X}", "{a: [b]}", "{a: [b]}"),
        ("${X}", "${HOME}", "${HOME}"),
        ("|\n    one ${X}\n    ${Y}", "a\nb: c", "one a\nb: c\n${Y}\n"),
    ],
)
def test_a_value_fills_a_text_and_never_becomes_structure(text: str, value: str, wanted: object) -> None:
    (found,), problems = filled(read(f"{HEAD}data:\n  x: {text}\n"), {}, {"X": value}, ".pipeline.yml")
    body: Any = found.body
    assert (problems, body["data"]) == ((), {"x": wanted})


def test_a_name_may_be_filled_in() -> None:
    (found,), _ = filled(read(HEAD.replace("name: a", "name: 'job-${X}'")), {}, {"X": "7"}, ".pipeline.yml")
    assert found.ref.name == "job-7"


def test_what_nothing_asks_for_is_told() -> None:
    _, problems = filled(
        read(HEAD + CONTAINERS.format("acme/web")), {"acme/wed": "1", "acme/web": "no tag"}, {"X": "1"}, "p"
    )
    whole = "\n".join(map(str, problems))
    for words in (
        "No manifest has `${X}`",
        "has the image `acme/wed`",
        "They have `acme/web`",
        "`no tag` can't be the tag",
    ):
        assert words in whole


PIPELINE = """\
stages:
  - name: prod
    actions:
      - {name: go, deploy: {manifests: ['k8s/*/web-*.yaml', k8s/b.yaml, none.yaml], set: {WHO: x}}}
      - {name: made, inputs: [out], run_order: 2, deploy: {manifests: out.yaml}}
"""


def test_those_that_a_pipeline_names_are_checked_as_far_as_they_can_be_had() -> None:
    made = "{name: make, run: 'true', outputs: {out: [out.yaml]}}"
    found = read_definitions(
        {".pipeline.yml": PIPELINE.replace("- {name: go", f"- {made}\n      - {{name: go").encode()}, "web"
    )
    [each] = found.pipelines
    assert named_folders(each) == {"k8s", ""}
    paths = ["k8s/prod/web-1.yaml", "k8s/prod/api.yaml", "k8s/b.yaml", "out.yaml"]
    assert named_files(each, paths) == {"k8s/prod/web-1.yaml", "k8s/b.yaml"}
    texts = {"k8s/prod/web-1.yaml": b"kind: Pod\n", "k8s/b.yaml": HEAD.encode()}
    whole = [str(problem) for problem in named_problems(each, lambda: paths, texts.get)]
    assert any("prod/go: deploy.manifests: `none.yaml` chooses no file" in line for line in whole)
    assert any("No manifest has `${WHO}`" in line for line in whole)
    assert any(line.startswith("k8s/prod/web-1.yaml:1:1: apiVersion") for line in whole)
    unknown = [str(problem) for problem in named_problems(each, lambda: paths, lambda _: None, whole=False)]
    assert unknown == [], "what may be in a submodule, or could not be read, is not wrong"


def test_files_are_manifests_by_their_ends_and_never_links(tmp_path: Path) -> None:
    for name in ("k8s/a.yaml", "k8s/deep/b.yml", "k8s/c.json", "k8s/README.md", "other/d.yaml", ".git/e.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "k8s/secret.yaml").symlink_to("/etc/passwd")
    (tmp_path / "k8s/linked").symlink_to(tmp_path / "other")
    found = sorted(found_files(tmp_path))
    assert found == ["k8s/a.yaml", "k8s/c.json", "k8s/deep/b.yml", "other/d.yaml"]
    chosen, problems = choose(found, ["k8s/**", "k8s/*.yaml", "none/*"], ".pipeline.yml")
    assert chosen == ["k8s/a.yaml", "k8s/c.json", "k8s/deep/b.yml"]
    assert [problem.reason for problem in problems] == ["`none/*` chooses no file that ends in .yaml, .yml, .json."]
