"""`tests/needs.sh`, by which `make test` gets the programs that a machine lacks."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "needs.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only folder where programs are found."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def add(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)


def run(programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env={"PATH": str(programs), "SBIN": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_that_has_all_is_left_alone(programs: Path) -> None:
    for name in ("git", "git-lfs", "chromium", "docker-registry", "sshd", "nginx", "ssh-keygen", "setfacl"):
        add(programs, name, "exit 1")
    ended = run(programs)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_root_gets_what_is_missing_installed(programs: Path) -> None:
    add(programs, "git", "exit 1")
    add(programs, "id", "echo 0")
    add(programs, "apt-get", 'echo "apt-get $*"')
    ended = run(programs)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[1:] == [
        "apt-get update --quiet=2",
        "apt-get install --yes --no-install-recommends git-lfs chromium docker-registry openssh-server nginx-light openssh-client acl --quiet=2",
    ]


def test_who_may_use_sudo_without_a_question_gets_it_too(programs: Path) -> None:
    add(programs, "git", "exit 1")
    add(programs, "id", "echo 1000")
    add(programs, "apt-get", "exit 1")
    add(programs, "sudo", 'shift; case "$1" in true) exit 0;; esac; echo "root: $*"')
    ended = run(programs)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[1] == "root: apt-get update --quiet=2"


def test_who_may_not_install_is_told_the_exact_command(programs: Path) -> None:
    add(programs, "id", "echo 1000")
    add(programs, "apt-get", "exit 1")
    ended = run(programs)
    assert ended.returncode == 1
    wanted = "sudo apt-get update && sudo apt-get install --yes --no-install-recommends git git-lfs chromium docker-registry openssh-server nginx-light openssh-client acl"
    assert ended.stderr.splitlines()[-1].strip() == wanted


def test_a_system_of_another_kind_is_told_what_is_missing(programs: Path) -> None:
    ended = run(programs)
    assert ended.returncode == 1
    assert ended.stderr.endswith(
        ": git git-lfs chromium docker-registry openssh-server nginx-light openssh-client acl\n"
    )


def test_an_installation_that_fails_fails_the_tests(programs: Path) -> None:
    add(programs, "id", "echo 0")
    add(programs, "apt-get", "exit 100")
    assert run(programs).returncode == 100
