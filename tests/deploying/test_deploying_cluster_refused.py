"""Deployments to a cluster that come to nothing: what is refused before anything is, whose fields stay theirs, and which rights are missing."""

from collections.abc import Mapping, Sequence

import pytest

from tests.deploying.conftest import Place
from tests.deploying.written import config_map, deployment, pipeline, written

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


async def test_credentials_that_the_cluster_does_not_take_are_told(place: Place) -> None:
    place.cluster.token = "another"
    repo = await place.world.repo(pipeline())
    push = await repo.push("one", files=written(deployment()))
    assert await push.status() == "Failed"
    assert "it does not take the bot's credentials" in await place.site.summary(push)
