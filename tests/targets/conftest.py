"""Real targets: folders of this machine, and the same behind a real SSH server on loopback, which the session shares."""

import asyncio
import getpass
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from bot.actions.deploying.servers.bundle import find, listed, read
from bot.actions.deploying.servers.orders import spec_of
from bot.model.appspec import Existing, LifecycleEvent
from bot.model.deployment import EventRun, Releases
from bot.model.repository import Repository
from bot.ports import TargetSession
from bot.targets.targets import InventoryTargets

WEB = Repository("github", "1", "acme/web")


@dataclass(frozen=True, slots=True)
class Server:
    """An SSH server, and what it takes to get in."""

    port: int
    folder: Path

    def entry(self) -> Mapping[str, object]:
        return {
            "address": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "key_file": str(self.folder / "user_key"),
            "known_hosts": str(self.folder / "known_hosts"),
        }


def serve(folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    """A server with keys of its own, that answers by the time this returns."""
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "authorized_keys").write_text((folder / "user_key.pub").read_text())
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host_key.pub').read_text()}")
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder / 'host_key'}\nAuthorizedKeysFile {folder / 'authorized_keys'}\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nMaxStartups 100\n"
    )
    if getpass.getuser() == "root":
        Path("/run/sshd").mkdir(exist_ok=True, mode=0o755)
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    process = subprocess.Popen(
        [sshd, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert process.stderr is not None
    for line in process.stderr:
        if b"Server listening" in line:
            break
    return Server(port, folder), process


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server, process = serve(tmp_path_factory.mktemp("sshd"))
    yield server
    process.terminate()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


@dataclass(slots=True)
class Box:
    """One target's folder, and deployments to it, event by event."""

    folder: Path
    bundles: Path
    targets: InventoryTargets
    lines: list[str] = field(default_factory=list)
    sessions: list[TargetSession] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Where destinations are."""
        return self.folder / "root"

    def bundle(self, name: str, files: Mapping[str, str | None]) -> Path:
        """`name` is the deployment's; files by their paths, scripts executable; None is a folder; `-> x` a link."""
        root = self.bundles / name
        root.mkdir()
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                place.mkdir()
            elif text.startswith("-> "):
                place.symlink_to(text[3:])
            else:
                place.write_text(text)
                place.chmod(0o755 if text.startswith("#!") else 0o644)
        return root

    async def session(self, deployment: str) -> TargetSession:
        session = await self.targets.reach("box", "group", deployment, self.lines.append)
        self.sessions.append(session)
        return session

    async def deploy(
        self,
        deployment: str,
        files: Mapping[str, str | None] | None = None,
        events: str = "ApplicationStop DownloadBundle BeforeInstall Install AfterInstall ApplicationStart ValidateService",
        releases: Releases | None = None,
        back_to: str = "",
        existing: Existing = Existing.DISALLOW,
    ) -> list[EventRun]:
        """Event after event until one fails. `back_to` is the deployment whose release is to be gone back to."""
        root = self.bundle(deployment, files) if files is not None else self.bundles / deployment
        _, text = find("appspec.yml", root)
        spec = spec_of(read(text, "appspec.yml")[0], existing, releases, back_to or deployment)
        session = await self.session(deployment)
        runs: list[EventRun] = []
        for name in events.split():
            event = LifecycleEvent(name)
            if event is LifecycleEvent.DOWNLOAD_BUNDLE:
                reused = await session.reuse(back_to, spec) if back_to else None
                if reused is None or reused.status == "Skipped":
                    reused = await session.download(listed(root, digests=True), spec)
                runs.append(reused)
            elif event is LifecycleEvent.INSTALL:
                runs.append(await session.install())
            else:
                env = {"DEPLOYMENT_ID": deployment, "APPLICATION_NAME": "web"}
                runs.append(await session.hooks(event, env))
            if runs[-1].status == "Failed":
                break
        await session.close()
        self.sessions.remove(session)
        return runs

    def tree(self) -> Mapping[str, str]:
        """What is installed, files with their text."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            if path.is_symlink() or path.is_file():
                found[str(path.relative_to(self.root))] = (
                    f"-> {path.readlink()}" if path.is_symlink() else path.read_text()
                )
        return found


BOTH = pytest.mark.parametrize("box", ["local", "ssh"], indirect=True)
"""For what the connection could make a difference to; everything else is proved on this machine alone."""


@pytest.fixture
async def box(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Box]:
    how = getattr(request, "param", "local")
    return_to = tmp_path / "box"
    (return_to / "root").mkdir(parents=True)
    (tmp_path / "bundles").mkdir()
    entry = {"local": True} if how == "local" else request.getfixturevalue("ssh_server").entry()
    body = {
        **entry,
        "directory": str(return_to / "root"),
        "state": str(return_to / "state"),
        "repositories": ["github:acme/*"],
        "tags": {"role": "web"},
    }
    file = tmp_path / "targets.yml"
    file.write_text(yaml.safe_dump({"targets": {"box": body}}))
    made = Box(return_to, tmp_path / "bundles", InventoryTargets(file, tmp_path / "own"))
    yield made
    await asyncio.gather(*(session.close() for session in made.sessions))
