"""What is handed out works: the wheel alone, in an empty folder; the lock files hold all; container and unit know the settings."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from asyncio.subprocess import DEVNULL, create_subprocess_exec
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings import Settings
from tests.project.documents import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {"requirements.lock": ("build",), "requirements-dev.lock": ("build", "dev")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, without a network and without what lies about beside the source."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("bot", "providers"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=source, check=True)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel in it; the libraries are lent by this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    # A .pth file's folder is searched, but its own .pth files, by which this checkout would be found, are not obeyed.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def run(installed: Path, folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **env}
    return subprocess.run(
        [str(installed / "penstock"), *words],
        cwd=folder,
        env=kept,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_wheel_holds_every_file_that_is_no_program(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "providers")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert not wanted - inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    for kind in ("static/", "templates/", "migrations/versions/", "cli/sample/.pipeline.yml"):
        assert any(kind in name for name in inside)


def test_the_wheel_brings_nothing_but_the_product(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"bot", "providers", f"penstock-{PROJECT['version']}.dist-info"}


def test_what_is_installed_is_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [str(installed / "python"), "-c", "import bot, providers; print(bot.__file__, providers.__file__)"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert all(Path(each).is_relative_to(installed.parent) for each in where)


def test_the_installed_program_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "--version").stdout == f"penstock, version {PROJECT['version']}\n"
    assert json.loads(run(installed, tmp_path, "schema").stdout)["$schema"]
    shown = run(installed, tmp_path, "demo", "--port", "0", CI="true")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "✓ penstock/hello: succeeded" in shown.stdout
    assert not [path for path in tmp_path.iterdir() if path.name != ".cache"]


def locked(name: str) -> dict[str, list[str]]:
    """Distribution and version to its hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    return {entry.split()[0]: re.findall(r"--hash=sha256:([0-9a-f]{64})", entry) for entry in entries}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_every_dependency_with_hashes(name: str) -> None:
    entries = locked(name)
    assert all(entries.values()), "a distribution without a hash is not pinned"
    versions = dict(entry.split("==") for entry in entries)
    extras = [each for extra in LOCKS[name] for each in PROJECT["optional-dependencies"][extra]]
    for wanted in map(Requirement, [*PROJECT["dependencies"], *extras]):
        assert versions[canonicalize_name(wanted.name)] in wanted.specifier, f"`make lock`: {wanted}"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_place_to_download_from(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ ", (ROOT / name).read_text())


def test_what_runs_is_developed_with() -> None:
    assert set(locked("requirements.lock")) <= set(locked("requirements-dev.lock"))


@pytest.mark.parametrize(
    "file", ["Dockerfile", "deploy/compose.yaml", "deploy/kubernetes.yaml", "deploy/penstock.service"]
)
def test_only_settings_that_exist_are_named(file: str) -> None:
    named = set(re.findall(r"PENSTOCK_[A-Z_]+", (ROOT / file).read_text()))
    assert named <= {f"PENSTOCK_{name.upper()}" for name in Settings.model_fields}


def test_running_actions_are_given_their_time_before_anything_kills_the_bot() -> None:
    grace = Settings.model_fields["grace_period"].default
    service = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["penstock"]
    assert int(service["stop_grace_period"].removesuffix("s")) > grace
    unit = (ROOT / "deploy/penstock.service").read_text()
    assert int(re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[0]) > grace
    assert pod()["terminationGracePeriodSeconds"] > grace


def pod() -> Any:
    documents = yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text())
    return next(each for each in documents if each["kind"] == "StatefulSet")["spec"]["template"]["spec"]


def test_a_pod_is_told_of_no_service_and_holds_no_token_of_the_cluster() -> None:
    """Links of a service of this name would set PENSTOCK_PORT to an address."""
    assert pod()["enableServiceLinks"] is pod()["automountServiceAccountToken"] is False
    assert pod()["securityContext"]["runAsNonRoot"] is True
    own = pod()["containers"][0]["securityContext"]
    assert own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}


def test_the_container_is_no_root_and_gives_up_what_it_does_not_need() -> None:
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    (user,) = re.findall(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert int(user) > 0  # a number, by which Kubernetes knows that it is not root
    service = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["penstock"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_compose_asks_after_the_bots_health_as_the_image_does() -> None:
    """Said twice, since images that podman builds leave the Dockerfile's out."""
    service = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["penstock"]
    assert shlex.split(service["healthcheck"]["test"]) == ["python", *health_check()]


@pytest.mark.parametrize(("answer", "healthy"), [(200, True), (503, False)])
async def test_the_health_check_asks_where_the_bot_listens(answer: int, healthy: bool) -> None:
    async def alive(_request: web.Request) -> web.Response:
        return web.Response(status=answer)

    app = web.Application()
    app.router.add_get("/healthz", alive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        settings = {"PENSTOCK_PORT": str(runner.addresses[0][1]), "http_proxy": "http://127.0.0.1:1"}
        asked = await create_subprocess_exec(sys.executable, *health_check(), env=settings, stderr=DEVNULL)
        assert (await asked.wait() == 0) is healthy
    finally:
        await runner.cleanup()


def health_check() -> list[str]:
    """The image's health check, without the interpreter's name."""
    [words] = re.findall(r"^ +CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    _, *rest = json.loads(words)
    return [str(word) for word in rest]


def test_the_health_check_s_default_is_the_setting_s() -> None:
    assert f"'PENSTOCK_PORT', '{Settings.model_fields['port'].default}'" in health_check()[1]


def test_what_the_image_is_built_from_is_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    let_through = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {name for line in copied for name in line.split()} == set(let_through)
