"""Around the pages: headers, errors, assets, health, the schema."""

import re
from collections.abc import MutableMapping
from typing import Any

import pytest

from bot.ports import StoreUnavailable
from bot.stores.memory import MemoryStore
from tests.web.conftest import Client, Serve
from tests.web.scene import Scene

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/healthz", "/metrics"])
async def test_every_answer_keeps_to_itself(client: Client, path: str) -> None:
    async with client.get(path, headers=PAGE) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"


async def test_pages_have_nothing_inline_and_nothing_from_elsewhere(client: Client, scene: Scene) -> None:
    execution = await scene.start()
    for path in ("/", f"/executions/{execution.id}", f"/executions/{execution.id}/logs/build/unit/1", "/sign-in"):
        async with client.get(path) as response:
            text = await response.text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text)
        assert all(url.startswith("/static/") for url in re.findall(r'(?:src|link[^>]* href)="([^"]+)"', text))


async def test_assets_are_kept_for_ever_under_names_of_their_content(client: Client) -> None:
    async with client.get("/") as response:
        urls = re.findall(r'"(/static/[^"]+)"', await response.text())
    assert len(urls) == 4
    for url in urls:
        async with client.get(url) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
            assert re.search(r"\.[0-9a-f]{16}\.", url)
            tag = response.headers["ETag"]
        async with client.get(url, headers={"If-None-Match": tag}) as response:
            assert response.status == 304
    for path in ("/static/penstock.css", "/static/..%2fsite.py", "/static/%2e%2e/app.py"):
        async with client.get(path) as response:
            assert response.status == 404


async def test_what_is_not_there_is_said_as_a_page_and_as_text(client: Client) -> None:
    async with client.get("/no-such-page", headers=PAGE) as response:
        assert (response.status, response.content_type) == (404, "text/html")
        assert "There is nothing here" in await response.text()
    async with client.get("/no-such-page") as response:
        assert (response.status, response.content_type) == (404, "text/plain")
    async with client.post("/", headers=PAGE) as response:
        assert response.status == 405
        assert response.headers["Allow"]


class FailingStore(MemoryStore):
    """A store that raises what it is told to."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def executions(self, *_: object, **__: object) -> list[object]:  # type: ignore[override]
        raise self.error


async def test_our_fault_shows_a_reference_that_the_log_has_and_no_trace(
    serve: Serve, logged: list[MutableMapping[str, Any]]
) -> None:
    scene = Scene(store=FailingStore(ZeroDivisionError("the secret of the database")))
    client = await serve(site=scene.site())
    async with client.get("/", headers=PAGE) as response:
        assert response.status == 500
        text = await response.text()
    assert "secret" not in text
    assert "Traceback" not in text
    assert logged[0]["reference"] in text
    assert isinstance(logged[0]["exc_info"], ZeroDivisionError)


async def test_a_store_that_is_down_is_said_so(serve: Serve) -> None:
    scene = Scene(store=FailingStore(StoreUnavailable("The database is locked.")))
    client = await serve(site=scene.site())
    async with client.get("/", headers=PAGE) as response:
        assert response.status == 503
        assert response.headers["Retry-After"]
        assert "The database is locked." in await response.text()


async def test_alive_is_not_ready(serve: Serve) -> None:
    async def fine() -> str:
        return ""

    async def stuck() -> str:
        return "has not turned for 60 s"

    async def broken() -> str:
        raise OSError("/secret/path")

    client = await serve(checks={"store": fine})
    async with client.get("/readyz") as response:
        assert response.status == 200
        assert await response.json() == {"ready": True, "checks": {"store": "ok"}}
    client = await serve(checks={"store": broken, "outbox": stuck})
    async with client.get("/readyz") as response:
        assert response.status == 503
        assert await response.json() == {
            "ready": False,
            "checks": {"store": "OSError", "outbox": "has not turned for 60 s"},
        }
    async with client.get("/healthz") as response:
        assert response.status == 200
    client = await serve(checks={"store": fine}, warnings={"actions": stuck})
    async with client.get("/readyz") as response:
        assert response.status == 200, "deliveries are taken all the same"
        assert (await response.json())["checks"] == {"store": "ok", "actions": "has not turned for 60 s"}


async def test_the_schema_of_the_pipeline_file_is_published(client: Client) -> None:
    async with client.get("/schema/pipeline.json") as response:
        assert response.content_type == "application/schema+json"
        assert await response.json(content_type=None) == {"title": "pipeline"}


async def test_two_sites_in_one_process_count_apart(serve: Serve) -> None:
    one, other = Scene(), Scene()
    one.metrics.execution("Succeeded")
    one.metrics.action("run", "Succeeded", 3.0)
    one.metrics.status_write("github", "done")
    one.metrics.watch("outbox_depth", "Effects that wait to be performed.", lambda: 4)
    texts = []
    for scene in (one, other):
        client = await serve(site=scene.site())
        async with client.get("/metrics") as response:
            texts.append(await response.text())
    for expected in (
        'penstock_executions_total{status="Succeeded"} 1.0',
        'penstock_action_duration_seconds_count{kind="run",status="Succeeded"} 1.0',
        'penstock_status_writes_total{provider="github",result="done"} 1.0',
        "penstock_outbox_depth 4.0",
    ):
        assert expected in texts[0]
        assert expected not in texts[1]
