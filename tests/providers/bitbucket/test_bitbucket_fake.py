"""The fakes are as strict as the documentation says: what a real Bitbucket refuses, they refuse too."""

from typing import Any

import aiohttp
import pytest

from tests.providers.bitbucket.conftest import Scene

BUILD = {"key": "k", "state": "SUCCESSFUL", "url": "https://ci.example/1"}


async def ask(scene: Scene, method: str, path: str, token: str | None = None, body: object = None) -> tuple[int, Any]:
    """The status and the JSON of an answer; `path` follows the repository's address."""
    given = token if token is not None else scene.fake.token(scene.fake.bot)
    stem = f"/projects/ACME/repos/{scene.web.name}" if scene.fake.data_center else "/repositories/acme/web"
    async with (
        aiohttp.ClientSession() as client,
        client.request(
            method, f"{scene.fake.api_url}{stem}{path}", json=body, headers={"Authorization": f"Bearer {given}"}
        ) as answer,
    ):
        return answer.status, await answer.json() if answer.content_type == "application/json" else None


def builds(scene: Scene) -> str:
    return f"/commits/{scene.sha}/builds" if scene.fake.data_center else f"/commit/{scene.sha}/statuses/build"


async def test_a_wrong_token_is_401_in_the_hosts_own_words(scene: Scene) -> None:
    status, body = await ask(scene, "GET", "", "wrong")
    assert status == 401
    assert body["errors"][0]["message"] if scene.fake.data_center else body["error"]["message"]


async def test_a_missing_scope_is_403_and_named(on_cloud: Scene) -> None:
    token = on_cloud.fake.token(on_cloud.fake.bot, ["repository"])
    status, body = await ask(on_cloud, "GET", "/pullrequests/1", token)
    assert (status, body["error"]["detail"]["required"]) == (403, ["pullrequest"])


async def test_what_one_may_not_see_is_404(scene: Scene) -> None:
    stranger = scene.fake.token(scene.fake.user("stranger"))
    assert (await ask(scene, "GET", "", stranger))[0] == 404


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""},
        {"key": "x" * 256},
        {"state": "PENDING"},
        {"url": ""},
        {"description": "x" * 256},
        {"name": "x" * 256},
    ],
)
async def test_a_build_that_does_not_fit_is_400(scene: Scene, change: dict[str, str]) -> None:
    assert (await ask(scene, "POST", builds(scene), body=BUILD))[0] in (201, 204)
    assert (await ask(scene, "POST", builds(scene), body=BUILD | change))[0] == 400


async def test_a_key_of_41_characters_is_400_on_cloud(on_cloud: Scene) -> None:
    assert (await ask(on_cloud, "POST", builds(on_cloud), body=BUILD | {"key": "x" * 41}))[0] == 400
    assert (await ask(on_cloud, "POST", builds(on_cloud), body=BUILD | {"key": "x" * 40}))[0] == 201
    assert (await ask(on_cloud, "POST", builds(on_cloud), body=BUILD | {"key": "x" * 40}))[0] == 200


@pytest.mark.parametrize("change", [{"url": "https://ci.example/" + "x" * 450}, {"ref": "main"}])
async def test_data_centers_builds_have_limits_of_their_own(on_data_center: Scene, change: dict[str, str]) -> None:
    assert (await ask(on_data_center, "POST", builds(on_data_center), body=BUILD | change))[0] == 400


async def test_clouds_pages_are_at_most_100_long_and_name_the_next(on_cloud: Scene) -> None:
    scene = on_cloud
    await scene.pull_request()
    for number in range(120):
        await scene.fake.comment(scene.web, 1, scene.ada, f"comment {number}")
    assert (await ask(scene, "GET", "/pullrequests/1/comments?pagelen=101"))[0] == 400
    _, page = await ask(scene, "GET", "/pullrequests/1/comments?pagelen=100")
    assert (len(page["values"]), page["size"]) == (100, 120)
    assert page["next"].startswith(scene.fake.api_url)


async def test_data_centers_pages_say_where_the_next_begins(on_data_center: Scene) -> None:
    scene = on_data_center
    await scene.pull_request()
    for number in range(120):
        await scene.fake.comment(scene.web, 1, scene.ada, f"comment {number}")
    _, page = await ask(scene, "GET", "/pull-requests/1/activities?limit=1000")
    assert (len(page["values"]), page["isLastPage"], page["nextPageStart"]) == (100, False, 100)
    assert page["values"][0]["comment"]["text"] == "comment 119"  # newest first
    _, last = await ask(scene, "GET", "/pull-requests/1/activities?limit=1000&start=100")
    assert (len(last["values"]), last["isLastPage"], last["nextPageStart"]) == (21, True, None)


async def test_data_centers_comments_are_not_listed_but_by_file(on_data_center: Scene) -> None:
    await on_data_center.pull_request()
    for path in ("/pull-requests/1/comments", f"/commits/{on_data_center.sha}/comments"):
        assert (await ask(on_data_center, "GET", path))[0] == 400


@pytest.mark.parametrize(("version", "status"), [(0, 200), (1, 409), (None, 409)])
async def test_an_edit_of_another_version_is_409(on_data_center: Scene, version: int | None, status: int) -> None:
    scene = on_data_center
    await scene.pull_request()
    made = await scene.fake.comment(scene.web, 1, scene.fake.bot, "one")
    body = {"text": "two"} | ({} if version is None else {"version": version})
    assert (await ask(scene, "PUT", f"/pull-requests/1/comments/{made.id}", body=body))[0] == status


async def test_only_who_wrote_a_comment_edits_it(scene: Scene) -> None:
    await scene.pull_request()
    made = await scene.fake.comment(scene.web, 1, scene.ada, "mine")
    pull = "/pull-requests/1" if scene.fake.data_center else "/pullrequests/1"
    body = {"text": "yours", "version": 0} if scene.fake.data_center else {"content": {"raw": "yours"}}
    assert (await ask(scene, "PUT", f"{pull}/comments/{made.id}", body=body))[0] in (401, 403)
    assert made.text == "mine"


@pytest.mark.parametrize("text", ["", " ", "x" * 32768])
async def test_a_comment_that_is_empty_or_too_long_is_400(scene: Scene, text: str) -> None:
    await scene.pull_request()
    pull = "/pull-requests/1" if scene.fake.data_center else "/pullrequests/1"
    body = {"text": text} if scene.fake.data_center else {"content": {"raw": text}}
    assert (await ask(scene, "POST", f"{pull}/comments", body=body))[0] == 400


async def test_a_pull_request_on_cloud_tells_12_characters_of_a_commit(on_cloud: Scene) -> None:
    await on_cloud.pull_request()
    _, body = await ask(on_cloud, "GET", "/pullrequests/1")
    assert len(body["source"]["commit"]["hash"]) == 12


async def test_a_failed_delivery_is_attempted_again_with_the_same_id(on_cloud: Scene) -> None:
    scene = on_cloud
    scene.fake.hooks.url = scene.fake.url + "/nowhere"
    await scene.fake.push(scene.web, "main", {"a": "1"}, "Fix", by=scene.ada)
    first = scene.fake.hooks.sent[-1]
    again = await scene.fake.hooks.attempt_again(first)
    assert again.headers["X-Request-UUID"] == first.headers["X-Request-UUID"]
    assert (first.headers["X-Attempt-Number"], again.headers["X-Attempt-Number"]) == ("1", "2")
