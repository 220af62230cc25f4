"""The operator's clusters: who is let in where, what is wrong with the file; and one spoken to when it does not answer as it should."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.doctor import clusters as doctor_clusters
from bot.clusters.clusters import FileClusters
from bot.clusters.clusters_file import read_clusters_file
from bot.model.cluster_deployment import ObjectRef
from bot.model.repository import Repository
from bot.ports import ClusterLost, ClusterRefused, ObjectRefused
from bot.settings import load
from bot.targets.operator_file import OperatorFileInvalid
from tests.world.kubernetes.server import TOKEN, Cluster

WEB = Repository("github", "1", "acme/web")
ENTRY = {"kubeconfig": "/etc/k", "repositories": ["github:acme/*"], "namespaces": ["web"]}
REF = ObjectRef("v1", "ConfigMap", "default", "a")
BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "1"}}


def listed(folder: Path, **clusters: dict[str, Any]) -> FileClusters:
    (folder / "clusters.yml").write_text(yaml.safe_dump({"clusters": clusters}))
    return FileClusters(folder / "clusters.yml")


def test_a_repository_gets_the_cluster_that_the_operator_lets_it_have(tmp_path: Path) -> None:
    other = {**ENTRY, "repositories": ["github:other/*"]}
    clusters = listed(tmp_path, main=ENTRY, other=other)
    found = clusters.choose(WEB, "")
    assert (found.name, found.namespace) == ("main", "web")
    assert found.takes_namespace("web")
    assert not found.takes_namespace("kube-system")
    assert not found.takes_kind(ObjectRef("v1", "Namespace", "", "web"))
    with pytest.raises(ClusterRefused, match="has no cluster other: the operator lists"):
        clusters.choose(WEB, "other")
    with pytest.raises(ClusterRefused, match="has several clusters: name one as `cluster`, main or more"):
        listed(tmp_path, main=ENTRY, more={**ENTRY, "namespaces": ["web-*"]}).choose(WEB, "")


@pytest.mark.parametrize("clusters", [FileClusters(None), FileClusters(Path("/nowhere/clusters.yml"))])
def test_without_a_file_nobody_is_let_in(clusters: FileClusters) -> None:
    with pytest.raises(ClusterRefused):
        clusters.choose(WEB, "")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({**ENTRY, "in_cluster": True}, "and not both"),
        ({**ENTRY, "kubeconfig": None}, "and not both"),
        ({**ENTRY, "repositories": []}, "main.repositories"),
        ({**ENTRY, "repositories": ["acme/web"]}, "with their hosts"),
        ({**ENTRY, "namespaces": []}, "main.namespaces"),
        ({**ENTRY, "namespaces": ["a[b"]}, "is no pattern"),
        ({**ENTRY, "namespace": "shop"}, "not among its `namespaces`"),
        ({**ENTRY, "tokn": "secret-of-mine"}, "main.tokn"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(tmp_path: Path, entry: dict[str, Any], words: str) -> None:
    listed(tmp_path, main=entry)
    with pytest.raises(OperatorFileInvalid) as told:
        read_clusters_file(tmp_path / "clusters.yml")
    assert words in str(told.value)
    assert "secret-of-mine" not in str(told.value)


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    made = Cluster()
    await made.start()
    yield made
    await made.close()


def at(cluster: Cluster, folder: Path) -> FileClusters:
    return listed(folder, main={**ENTRY, "kubeconfig": str(cluster.kubeconfig(folder / "kubeconfig"))})


async def test_a_token_that_has_run_out_is_had_anew(cluster: Cluster, tmp_path: Path) -> None:
    session = await at(cluster, tmp_path).reach("main")
    try:
        await session.apply(REF, BODY, force=False)
        cluster.token = "another"
        cluster.kubeconfig(tmp_path / "kubeconfig")
        assert await session.get(REF) is not None
        cluster.token = "a third"
        with pytest.raises(ClusterLost, match="does not take the bot's credentials"):
            await session.get(REF)
    finally:
        await session.close()


async def test_objects_are_listed_page_by_page_deleted_once_and_watched_until_too_much_has_happened(
    cluster: Cluster, tmp_path: Path
) -> None:
    session = await at(cluster, tmp_path).reach("main")
    try:
        for number in range(501):
            cluster.objects.put(
                cluster.objects.known["v1", "configmaps"], {"metadata": {"name": f"m{number}"}}, "default"
            )
        assert len(await session.list("v1", "ConfigMap", "default")) == 501
        assert await session.list("acme.example/v1", "Till", "default") == ()
        made = await session.apply(REF, BODY, force=False)
        await session.delete(REF, "another")
        assert await session.get(REF) is not None
        uid, version = made["metadata"]["uid"], made["metadata"]["resourceVersion"]
        await session.delete(REF, uid)
        await session.delete(REF, uid)
        assert await session.get(REF) is None
        assert await anext(session.watch(REF, version)) is None
        cluster.oldest = int(cluster.objects.version)
        assert [each async for each in session.watch(REF, version)] == []
    finally:
        await session.close()


async def test_a_refusal_has_the_cluster_s_words(cluster: Cluster, tmp_path: Path) -> None:
    session = await at(cluster, tmp_path).reach("main")
    cluster.forbidden.add(("patch", "configmaps"))
    try:
        with pytest.raises(ObjectRefused, match='cannot patch resource "configmaps"') as refused:
            await session.apply(REF, BODY, force=False)
        assert (refused.value.status, refused.value.conflicts) == (403, ())
    finally:
        await session.close()


async def test_without_its_client_the_remedy_is_named(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes_asyncio", None)
    with pytest.raises(ClusterRefused, match=r"pip install 'penstock\[kubernetes\]'"):
        await at(cluster, tmp_path).reach("main")


async def test_a_kubeconfig_that_can_not_be_read_is_the_operator_s_affair(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(
        "current-context: nowhere\nusers: [{name: a, user: {token: secret-of-mine}}]\n"
    )
    with pytest.raises(ClusterLost) as lost:
        await listed(tmp_path, main={**ENTRY, "kubeconfig": str(tmp_path / "kubeconfig")}).reach("main")
    assert str(lost.value) == "its credentials can't be had: the bot's log says why"


async def test_the_doctor_has_a_line_for_each(cluster: Cluster, tmp_path: Path) -> None:
    cluster.kubeconfig(tmp_path / "kubeconfig")
    cluster.token = "another"
    refused = str(cluster.kubeconfig(tmp_path / "refused"))
    cluster.token = TOKEN
    entries = {name: {**ENTRY, "kubeconfig": str(tmp_path / name)} for name in ("kubeconfig", "refused")}
    listed(tmp_path, **entries)
    settings = load(_env_file=None, data_dir=tmp_path, clusters_file=tmp_path / "clusters.yml")
    good, bad = await asyncio.to_thread(lambda: list(doctor_clusters.of_clusters(settings)))
    assert (good.level, good.what) == ("good", "Cluster kubeconfig: it answers; deployments may go to web.")
    assert (bad.level, bad.what) == ("bad", "Cluster refused: it does not take the bot's credentials.")
    assert f"kubectl --kubeconfig {refused} version" in bad.remedy
