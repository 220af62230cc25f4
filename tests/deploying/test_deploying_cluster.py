"""Deployments to a cluster: what is applied and waited for, what is refused before, what is deleted, what is brought back, and after a crash."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import yaml

from bot.actions.deploying.cluster import applying, waiting
from bot.actions.deploying.cluster.plan import Plan, Planned
from bot.clusters import connection
from bot.messages.words import said, when
from bot.model.cluster_deployment import ObjectRef
from bot.model.deployment import Creator, Deployment, DeploymentStatus, TargetStatus
from bot.model.execution import ActionStatus
from bot.ports import ActionContext, ClusterSession, ObjectRefused
from tests.deploying.conftest import Site
from tests.world.kubernetes.kinds import Body
from tests.world.kubernetes.server import Cluster


def deployment(name: str = "web", image: str = "acme/web:1", **spec: Any) -> Body:
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    own = {"selector": {"matchLabels": {"app": name}}, "template": pod, "replicas": 2, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": own}


def config_map(name: str, **data: object) -> Body:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def written(*bodies: Mapping[str, Any]) -> dict[str, str]:
    return {"k8s/all.yaml": yaml.safe_dump_all(bodies)}


def pipeline(more: str = "") -> str:
    return f'stages: [{{name: prod, actions: [{{name: go, deploy: {{manifests: "k8s/**"{more}}}}}]}}]\n'


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
async def place(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(waiting, "LOOK", 0.02)
    cluster = Cluster()
    await cluster.start()
    made = Place(site, cluster)
    made.allow()
    yield made
    await cluster.close()


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


async def test_a_cluster_that_does_not_answer_is_waited_for_before_anything_is_begun(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the bot's own artifact store is: people see for what, and until when."""
    monkeypatch.setattr(connection, "PATIENCE", 0.0)
    right = (place.world.folder / "clusters.yml").read_text()
    kubeconfig = place.cluster.kubeconfig(place.world.folder / "away")
    kubeconfig.write_text(re.sub(r"(server: \S+):\d+", r"\1:1", kubeconfig.read_text()))
    (place.world.folder / "clusters.yml").write_text(
        right.replace(str(place.world.folder / "kubeconfig"), str(kubeconfig))
    )
    repo = await place.world.repo(pipeline())
    push = await repo.push(files=written(config_map("hello", a="1")))
    until = when(place.world.clock.at + 900)
    run = (await push.execution()).stages[0].action("go")
    assert said(run) == f"waits for the cluster main, which can't be reached: it is tried again until {until}"
    assert "the cluster main can't be reached: it is tried again" in await place.site.log(push)
    assert await place.site.deployments(push) == []
    (place.world.folder / "clusters.yml").write_text(right)
    await place.world.wind(seconds=60)
    assert await push.status() == "Succeeded", await place.site.summary(push)
    assert place.data("hello") == {"a": "1"}

    (place.world.folder / "clusters.yml").write_text(
        right.replace(str(place.world.folder / "kubeconfig"), str(kubeconfig))
    )
    push = await repo.push(files=written(config_map("hello", a="2")))
    await place.world.wind(seconds=900)
    assert await place.site.summary(push) == "the cluster main can't be reached, however often it was tried for 15 min"


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


CLUSTER_ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "all"},
    "rules": [],
}


