"""The list and the page of an execution, as a browser without scripts gets them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import ClientResponse

from bot.model.approval import Verdict
from bot.model.people import Person
from bot.model.pipeline import Pipeline, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.web.attempts import earlier_attempts
from tests.web.begun import failed, through_build, waiting
from tests.web.conftest import Client, Serve
from tests.web.scene import ADA, Scene, approve, run
from tests.world.patience import PATIENCE

MAIN = Ref(RefKind.BRANCH, "main")


async def page(client: Client, path: str, status: int = 200) -> str:
    async with client.get(path, headers={"Accept": "text/html"}) as response:
        assert response.status == status
        return await response.text()


async def test_an_empty_list_says_how_to_begin(client: Client) -> None:
    text = await page(client, "/")
    assert "Nothing has run yet" in text
    assert ".pipeline.yml" in text
    assert "http://127.0.0.1/webhooks/fake" in text


async def test_the_list_shows_the_newest_first_with_state_and_links(client: Client, scene: Scene) -> None:
    await failed(scene, message="Older", ref=MAIN)
    newest = await waiting(scene, message="Newer")
    text = await page(client, "/")
    assert text.index("Newer") < text.index("Older")
    assert f'href="/executions/{newest.id}"' in text
    assert "Waiting for approval" in text
    assert "Failed" in text
    assert "pull request #7" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("repository=acme/web", {"one", "two"}),
        ("repository=acme/api", {"three"}),
        ("pipeline=web", {"one", "two", "three"}),
        ("pipeline=other", set()),
        ("ref=main", {"one"}),
        ("ref=heads/main", {"one"}),
        ("ref=%237", {"two", "three"}),
        ("state=failed", {"one"}),
        ("state=waiting", {"two"}),
        ("state=active", {"two", "three"}),
        ("state=succeeded", set()),
        ("state=nonsense", {"one", "two", "three"}),
        ("state=active&repository=acme/api", {"three"}),
    ],
)
async def test_the_list_is_filtered(client: Client, scene: Scene, query: str, shown: set[str]) -> None:
    await failed(scene, message="one", ref=MAIN)
    await waiting(scene, message="two")
    await scene.start("three", repository=Repository("fake", "8", "acme/api"))
    text = await page(client, f"/?{query}")
    assert {name for name in ("one", "two", "three") if f">{name}</a>" in text} == shown
    assert ("Nothing matches" in text) == (not shown)


async def test_pages_of_the_list_follow_one_another_without_gap_or_overlap(client: Client, scene: Scene) -> None:
    for number in range(65):
        await scene.start(f"change-{number:02}", ref=Ref(RefKind.BRANCH, f"b{number}"))
    seen: list[str] = []
    path = "/"
    while path:
        text = await page(client, path)
        seen += re.findall(r">change-(\d\d)</a>", text)
        found = text.partition('<a class="button" href="')[2].partition('"')[0]
        path = found.replace("&amp;", "&")
    assert seen == [f"{number:02}" for number in reversed(range(65))]


async def test_the_page_draws_stages_actions_and_what_is_known_of_them(client: Client, scene: Scene) -> None:
    """SRC-2: the revision has its id, its summary and its page on the host."""
    execution = await through_build(scene)
    text = await page(client, f"/executions/{execution.id}")
    assert [text.index(f'id="stage-{name}"') for name in ("build", "staging", "production")] == sorted(
        text.index(f'id="stage-{name}"') for name in ("build", "staging", "production")
    )
    for expected in (
        "Fix the typo on the front page",
        f'href="https://host.example/acme/web/commit/{execution.revision.commit}"',
        'href="https://host.example/acme/web/pull/7"',
        "pull request by ada",
        "41 s",
        "312 MB of memory at most",
        f"/executions/{execution.id}/logs/build/unit/1",
        "1 of 3 done",
        "make unit",
    ):
        assert expected in text


async def test_a_waiting_approval_says_who_may_answer_and_what_to_type_where(client: Client, scene: Scene) -> None:
    """APR-1: with its message."""
    execution = await waiting(scene)
    text = await page(client, f"/executions/{execution.id}")
    for expected in (
        "waits for approval",
        "Release it?",
        "acme/release, ada",
        "(not ada, whose change it is)",
        "1 of 2: ben",
        "/approve production</code>",
        "/reject production &lt;why&gt;</code>",
        "<q>Looks right on staging</q>",
    ):
        assert expected in text


async def test_two_approvals_of_a_stage_are_told_apart(client: Client, scene: Scene) -> None:
    pipeline = Pipeline("two", (Stage("gate", (approve("legal"), approve("ops"))),), digest="two")
    execution = await scene.start(pipeline=pipeline)
    text = await page(client, f"/executions/{execution.id}")
    assert "/approve gate/legal" in text
    assert "/approve gate/ops" in text
    assert "whoever may write here" in text


async def test_a_failure_shows_its_reason_its_last_lines_and_what_to_type_next(client: Client, scene: Scene) -> None:
    execution = await failed(scene)
    text = await page(client, f"/executions/{execution.id}")
    assert "build/unit failed: exit status 2" in text
    assert "/retry</code>" in text
    assert "test_price_is_rounded" in text
    assert "Did not run" in text
    assert "<script>alert" not in text


async def test_earlier_attempts_keep_their_place(client: Client, scene: Scene) -> None:
    execution = await failed(scene)
    await scene.retry(execution)
    await scene.finish(execution, "unit", ok=False, summary="exit status 3", exit_status=3)
    text = await page(client, f"/executions/{execution.id}")
    assert f'<a href="/executions/{execution.id}/logs/build/unit/1">attempt 1: failed</a>' in text
    assert "Retry of failed actions by ben" in text
    assert "build / unit, attempt 2: failed" in text


async def test_a_record_of_an_older_version_has_its_attempts_from_history(client: Client, scene: Scene) -> None:
    """It remembers no attempts itself (`StageRun.past` is new)."""
    execution = await failed(scene)
    await scene.retry(execution)
    now = await scene.now(execution)
    history = await scene.store.history(execution.id)
    (told,) = earlier_attempts(now, history)["build/unit"]
    older = replace(now, stages=tuple(replace(stage, past=()) for stage in now.stages))
    assert earlier_attempts(older, history) == {"build/unit": (told,)}


async def test_an_approval_asked_anew_keeps_the_answer_before(client: Client, scene: Scene) -> None:
    execution = await waiting(scene)
    await scene.answer(execution, Verdict.REJECTED, Person("cyd", "3"), words="Not <b>today</b>")
    await scene.retry(execution)
    text = await page(client, f"/executions/{execution.id}")
    assert "attempt 1: rejected" in text
    assert "rejected by <strong>cyd</strong>" in text
    assert "<q>Not &lt;b&gt;today&lt;/b&gt;</q>" in text
    assert "approved by <strong>ben</strong>" in text


async def test_an_action_put_back_to_run_anew_shows_the_attempt_before(client: Client, scene: Scene) -> None:
    execution = await failed(scene)
    await scene.retry(execution)
    await page(client, f"/executions/{execution.id}/logs/build/unit/2")
    await page(client, f"/executions/{execution.id}/logs/build/unit/3", 404)


async def test_a_rejection_is_told_in_the_words_of_who_rejected(client: Client, scene: Scene) -> None:
    execution = await waiting(scene)
    await scene.answer(execution, Verdict.REJECTED, Person("cyd", "3"), words="Not <b>today</b>")
    text = await page(client, f"/executions/{execution.id}")
    assert "Not &lt;b&gt;today&lt;/b&gt;" in text
    assert "Rejected" in text


async def test_a_held_gate_says_by_whom_and_why(client: Client, scene: Scene) -> None:
    execution = await scene.start()
    await scene.hold(execution, "staging", "the tests are red")
    await scene.finish(execution, "lint", "unit", "package")
    text = await page(client, f"/executions/{execution.id}")
    assert "Held by ben: the tests are red" in text
    assert "Waiting to enter staging" in text


async def test_a_busy_stage_says_which_execution_is_in_it(client: Client, scene: Scene) -> None:
    first = await through_build(scene, ref=MAIN)
    second = await through_build(scene, ref=MAIN)
    text = await page(client, f"/executions/{second.id}")
    assert f"Waits to enter: execution {first.number} is in it" in text


async def test_a_superseded_execution_leads_to_the_one_that_took_its_place(client: Client, scene: Scene) -> None:
    await through_build(scene, ref=MAIN)
    overtaken = await through_build(scene, ref=MAIN)
    newest = await through_build(scene, ref=MAIN)
    text = await page(client, f"/executions/{overtaken.id}")
    assert "Superseded" in text
    assert f'href="/executions/{newest.id}"' in text


async def test_what_strangers_wrote_is_text_everywhere(client: Client, scene: Scene) -> None:
    hostile = '"><img src=x onerror=alert(1)> {{ 7*7 }} <script>'
    pipeline = Pipeline("web", (Stage("gate", (approve(message=hostile, link="javascript:alert(1)"),)),), digest="h")
    execution = await scene.start(hostile, pipeline, ref=Ref(RefKind.BRANCH, hostile))
    for path in ("/", f"/executions/{execution.id}", f"/?ref={hostile}&repository={hostile}"):
        text = await page(client, path)
        assert "<img" not in text
        assert "<script>" not in text
        assert "javascript:" not in text


async def test_an_unknown_execution_is_not_found(client: Client) -> None:
    for path in ("/executions/none", "/executions/none/events", "/executions/none/logs/a/b/1"):
        assert "There is no such" in await page(client, path, 404)


async def test_fifty_stages_are_drawn_in_little_time(client: Client, scene: Scene) -> None:
    stages = tuple(Stage(f"stage-{n}", tuple(run(f"action-{m}") for m in range(5))) for n in range(50))
    execution = await scene.start(pipeline=Pipeline("big", stages, digest="big"))
    text = await page(client, f"/executions/{execution.id}")
    assert text.count('class="action ') == 250


# --- live ---


async def told(response: ClientResponse) -> AsyncIterator[tuple[str, str, dict[str, str]]]:
    """Name, id and data of each event as it comes."""
    fields: dict[str, str] = {}
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text:
            name, _, value = text.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
            fields = {}


async def test_a_change_sends_the_parts_that_differ(client: Client, scene: Scene) -> None:
    execution = await scene.start()
    async with client.get(f"/executions/{execution.id}/events") as response, asyncio.timeout(PATIENCE):
        assert response.content_type == "text/event-stream", await response.text()
        events = told(response)
        name, _, parts = await anext(events)
        assert name == "parts"
        assert {"execution-head", "execution-map", "stage-build"} <= parts.keys()
        await scene.finish(execution, "lint")
        _, _, parts = await anext(events)
        assert "stage-build" in parts
        assert "stage-production" not in parts


@pytest.mark.parametrize("by", ["header", "query"])
async def test_a_reader_who_has_the_newest_is_told_only_what_comes_later(client: Client, scene: Scene, by: str) -> None:
    execution = await scene.start()
    path = f"/executions/{execution.id}/events"
    async with client.get(path) as response, asyncio.timeout(PATIENCE):
        _, newest, _ = await anext(told(response))
    headers = {"Last-Event-ID": newest} if by == "header" else {}
    params = {"after": newest} if by == "query" else {}
    async with client.get(path, headers=headers, params=params) as response, asyncio.timeout(PATIENCE):
        await scene.finish(execution, "lint")
        _, newer, parts = await anext(told(response))
    assert newer != newest
    assert "Succeeded" in parts["stage-build"]


async def test_the_page_itself_names_the_state_it_shows(client: Client, scene: Scene) -> None:
    execution = await waiting(scene)
    shown = (await page(client, f"/executions/{execution.id}")).partition('data-after="')[2].partition('"')[0]
    async with client.get(f"/executions/{execution.id}/events") as response, asyncio.timeout(PATIENCE):
        _, newest, _ = await anext(told(response))
    assert shown == newest


async def test_the_list_is_told_again_when_anything_changes(client: Client, scene: Scene) -> None:
    async with client.get("/events") as response, asyncio.timeout(PATIENCE):
        events = told(response)
        assert "Nothing has run yet" in (await anext(events))[2]["runs"]
        await scene.start("A first change")
        assert "A first change" in (await anext(events))[2]["runs"]


async def test_streams_are_bounded_kept_awake_and_given_back(serve: Serve, scene: Scene) -> None:
    execution = await scene.start(by=ADA)
    client = await serve(streams=1, heartbeat=0.05)
    path = f"/executions/{execution.id}/events"
    async with client.get(path) as response, asyncio.timeout(PATIENCE):
        async for line in response.content:
            if line == b": still here\n":
                break
        async with client.get(path) as refused:
            assert refused.status == 503
            assert refused.headers["Retry-After"]
        assert scene.changes.listeners == 1
        response.close()
        while scene.changes.listeners:  # noqa: ASYNC110  the server notices with its next heartbeat
            await asyncio.sleep(0.01)
    async with client.get(path) as response:
        assert response.status == 200
