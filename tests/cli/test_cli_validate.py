"""`penstock validate` and `penstock schema`: all problems at once, each where it is; for people and for programs."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.cli.demo_story import SAMPLE
from tests.cli.conftest import Typed

GOOD = "stages: [{name: build, actions: [{name: unit, run: make test}]}]\n"
BAD = """\
mode: supersede
stages:
  - name: build
    actions:
      - name: unit
        rnu: make test
"""


def test_a_valid_file_is_said_to_be_valid(typed: Typed, folder: Path) -> None:
    (folder / ".pipeline.yml").write_text(GOOD)
    ended = typed("validate")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == ".pipeline.yml: here is valid: 1 stage, 1 action.\n"


def test_all_problems_of_all_files_are_told_at_once_with_line_and_column(typed: Typed, folder: Path) -> None:
    (folder / "one.yml").write_text(BAD)
    (folder / "two.yml").write_text("stages: []\n")
    ended = typed("validate", "one.yml", "two.yml")
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert [line.partition(": ")[0] for line in lines[:-1]] == [
        "one.yml:1:7",
        "one.yml:6:9",
        "two.yml:1:9",
    ]
    assert lines[-1] == "3 problems."


def test_a_good_file_beside_a_bad_one_does_not_make_it_good(typed: Typed, folder: Path) -> None:
    (folder / "good.yml").write_text(GOOD)
    (folder / "bad.yml").write_text("stages: []\n")
    ended = typed("validate", "good.yml", "bad.yml")
    assert ended.status == 1
    assert "good.yml: good is valid" in ended.out
    assert ended.out.endswith("1 problem.\n")


def test_without_a_file_there_is_nothing_to_check(typed: Typed) -> None:
    ended = typed("validate")
    assert ended.status == 2
    assert "There is no pipeline file here: `penstock init` writes one, or name a file." in ended.err


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: (root / ".pipeline.yml").mkdir(), ".pipeline.yml is a folder. Make it a file"),
        (lambda root: (root / ".pipeline.yml").symlink_to("gone"), ".pipeline.yml is a link that leads nowhere"),
        (lambda root: os.mkfifo(root / ".pipeline.json"), ".pipeline.json is no ordinary file"),
        (lambda root: (root / ".pipelines").write_text("stages: []"), ".pipelines is a file. A single pipeline file"),
        (lambda root: (root / ".pipelines").mkdir(), "no file in .pipelines ends in .yml, .yaml or .json"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_lies_in_a_pipeline_file_s_place_is_told(
    typed: Typed, folder: Path, make: Callable[[Path], object], said: str, command: str
) -> None:
    make(folder)
    ended = typed(command)
    assert ended.status == 2
    assert f"There is no pipeline file in {folder}: {said}" in ended.err


@pytest.mark.parametrize(
    ("name", "leads_to", "said"),
    [
        (".pipeline.yml", "there.yml", ".pipeline.yml is a link: at a push no link is followed"),
        (".pipelines", "there", ".pipelines is a link: at a push no link is followed"),
    ],
)
def test_a_link_that_a_push_would_not_follow_is_told(
    typed: Typed, folder: Path, name: str, leads_to: str, said: str
) -> None:
    (folder / "there").mkdir()
    for place in (folder / "there.yml", folder / "there" / "web.yml"):
        place.write_text("stages: []\n")
    (folder / name).symlink_to(leads_to)
    ended = typed("validate")
    assert ended.status == 2
    assert f"There is no pipeline file in {folder}: {said}" in ended.err


def test_a_file_that_is_not_there_is_wrong_usage(typed: Typed) -> None:
    ended = typed("validate", "nowhere.yml")
    assert ended.status == 2
    assert "nowhere.yml" in ended.err


def test_programs_get_the_problems_as_json(typed: Typed, folder: Path) -> None:
    (folder / "bad.yml").write_text("stages: []\n")
    ended = typed("validate", "--json", "bad.yml")
    answer = json.loads(ended.out)
    assert (ended.status, answer["valid"], answer["pipelines"]) == (1, False, [])
    [problem] = answer["problems"]
    assert (problem["file"], problem["line"], problem["column"], problem["path"]) == ("bad.yml", 1, 9, "stages")
    assert problem["reason"]


def test_every_file_of_the_folder_is_checked(typed: Typed, folder: Path) -> None:
    (folder / ".pipelines").mkdir()
    for name in ("web", "api"):
        (folder / ".pipelines" / f"{name}.yml").write_text(GOOD)
    answer = json.loads(typed("validate", "--json").out)
    assert sorted(pipeline["name"] for pipeline in answer["pipelines"]) == ["api", "web"]


def test_the_schema_takes_the_sample_and_refuses_a_typing_error(typed: Typed, folder: Path) -> None:
    ended = typed("schema")
    assert ended.status == 0
    validator = jsonschema.Draft202012Validator(json.loads(ended.out))
    assert not list(validator.iter_errors(yaml.safe_load((SAMPLE / ".pipeline.yml").read_text())))
    assert list(validator.iter_errors(yaml.safe_load(BAD)))


def test_the_demo_s_sample_is_valid(typed: Typed, folder: Path) -> None:
    shutil.copy(SAMPLE / ".pipeline.yml", folder)
    assert typed("validate").status == 0


def test_appspecs_are_checked_and_have_a_schema(typed: Typed, folder: Path) -> None:
    (folder / "appspec.yml").write_text("version: 0.0\nos: linux\nhooks: {AfterInstall: [{location: a.sh}]}\n")
    (folder / "wrong.yml").write_text("version: 0.0\nos: beos\n")
    ended = typed("validate", "appspec.yml", "wrong.yml")
    assert ended.status == 1
    assert ended.out.splitlines()[0].startswith("wrong.yml:2:5: os:")
    assert "appspec.yml is a valid appspec: 0 entries of files, 1 event with scripts." in ended.out
    assert json.loads(typed("validate", "--json", "appspec.yml").out)["appspecs"][0]["valid"]
    assert json.loads(typed("schema", "--appspec").out)["title"] == "Appspec"
