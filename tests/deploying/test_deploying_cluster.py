"""Deployments to a cluster: what is applied and waited for, what is deleted, and what is brought back."""

from typing import Any, cast

import pytest
import yaml

from bot.actions.deploying.cluster import applying
from bot.actions.deploying.cluster.plan import Plan, Planned
from bot.model.cluster_deployment import ObjectRef
from bot.model.deployment import Creator, Deployment, DeploymentStatus, TargetStatus
from bot.ports import ClusterSession, ObjectRefused
from tests.deploying.conftest import Place
from tests.deploying.written import config_map, deployment, pipeline, written


def statuses(found: Deployment) -> dict[str, TargetStatus]:
    return {run.name: run.status for run in found.targets}


async def test_manifests_are_filled_in_applied_in_order_waited_for_and_pruned(place: Place) -> None:
    more = ', images: {acme/web: "#{variables.TAG}"}, set: {REPLICAS: "3", WHO: "a \'b\': c"}'
    repo = await place.world.repo('variables: {TAG: "1"}\n' + pipeline(more))
    plain = yaml.safe_dump(deployment(image="acme/web", replicas="REPLICAS")).replace("REPLICAS", "${REPLICAS}")
    texts = yaml.safe_dump_all([config_map("hello", to="${WHO}, ${SHELL}"), config_map("old", a="b")])
    push = await repo.push("one", files={"k8s/a.yaml": plain, "k8s/b.yml": texts, "k8s/README.md": "no: [manifest"})
    assert await push.status() == "Succeeded"
    body = place.cluster.find("apps/v1", "deployments", "default", "web")
    assert body is not None
    assert body["spec"]["replicas"] == 3
    assert body["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "penstock"
    assert place.image() == "acme/web:1"
    assert place.data("hello") == {"to": "a 'b': c, ${SHELL}"}
    log = await place.site.log(push)
    assert log.index("ConfigMap/hello | applied") < log.index("Deployment/web | applied")
    assert "Deployment/web | 3 of 3 available" in log
    (found,) = await place.site.deployments(push)
    assert statuses(found) == dict.fromkeys(
        ["ConfigMap/hello", "ConfigMap/old", "Deployment/web"], TargetStatus.SUCCEEDED
    )
    other = config_map("not-ours", a="b")
    place.cluster.objects.put(place.cluster.objects.known["v1", "configmaps"], other, "default")
    push = await repo.push("two", files={"k8s/b.yml": yaml.safe_dump(config_map("hello", to="${WHO}"))})
    assert await push.status() == "Succeeded"
    assert "ConfigMap/old | deleted" in await place.site.log(push)
    assert (place.data("old"), place.data("not-ours")) == (None, {"a": "b"})


async def test_a_pod_that_can_not_start_fails_at_once_and_what_was_there_comes_back(place: Place) -> None:
    """RLB-1: the old manifests, as a deployment of its own; what only the failed one had goes."""
    repo = await place.world.repo(pipeline())
    await repo.push("good", files=written(deployment(), config_map("kept", a="1")))
    push = await repo.push("bad", files=written(deployment(image="acme/web:missing"), config_map("new", a="1")))
    assert await push.status() == "Failed"
    summary = await place.site.summary(push)
    assert "Deployment/web: web-" in summary
    assert 'ImagePullBackOff: Back-off pulling image "acme/web:missing"' in summary
    assert "Failed to pull image: not found" in summary
    assert "rolled back by d-" in summary
    failed, back = sorted(await place.site.deployments(push), key=lambda one: one.rollback_of)
    assert (failed.status, failed.rolled_back_by) == (DeploymentStatus.FAILED, back.id)
    assert (back.status, back.creator) == (DeploymentStatus.SUCCEEDED, Creator.ROLLBACK)
    assert place.image() == "acme/web:1"
    assert (place.data("kept"), place.data("new")) == ({"a": "1"}, None)


async def test_the_first_deployment_that_fails_has_nothing_to_go_back_to(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    push = await repo.push("crash", files=written(deployment(image="acme/web:crash")))
    assert await push.status() == "Failed"
    summary = await place.site.summary(push)
    assert "CrashLoopBackOff: it ended with status 3, and was started again 4 times" in summary
    assert "nothing to roll back to" in summary


async def test_a_definition_its_objects_and_their_new_namespace_come_in_one_deployment(place: Place) -> None:
    place.allow(namespaces=["shop"], cluster_scoped=["Namespace", "CustomResourceDefinition.*"])
    names = {"plural": "tills", "singular": "till", "kind": "Till"}
    spec = {
        "group": "acme.example",
        "scope": "Namespaced",
        "names": names,
        "versions": [{"name": "v1", "served": True}],
    }
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    bodies = (
        {"apiVersion": "acme.example/v1", "kind": "Till", "metadata": {"name": "one"}, "spec": {}},
        {**head, "metadata": {"name": "tills.acme.example"}, "spec": spec},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
    )
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(*bodies))
    assert await push.status() == "Succeeded", await place.site.summary(push)
    assert place.cluster.find("acme.example/v1", "tills", "shop", "one") is not None
    push = await repo.push("two", files=written(bodies[2]))
    log = await place.site.log(push)
    assert "Till.acme.example/one | deleted" in log
    assert "tills.acme.example | no longer in the manifests, and kept: `prune: all`" in log
    push = await repo.push("three", files={".pipeline.yml": pipeline(", prune: all")})
    assert "tills.acme.example | deleted" in await place.site.log(push)


async def test_what_follows_from_a_definition_waits_until_the_cluster_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "PAUSE", 0)
    refused = [ObjectRefused(404, "the server could not find the requested resource") for _ in range(3)]
    done: list[Planned] = []

    class Late:
        async def apply(self, *_: object, **__: object) -> dict[str, Any]:
            if refused:
                raise refused.pop()
            return {}

    async def applied(planned: Planned) -> None:
        done.append(planned)

    planned = Planned(ObjectRef("acme.example/v1", "Till", "default", "one"), {}, "k8s/all.yaml:1", follows=True)
    session = cast("ClusterSession", Late())
    all_of_it = applying.Applying(session, applying.Conflicts.REFUSED, applied, lambda *_: None)
    await all_of_it.apply(Plan("default", (planned,)))
    assert done == [planned]
