"""`penstock import` and `penstock export` as people type them."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot.cli import penstock
from tests.definition.importing.conftest import EXAMPLES, action, definition, stage


def typed(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(penstock, words, input=stdin)


def test_the_file_goes_to_standard_output_and_the_report_to_standard_error() -> None:
    done = typed("import", str(EXAMPLES / "legacy.json"))
    assert done.exit_code == 0
    assert yaml.safe_load(done.stdout)["name"] == "legacy"
    assert "no equivalent: `roleArn`" in done.stderr
    assert done.stderr.rstrip().endswith("0 problems.")
    assert typed("import", "--no-report", str(EXAMPLES / "legacy.json")).stderr == ""


def test_several_pipelines_are_documents_or_files(tmp_path: Path) -> None:
    done = typed("import", str(EXAMPLES / "template.yml"), "--no-report")
    assert [body["name"] for body in yaml.safe_load_all(done.stdout)] == ["shop-main", "Second"]
    folder = tmp_path / ".pipelines"
    assert typed("import", str(EXAMPLES / "template.yml"), "-o", f"{folder}/").stdout == ""
    assert sorted(file.name for file in folder.iterdir()) == ["Second.yml", "shop-main.yml"]
    assert typed("validate", *(str(file) for file in folder.iterdir())).exit_code in (0, 1)


def test_one_pipeline_goes_to_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".pipeline.yml"
    assert typed("import", str(EXAMPLES / "legacy.json"), "-o", str(file)).exit_code == 0
    assert yaml.safe_load(file.read_text())["name"] == "legacy"


def test_a_parameter_is_given_on_the_command_line() -> None:
    done = typed("import", str(EXAMPLES / "template.yml"), "-p", "Branch=next", "-p", "Bucket=b", "--no-report")
    first, _ = yaml.safe_load_all(done.stdout)
    assert first["triggers"]["push"]["branches"] == ["next"]
    assert "Bucket" not in first.get("variables", {})
    wrong = typed("import", str(EXAMPLES / "template.yml"), "-p", "Branch")
    assert wrong.exit_code == 2
    assert "NAME=VALUE" in wrong.stderr


def test_json_holds_the_files_and_the_report() -> None:
    done = typed("import", "--json", str(EXAMPLES / "legacy.json"))
    body = json.loads(done.stdout)
    assert [each["name"] for each in body["pipelines"]] == ["legacy"]
    assert {note["kind"] for note in body["report"]} == {"mapped", "approximated", "no equivalent"}
    assert all(note["line"] > 0 and note["path"] for note in body["report"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "problem: "),
        (b"a: 1", "neither what `aws codepipeline get-pipeline` prints nor"),
        (json.dumps(definition(stage(action("Build", "CodeBiuld")))).encode(), "Did you mean `CodeBuild`?"),
    ],
)
def test_what_cannot_be_imported_as_it_is_says_why(data: bytes, words: str) -> None:
    done = typed("import", "-", stdin=data)
    assert done.exit_code == 1
    assert words in done.stderr
    assert "standard input:" in done.stderr


def test_a_pipeline_file_is_exported_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".pipeline.yml").write_text("name: web\nstages: [{name: a, actions: [{name: b, run: make}]}]\n")
    done = typed("export", "--repository", "acme/web")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["pipeline"]["name"] == "web"
    assert "--role: give it" in done.stderr
    assert "--repository" not in done.stderr
    again = typed("import", "-", "--no-report", stdin=done.stdout.encode())
    assert yaml.safe_load(again.stdout)["stages"] == [{"name": "a", "actions": [{"name": "b", "run": "make"}]}]


def test_what_cannot_be_exported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert typed("export").exit_code == 2
    (tmp_path / "x.yml").write_text("stages: []\n")
    assert (typed("export", "x.yml").exit_code, "x.yml:1" in typed("export", "x.yml").stderr) == (1, True)
    two = "name: a\nstages: [{name: a, actions: [{name: b, run: c}]}]\n"
    (tmp_path / "two.yml").write_text(f"{two}---\n{two.replace('name: a', 'name: z', 1)}")
    assert "choose with --pipeline: a, z" in typed("export", "two.yml").stderr
    assert json.loads(typed("export", "two.yml", "--pipeline", "z").stdout)["pipeline"]["name"] == "z"
    assert typed("export", "two.yml", "--pipeline", "y").exit_code == 2
