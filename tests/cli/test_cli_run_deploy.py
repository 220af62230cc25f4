"""`penstock run --targets`: the working tree on targets of this machine. What a deployment does there is told in tests/deploying."""

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Typed
from tests.cli.shell import git

PIPELINE = "stages: [{name: prod, actions: [{name: go, deploy: appspec.yml}]}]\n"
SPEC = "version: 0.0\nos: linux\nfiles: [{source: app, destination: /app}]\nhooks: {ValidateService: [{location: check.sh}]}\n"


@pytest.fixture
def tree(folder: Path) -> Path:
    (folder / ".pipeline.yml").write_text(PIPELINE)
    (folder / "appspec.yml").write_text(SPEC)
    (folder / "check.sh").write_text("#!/bin/sh\necho checked $BUNDLE_COMMIT\n")
    (folder / "app").mkdir()
    (folder / "app/version").write_text("v1")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    """Two of this machine, a folder each. No repository may deploy there: whoever names the file may."""
    entries = {}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        entries[name] = {
            "local": True,
            "directory": str(tmp_path / name),
            "state": str(tmp_path / f"{name}-state"),
            "tags": {"environment": "prod"},
            "repositories": [],
        }
    file = tmp_path / "targets.yml"
    file.write_text(yaml.safe_dump({"targets": entries}))
    return file


def test_a_tree_is_deployed_to_the_targets_of_a_file_and_again_when_it_has_changed(
    typed: Typed, tree: Path, targets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(tree, "rev-parse", "HEAD").strip()
    first = typed("run", "--targets", str(targets))
    assert first.status == 0, first.out
    for name in ("one", "two"):
        assert f"prod/go │ {name} | [stdout]checked {commit}\n" in first.out
        assert (targets.parent / name / "app/version").read_text() == "v1"
    (tree / "app/version").write_text("v2")
    (tree / "check.sh").write_text("#!/bin/sh\necho checked $BUNDLE_COMMIT\nexit 3\n")
    monkeypatch.setenv("PENSTOCK_TARGETS_FILE", str(targets))
    second = typed("run")
    assert second.status == 1
    assert f"[stdout]checked {commit}-dirty\n" in second.out, "nobody takes it for the commit"
    assert "go failed" in second.out
    assert "ValidateService: check.sh failed with exit status 3" in second.out
    assert [(targets.parent / name / "app/version").read_text() for name in ("one", "two")] == ["v2", "v1"]


def test_json_is_json_alone(typed: Typed, tree: Path, targets: Path) -> None:
    ended = typed("run", "--targets", str(targets), "--json")
    assert json.loads(ended.out)["status"] == "Succeeded"
    assert (targets.parent / "two/app/version").read_text() == "v1"


def test_without_targets_it_is_said_how(typed: Typed, tree: Path, targets: Path) -> None:
    ended = typed("run")
    assert ended.status == 1
    assert "name the file that lists the targets: --targets FILE, or PENSTOCK_TARGETS_FILE" in ended.out
    targets.write_text("targets: []")
    wrong = typed("run", "--targets", str(targets))
    assert wrong.status == 2
    assert "must have `targets:` with a name for each" in wrong.err
    targets.write_text(f"targets: {{one: {{local: true, directory: {tree}, repositories: []}}}}")
    unknown = typed("run", "--targets", str(targets))
    assert f"has no target with the tags environment: prod: {targets} has to list it" in unknown.out


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{objects: site}", "penstock run writes to no object storage"),
        ("{git: {repository: acme/envs, path: a.yaml, set: {tag: x}}}", "penstock run changes no other repository"),
        ("{manifests: 'k8s/**'}", "penstock run deploys to no cluster"),
    ],
)
def test_other_forms_are_refused_with_words(typed: Typed, tree: Path, form: str, said: str) -> None:
    (tree / ".pipeline.yml").write_text(PIPELINE.replace("appspec.yml", form))
    ended = typed("run")
    assert ended.status == 1, ended.out
    assert said in ended.out
