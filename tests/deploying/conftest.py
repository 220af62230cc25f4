"""A world on the embedded host with real jobs, and targets of this machine: a folder each, which deployments fill; or a cluster."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.actions.deploying.cluster import waiting
from bot.logs.files import LogFiles
from bot.model.deployment import Deployment
from bot.stores.memory import MemoryStore
from tests.world.host_local import LocalHost
from tests.world.kubernetes.server import Cluster
from tests.world.repo import Push
from tests.world.world import World

HEAD = "version: 0.0\nos: linux\n"
APP = HEAD + "files: [{source: app, destination: /app}]\n"


class Site:
    """A world with targets, and what deployments have made of them."""

    def __init__(self, world: World) -> None:
        self.world = world

    def targets(
        self,
        *names: str,
        repositories: str = "local:acme/*",
        zones: Mapping[str, str] | None = None,
        front: Mapping[str, object] | None = None,
    ) -> None:
        """`front` is a balancer, which runs on a target `lb` that nobody may deploy to."""
        entries = {
            name: {
                "local": True,
                "directory": str(self.root(name)),
                "zone": (zones or {}).get(name, ""),
                "tags": {"environment": "prod", "role": "web"},
                "repositories": [repositories],
            }
            for name in names
        }
        for name in names:
            self.root(name).mkdir(parents=True, exist_ok=True)
        balancers = {"front": front} if front else {}
        if front:
            entries["lb"] = {"local": True, "repositories": []}
        body = {"targets": entries, "balancers": balancers}
        (self.world.folder / "targets.yml").write_text(yaml.safe_dump(body))

    def root(self, name: str) -> Path:
        return self.world.folder / "sites" / name

    def installed(self, name: str) -> Mapping[str, str]:
        root = self.root(name)
        return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}

    async def deployments(self, push: Push) -> list[Deployment]:
        return await self.world.store.deployments((await push.execution()).id)

    async def log(self, push: Push) -> str:
        run = (await push.execution()).stages[0].actions[0]
        return await LogFiles(self.world.folder / "logs").tail(run.log, 2000)

    async def summary(self, push: Push) -> str:
        return (await push.execution()).stages[0].actions[0].summary


class Place:
    """A world with a cluster, which the repository may deploy to."""

    def __init__(self, site: Site, cluster: Cluster) -> None:
        self.site = site
        self.world = site.world
        self.cluster = cluster

    def allow(self, **entry: object) -> None:
        kubeconfig = str(self.cluster.kubeconfig(self.world.folder / "kubeconfig"))
        whole = {"kubeconfig": kubeconfig, "repositories": ["local:acme/*"], "namespaces": ["default"], **entry}
        (self.world.folder / "clusters.yml").write_text(yaml.safe_dump({"clusters": {"main": whole}}))

    def data(self, name: str) -> Any:
        return (self.cluster.find("v1", "configmaps", "default", name) or {}).get("data")

    def image(self, name: str = "web") -> str:
        body = self.cluster.find("apps/v1", "deployments", "default", name)
        assert body is not None
        return str(body["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with World(LocalHost(), MemoryStore(), tmp_path, real_jobs=True) as made:
        yield Site(made)


@pytest.fixture
async def place(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(waiting, "LOOK", 0.02)
    cluster = Cluster()
    await cluster.start()
    made = Place(site, cluster)
    made.allow()
    yield made
    await cluster.close()