@pytest.mark.parametrize(
    ("files", "more", "words"),
    [
        pytest.param(
            written({**deployment(), "spec": {"replica": 1}}, config_map("a", a=1)),
            "",
            [
                "k8s/all.yaml:1: Deployment/web: failed to create typed patch object: .spec.replica",
                "k8s/all.yaml:8: ConfigMap/a: failed",
            ],
            id="what the cluster refuses, all at once",
        ),
        pytest.param(
            written(
                CLUSTER_ROLE,
                {**config_map("a"), "metadata": {"name": "a", "namespace": "kube-system"}},
                {**config_map("a"), "kind": "Till"},
                config_map("b"),
                config_map("b"),
            ),
            "",
            [
                "ClusterRole/all belongs to no namespace",
                "`cluster_scoped`",
                "ConfigMap/a in kube-system: main has no namespace 'kube-system' for this repository",
                "main knows no Till of v1",
                "ConfigMap/b is in k8s/all.yaml:20 already",
            ],
            id="what the operator does not let in, and what is there twice",
        ),
        pytest.param(
            written(deployment()), ", namespace: kube-system", ["no namespace 'kube-system'"], id="another's namespace"
        ),
        pytest.param(written(deployment()), ", cluster: other", ["has no cluster other"], id="another's cluster"),
    ],
)
async def test_what_can_not_be_applied_is_refused_before_anything_is(
    place: Place, files: Mapping[str, str], more: str, words: Sequence[str]
) -> None:
    repo = await place.world.repo(pipeline(more))
    push = await repo.push("one", files=files)
    assert await push.status() == "Failed"
    told = await place.site.summary(push)
    assert [each for each in words if each not in told] == [], told
    assert not await place.site.deployments(push)
    assert not [each for each in place.cluster.asked if each.startswith("delete")]
    assert [place.cluster.find("apps/v1", "deployments", "default", "web"), place.data("a")] == [None, None]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({**written({"kind": "Pod"}), "k8s/deep/b.yaml": "a: [1"}, "k8s/all.yaml:1:1: apiVersion: The object has no"),
        ({"other.txt": ""}, "`k8s/**` chooses no file"),
        (written(config_map("a")), "No manifest has `${WHO}` in a text"),
    ],
)
async def test_a_commit_whose_manifests_are_none_starts_nothing(
    place: Place, files: Mapping[str, str], said: str
) -> None:
    push = await (await place.world.repo(pipeline(", set: {WHO: x}"))).push("one", files=files)
    assert await push.executions() == []
    [description] = (await push.described()).values()
    assert said in description
    assert place.cluster.asked == []


async def test_manifests_that_an_action_makes_are_told_by_the_deployment(place: Place) -> None:
    make = "{name: make, run: 'mkdir k8s; echo kind: Pod > k8s/a.yaml; echo \"a: [1\" > k8s/b.yaml', outputs: {out: ['k8s/**']}}"
    go = "{name: go, run_order: 2, inputs: [out], deploy: {manifests: 'k8s/**'}}"
    push = await (await place.world.repo(f"stages: [{{name: prod, actions: [{make}, {go}]}}]\n")).push()
    told = (await push.execution()).stages[0].action("go").summary
    for words in ("k8s/a.yaml:1:1: apiVersion: The object has no `apiVersion`", "no `metadata`", "k8s/b.yaml:1"):
        assert words in told


async def test_a_name_that_a_value_has_made_leads_nowhere_else_in_the_api(place: Place) -> None:
    """Even where the operator lets the repository into every namespace: `..` there would be a path to what is in none."""
    place.allow(namespaces=["*"])
    named, within = config_map("${X}", a="b"), config_map("x", a="b")
    within["metadata"]["namespace"] = "${X}"
    repo = await place.world.repo(pipeline(', namespace: default, set: {X: ".."}'))
    push = await repo.push("one", files=written(named, within))
    told = await place.site.summary(push)
    assert "no object can have the name '..'" in told
    assert "main has no namespace '..' for this repository" in told
    assert not [each for each in place.cluster.asked if each.startswith("patch")]


async def test_a_field_that_somebody_else_manages_is_theirs_unless_it_is_taken_by_force(place: Place) -> None:
    objects = place.cluster.objects
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 7}}
    known = objects.known["apps/v1", "deployments"]
    objects.apply(known, "default", "web", deployment(), "penstock", force=False, dry=False)
    objects.apply(known, "default", "web", scaled, "scaler", force=True, dry=False)
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment()))
    assert await push.status() == "Failed"
    assert "spec.replicas belongs to scaler. Leave it out" in await place.site.summary(push)
    push = await repo.push("two", files={".pipeline.yml": pipeline(", force: true")})
    assert await push.status() == "Succeeded"


@pytest.mark.parametrize(("more", "theirs"), [("", "theirs"), (", force: true", "1")])
async def test_going_back_leaves_others_what_they_have_taken_over_since(place: Place, more: str, theirs: str) -> None:
    objects = place.cluster.objects
    repo = await place.world.repo(pipeline(more))
    await repo.push("good", files=written(deployment(), config_map("shared", ours="1", others="1")))
    known = objects.known["v1", "configmaps"]
    objects.apply(known, "default", "shared", config_map("shared", others="theirs"), "ada", force=True, dry=False)
    push = await repo.push("bad", files=written(deployment(image="acme/web:missing"), config_map("shared", ours="2")))
    assert "rolled back by d-" in await place.site.summary(push)
    assert place.data("shared") == {"ours": "1", "others": theirs}
    said = "ConfigMap/shared | data.others belongs to ada, and stays as it is"
    assert (said in await place.site.log(push)) is (theirs == "theirs")


