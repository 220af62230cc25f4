"""`penstock run` deploys to what is named to it, and to nothing else. What a deployment does there is told in tests/deploying."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Typed
from tests.cli.shell import Program, git
from tests.world.kubernetes.server import Cluster
from tests.world.nginx import Nginx

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


@pytest.mark.parametrize("words", [(), ("--yes",)], ids=["asked", "yes"])
async def test_bgr_4_a_deployment_that_waits_is_let_go_on_at_the_terminal(
    program: Program, tree: Path, targets: Path, words: tuple[str, ...]
) -> None:
    """The person is asked once for each wait."""
    more = "ready: {wait: 1h, on_timeout: stop}, originals: {wait: 1h}"
    plan = f"{{balancer: front, blue_green: {{blue: one, green: two, {more}}}}}"
    (tree / ".pipeline.yml").write_text(f"stages: [{{name: prod, actions: [{{name: go, deploy: {plan}}}]}}]\n")
    async with Nginx(targets.parent, {"one": lambda: "1", "two": lambda: "2"}) as front:
        written = yaml.safe_load(targets.read_text())
        written["targets"]["lb"] = {"local": True, "repositories": []}
        targets.write_text(yaml.safe_dump({**written, "balancers": {"front": front.entry()}}))
        async with program.on_a_terminal("run", "--targets", str(targets), *words) as terminal:
            if not words:
                await terminal.sees("continue prod/go? [y/N] ")
                assert "It waits to shift the traffic until" in terminal.seen
                terminal.types("y\n")
                await terminal.sees("It keeps the originals until")
                await terminal.sees("then it goes on")
                terminal.types("y\n")
            assert await terminal.ended() == 0
            assert "The wait was ended by" in terminal.seen


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
        ("{objects: site}", "you have named no place site: --bucket NAME=URL names one"),
        ("{git: {repository: acme/env, path: a.yaml, set: {tag: x}}}", "where acme/env is: --repository acme/env=URL"),
        ("{manifests: k8s.yaml}", "--clusters FILE, or PENSTOCK_CLUSTERS_FILE"),
    ],
)
def test_nothing_is_deployed_to_that_nobody_has_named(typed: Typed, tree: Path, form: str, said: str) -> None:
    (tree / ".pipeline.yml").write_text(PIPELINE.replace("appspec.yml", form))
    (tree / "k8s.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}")
    ended = typed("run")
    assert ended.status == 1, ended.out
    assert said in ended.out
    assert "`penstock run STAGE` runs one stage alone" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bucket", "site=ftp://here"], "--bucket site: takes an s3, gs, az or file URL, or a folder"),
        (["--bucket", "site="], "--bucket takes NAME=URL, not 'site='"),
        (["--repository", "acme/env"], "--repository takes OWNER/NAME=URL, not 'acme/env'"),
        (["--clusters", "appspec.yml"], "--clusters: appspec.yml: must have `clusters:` with a name for each"),
    ],
)
def test_what_names_no_place_is_wrong_usage(typed: Typed, tree: Path, words: list[str], said: str) -> None:
    ended = typed("run", *words)
    assert ended.status == 2
    assert said in ended.err


def test_objects_go_to_the_bucket_that_is_named(typed: Typed, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".pipeline.yml").write_text(PIPELINE.replace("appspec.yml", "{objects: site, key: v, prune: true}"))
    to = tree.parent / "site"
    to.mkdir()
    first = typed("run", "--bucket", "site=../site")
    assert first.status == 0, first.out
    assert "4 files written to file://" in first.out
    assert "Nothing is deleted: only a bot remembers" in first.out
    assert (to / "v/app/version").read_text() == "v1"
    (tree / ".env").write_text(f"PENSTOCK_DEPLOY_BUCKETS=site={to.as_uri()}/again\nPENSTOCK_PORT=none\n")
    (to / "again").mkdir()
    second = typed("run")
    assert second.status == 0, "a bot's settings that are wrong keep nobody from it"
    assert (to / "again/v/app/version").read_text() == "v1"
    monkeypatch.setenv("PENSTOCK_CLUSTERS_FILE", "/nowhere")
    assert typed("run").status == 0, "nor does a file that is not needed"
    monkeypatch.setenv("PENSTOCK_DEPLOY_BUCKETS", "site")
    assert "PENSTOCK_DEPLOY_BUCKETS: must hold names with s3" in typed("run").err


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """In a thread: what is typed has this one."""

    async def begun() -> Cluster:
        made = Cluster()
        await made.start()
        return made

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made = asyncio.run_coroutine_threadsafe(begun(), loop).result(20)
    yield made
    asyncio.run_coroutine_threadsafe(made.close(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_manifests_go_to_the_cluster_of_the_file(typed: Typed, tree: Path, cluster: Cluster) -> None:
    (tree / ".pipeline.yml").write_text(PIPELINE.replace("appspec.yml", "{manifests: k8s.yaml}"))
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello"}, "data": {"to": "you"}}
    (tree / "k8s.yaml").write_text(yaml.safe_dump(manifest))
    kubeconfig = cluster.kubeconfig(tree.parent / "kubeconfig")
    entry = {"kubeconfig": str(kubeconfig), "repositories": ["github:acme/web"], "namespaces": ["default"]}
    (tree.parent / "clusters.yml").write_text(yaml.safe_dump({"clusters": {"main": entry}}))
    ended = typed("run", "--clusters", "../clusters.yml")
    assert ended.status == 0, ended.out
    found = cluster.find("v1", "configmaps", "default", "hello")
    assert found is not None, "whoever names the file may"
    assert found["data"] == {"to": "you"}


class Environments:
    """A bare repository that says what runs, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        work = folder.with_name("first")
        work.mkdir()
        (work / "web.yaml").write_text("image:\n  tag: v0 # set\n")
        git(work, "init", "--quiet", "--initial-branch=main")
        git(work, "add", ".")
        git(work, "commit", "--quiet", "--message", "Begin")
        git(folder.parent, "clone", "--quiet", "--bare", str(work), str(folder))

    def __call__(self, *words: str) -> str:
        return git(self.folder, *words).strip()


