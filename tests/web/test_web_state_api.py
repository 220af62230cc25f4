"""The state view and the histories of actions and rules, as programs get them."""

from typing import Any

from bot.model.repository import Ref, RefKind, Repository
from tests.web.begun import failed, through_build, waiting
from tests.web.conftest import Client
from tests.web.scene import Scene

MAIN = Ref(RefKind.BRANCH, "main")


async def get(client: Client, path: str, **query: str) -> Any:
    async with client.get(path, params=query) as answer:
        assert answer.status == 200
        return await answer.json()


async def test_a_lane_tells_of_each_stage_who_was_in_last_who_waits_and_who_holds_it(
    client: Client, scene: Scene
) -> None:
    """RUN-10: every execution is told with its revision. INB-2: inbound executions are in the state view."""
    first = await waiting(scene, ref=MAIN)
    second = await through_build(scene, message="Mend the price", ref=MAIN)
    await scene.hold(second, "production", "Friday")
    await scene.finish(second, "deploy")
    await scene.finish(second, "smoke-test")
    (lane,) = (await get(client, "/api/lanes"))["lanes"]
    assert (lane["repository"], lane["pipeline"], lane["ref"], lane["mode"]) == (
        "acme/web", "web", "heads/main", "superseded",
    )  # fmt: skip
    assert lane["version"] == 0, "the home branch has never been told of"
    assert lane["url"].endswith("/repositories/fake/acme/web/-/web/heads/main")
    assert [execution["number"] for execution in lane["live"]] == [2, 1]
    build, staging, production = lane["stages"]
    assert (build["latest"]["id"], build["status"], build["transition"]["enabled"]) == (second.id, "Succeeded", True)
    assert (staging["latest"]["number"], production["latest"]["id"]) == (2, first.id)
    assert production["status"] == "InProgress"
    hold = production["transition"]
    assert (hold["enabled"], hold["changed_by"], hold["reason"]) == (False, "ben", "Friday")
    (inbound,) = production["inbound"]
    assert (inbound["id"], inbound["revision"]["summary"]) == (second.id, "Mend the price")
    assert inbound["wait"]["hold"]["reason"] == "Friday"
    go_live = production["actions"][0]
    assert (go_live["name"], go_live["kind"], go_live["status"]) == ("go-live", "approve", "InProgress")
    assert go_live["answers"][0]["words"] == "Looks right on staging"


async def test_lanes_are_paged_across_repositories_without_gap_or_overlap(client: Client, scene: Scene) -> None:
    other = Repository("fake", "8", "acme/zoo")
    for ref in (MAIN, Ref(RefKind.TAG, "v1"), Ref(RefKind.PULL_REQUEST, "7")):
        await scene.start(ref=ref)
    await scene.start(ref=MAIN, repository=other)
    seen, before = [], ""
    for _ in range(4):
        page = await get(client, "/api/lanes", limit="1", before=before)
        seen += [f"{lane['repository']} {lane['ref']}" for lane in page["lanes"]]
        before = page["next"]
    assert before == ""
    assert seen == ["acme/web pull/7", "acme/web tags/v1", "acme/web heads/main", "acme/zoo heads/main"]


async def test_lanes_are_filtered(client: Client, scene: Scene) -> None:
    await scene.start(ref=MAIN)
    await scene.start()
    for query, refs in (
        ({"ref": "main"}, ["heads/main"]),
        ({"ref": "#7", "pipeline": "web"}, ["pull/7"]),
        ({"pipeline": "docs"}, []),
        ({"repository": "acme/none"}, []),
        ({"before": "nothing:known"}, []),
    ):
        found = await get(client, "/api/lanes", **query)
        assert [lane["ref"] for lane in found["lanes"]] == refs, query


async def test_every_attempt_at_an_action_is_listed_newest_first_and_paged_by_its_key(
    client: Client, scene: Scene
) -> None:
    execution = await failed(scene)
    await scene.retry(execution)
    await scene.finish(execution, "unit")
    await scene.start(ref=MAIN)
    seen, before = [], ""
    for _ in range(6):
        page = await get(client, "/api/actions", limit="1", before=before)
        seen += [(one["number"], one["name"], one["attempt"], one["status"]) for one in page["actions"]]
        before = page["next"]
    assert before == ""
    assert seen == [
        (2, "unit", 1, "InProgress"),
        (2, "lint", 1, "InProgress"),
        (1, "package", 1, "InProgress"),
        (1, "unit", 2, "Succeeded"),
        (1, "unit", 1, "Failed"),
        (1, "lint", 1, "Succeeded"),
    ]


async def test_the_actions_of_one_execution_and_of_a_filter(client: Client, scene: Scene) -> None:
    execution = await failed(scene)
    await scene.start(ref=MAIN)
    one = await get(client, "/api/actions", execution=execution.id)
    assert [action["name"] for action in one["actions"]] == ["unit", "lint"]
    assert one["actions"][0]["summary"] == "exit status 2"
    assert one["actions"][0]["latest"] is True
    paged = await get(client, "/api/actions", execution=execution.id, limit="1")
    assert paged["next"] == f"{execution.id}/build/unit/1"
    rest = await get(client, "/api/actions", execution=execution.id, before=paged["next"])
    assert [action["name"] for action in rest["actions"]] == ["lint"]
    assert [a["number"] for a in (await get(client, "/api/actions", ref="main"))["actions"]] == [2, 2]
    assert (await get(client, "/api/actions", execution="unknown")) == {"actions": [], "next": ""}


async def test_the_history_of_rules_is_empty_where_none_are(client: Client, scene: Scene) -> None:
    await scene.start()
    assert await get(client, "/api/rules") == {"rules": [], "next": ""}


async def test_executions_are_filtered_by_the_stage_that_they_have_succeeded_in(client: Client, scene: Scene) -> None:
    first = await waiting(scene, ref=MAIN)
    await failed(scene, ref=Ref(RefKind.TAG, "v1"))
    which = {"repository": "acme/web", "pipeline": "web", "succeededInStage": "staging"}
    found = await get(client, "/api/executions", **which)
    assert [each["id"] for each in found["executions"]] == [first.id]
    assert (await get(client, "/api/executions", **{**which, "succeededInStage": "production"}))["executions"] == []
    async with client.get("/api/executions", params={"succeededInStage": "staging"}) as answer:
        assert (answer.status, "say which" in (await answer.json())["error"]) == (400, True)


async def test_ver_8_a_version_of_a_definition_is_had_again_and_an_unknown_one_is_not_found(
    client: Client, scene: Scene
) -> None:
    execution = await scene.start(ref=MAIN)
    found = await scene.store.execution(execution.id)
    assert found is not None
    await scene.store.record_version(execution.lane.repository, found[1], "a test")
    which = {"repository": "acme/web", "pipeline": "web"}
    told = await get(client, "/api/definitions", version="1", **which)
    assert [stage["name"] for stage in told["pipeline"]["stages"]] == [stage.name for stage in found[1].stages]
    assert told["pipeline"]["secrets"] == {}
    for version, status in (("2", 404), ("0", 404), ("9" * 30, 400), ("x", 400), ("", 400)):
        async with client.get("/api/definitions", params={**which, "version": version}) as answer:
            assert answer.status == status