async def test_a_right_that_is_missing_is_named(place: Place) -> None:
    place.cluster.forbidden.add(("patch", "deployments"))
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment()))
    assert 'cannot patch resource "deployments"' in await place.site.summary(push)
    assert "The operator gives the bot's account this right" in await place.site.summary(push)


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


async def test_a_cluster_that_is_away_for_a_moment_is_asked_again(place: Place) -> None:
    place.cluster.faults = [503, 0, 429]
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment()))
    assert await push.status() == "Succeeded"


async def test_credentials_that_the_cluster_does_not_take_are_told(place: Place) -> None:
    place.cluster.token = "another"
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment()))
    assert await push.status() == "Failed"
    assert "it does not take the bot's credentials" in await place.site.summary(push)


async def test_sto_1_a_stop_ends_the_waiting_and_says_what_was_not_ready(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    going = asyncio.create_task(repo.push("one", files=written(deployment(image="acme/web:slow"))))
    while not [each for each in place.cluster.asked if each.startswith("watch")]:  # noqa: ASYNC110  a request tells nobody
        await asyncio.sleep(0.01)
    execution = (await repo.executions())[-1]
    run = execution.stages[0].actions[0]
    await place.world.deploy.abandon(run.log)
    push = await going
    (found,) = await place.site.deployments(push)
    assert (found.status, found.message) == (DeploymentStatus.STOPPED, "it was stopped: Deployment/web is not ready")
    assert (await push.execution()).stages[0].actions[0].status is ActionStatus.FAILED


async def test_a_life_of_the_bot_that_ended_in_the_middle_is_gone_on_with(place: Place) -> None:
    """It is applied again, which changes nothing there, and waited for; performed once more, nothing is done again."""
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment(), config_map("a", b="c")))
    (whole,) = await place.site.deployments(push)
    found = await place.world.store.execution((await push.execution()).id)
    assert found is not None
    execution, definition = found
    context = ActionContext(execution, definition, definition.stages[0], definition.stages[0].actions[0], 1)
    left = tuple(replace(run, status=TargetStatus.IN_PROGRESS) for run in whole.targets)
    middle = replace(whole, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=left)
    await place.world.store.keep_deployment(middle)
    version = place.cluster.objects.version
    assert (await place.world.deploy.perform(context)).status is ActionStatus.SUCCEEDED
    assert place.cluster.objects.version == version
    assert [replace(one, ended_at=None) for one in await place.site.deployments(push)] == [
        replace(whole, ended_at=None)
    ]
    asked = len(place.cluster.asked)
    assert (await place.world.deploy.perform(context)).status is ActionStatus.SUCCEEDED
    assert len(place.cluster.asked) == asked


async def test_sto_1_what_an_earlier_life_has_begun_is_stopped(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(config_map("a", b="c"), deployment()))
    (whole,) = await place.site.deployments(push)
    first, second = whole.targets
    left = (first, replace(second, status=TargetStatus.IN_PROGRESS))
    await place.world.store.keep_deployment(
        replace(whole, status=DeploymentStatus.IN_PROGRESS, ended_at=None, targets=left)
    )
    await place.world.deploy.abandon(f"{whole.execution}/prod/go/1")
    (found,) = await place.site.deployments(push)
    assert (found.status, found.message) == (DeploymentStatus.STOPPED, "it was stopped: Deployment/web is not ready")
    assert [run.status for run in found.targets] == [TargetStatus.SUCCEEDED, TargetStatus.UNKNOWN]


async def test_what_a_deployment_left_that_nobody_goes_on_with_is_pruned_by_the_next(place: Place) -> None:
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(config_map("a", b="c"), deployment()))
    (whole,) = await place.site.deployments(push)
    await place.world.store.keep_deployment(replace(whole, status=DeploymentStatus.IN_PROGRESS))
    await repo.push("two", files=written(deployment()))
    assert place.data("a") is None


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