@pytest.fixture
def env(tmp_path: Path) -> Environments:
    (tmp_path / ".gitconfig").write_text("[user]\nname = Grace\nemail = grace@example.org\n")
    return Environments(tmp_path / "env.git")


def by_git(more: str = "") -> str:
    change = "{git: {repository: acme/env, path: web.yaml, set: {image.tag: '#{source.CommitId}'}" + more + "}}"
    return PIPELINE.replace("appspec.yml", change)


def test_a_change_is_committed_in_the_name_of_whoever_runs_it(typed: Typed, tree: Path, env: Environments) -> None:
    (tree / ".pipeline.yml").write_text(by_git())
    ended = typed("run", "--repository", "acme/env=../env.git")
    assert ended.status == 0, ended.out
    commit = git(tree, "rev-parse", "HEAD").strip()
    assert env("show", "main:web.yaml").replace('"', "") == f"image:\n  tag: {commit} # set"
    assert env("log", "-1", "--format=%an <%ae>", "main") == "Grace <grace@example.org>"
    message = env("log", "-1", "--format=%B", "main")
    assert message.startswith(f"Deploy here@{commit[:7]}-dirty to prod\n\nhere of here@{commit[:7]}-dirty, by hand.\n")
    assert (
        "nothing to change: acme/env, branch main says so already"
        in typed("run", "--repository", f"acme/env={env.folder.as_uri()}").out
    )
    gone = typed("run", "--repository", "acme/env=/nowhere")
    assert gone.status == 1
    assert "git can't do that at /nowhere: " in gone.out


def test_what_git_refuses_is_told_in_its_words(typed: Typed, tree: Path, env: Environments) -> None:
    hook = env.folder / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho not on fridays >&2\nexit 1\n")
    hook.chmod(0o755)
    (tree / ".pipeline.yml").write_text(by_git())
    ended = typed("run", "--repository", "acme/env=../env.git")
    assert ended.status == 1
    assert "not on fridays" in ended.out


def test_a_pull_request_is_a_branch_whose_merge_is_waited_for(
    typed: Typed, tree: Path, env: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever way it is merged: this one has another message."""
    (tree / ".pipeline.yml").write_text(by_git(", pull_request: true, wait: merged"))
    monkeypatch.setattr("bot.actions.deploying.git.waiting.LOOK_SOONEST", 0.05)

    over = threading.Event()

    def merge() -> None:
        branch = ""
        while not branch and not over.wait(0.02):
            branch = env("for-each-ref", "--format=%(refname)", "refs/heads/penstock")
        tree_of_it = env("rev-parse", f"{branch}^{{tree}}")
        merged = env("commit-tree", tree_of_it, "-p", "main", "-m", "Squashed")
        env("update-ref", "refs/heads/main", merged)

    with ThreadPoolExecutor() as threads:
        merging = threads.submit(merge)
        ended = typed("run", "--repository", "acme/env=../env.git")
        over.set()
        merging.result()
    assert ended.status == 0, ended.out
    branch = env("for-each-ref", "--format=%(refname:short)", "refs/heads/penstock")
    assert f"Pushed the branch {branch} of acme/env: open a pull request from it to main." in ended.out
    assert f"the branch {branch} of acme/env was merged" in ended.out
