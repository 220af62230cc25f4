"""The pages of repositories, pipelines and lanes, as a browser without scripts gets them."""

import json
import re
from urllib.parse import quote

from bot.model.approval import Verdict
from bot.model.intake import Intake
from bot.model.people import Person
from bot.model.pipeline import Condition, ConditionResult, Mode, Pipeline, Rule, Stage
from bot.model.repository import Ref, RefKind, Repository
from tests.web.begun import through_build, waiting
from tests.web.conftest import Client
from tests.web.scene import REPOSITORY, WEB, Scene, approve, run

MAIN = Ref(RefKind.BRANCH, "main")
LANE = "/repositories/fake/acme/web/-/web/heads/main"


async def page(client: Client, path: str, status: int = 200) -> str:
    async with client.get(path, headers={"Accept": "text/html"}) as response:
        assert response.status == status
        return await response.text()


def cards(text: str) -> list[str]:
    """Each stage's card as words, the source's first."""
    parts = re.split(r'<div class="card ', text.partition('id="lane-map"')[2].partition("</section>")[0])[1:]
    return [" ".join(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", f"<{part}", flags=re.DOTALL).split()) for part in parts]


async def known(scene: Scene) -> None:
    """The host has told of the repository's default branch."""
    await scene.store.record_intake(REPOSITORY, MAIN, "main", Intake("a push", "c" * 40, scene.clock.now(), ()))


async def test_a_lane_shows_in_each_stage_who_came_last_and_at_its_door_who_waits_and_why(
    client: Client, scene: Scene
) -> None:
    first = await waiting(scene, ref=MAIN, message="The first")
    second = await through_build(scene, ref=MAIN, message="The second")
    await scene.hold(second, "production", "not on a Friday")
    await scene.finish(second, "deploy")
    await scene.finish(second, "smoke-test")
    text = await page(client, LANE)
    assert "<dt>Definition</dt><dd>of its own revision</dd>" in text
    source, build, staging, production = cards(text)
    assert f"#2 {second.revision.short} The second" in source
    assert "build" in build
    assert f"#2 {second.revision.short} Succeeded The second" in build
    assert f"#2 {second.revision.short} Succeeded" in staging
    assert production.index("Held by ben") < production.index("#2") < production.index("#1"), "the door comes first"
    assert "not on a Friday" in production
    assert "/release production" in production
    assert f"#1 {first.revision.short} Waiting for approval The first" in production


async def test_in_parallel_mode_a_lane_lists_its_executions(client: Client, scene: Scene) -> None:
    """PAR-2: there is no state view."""
    pipeline = Pipeline("web", WEB.stages, digest="p", mode=Mode.PARALLEL)
    await scene.start("One", pipeline, ref=MAIN)
    await scene.start("Two", pipeline, ref=MAIN)
    text = await page(client, LANE)
    assert cards(text) == []
    assert "stages have no state" not in text
    assert "a stage has no state of its own" in text
    assert re.findall(r'class="title">(One|Two)<', text) == ["Two", "One"]


async def test_a_rollback_is_marked_in_its_stage_and_leads_to_what_it_brings_back(client: Client, scene: Scene) -> None:
    """RBK-7: it is in the state view as what it is."""
    good = await through_build(scene, ref=MAIN, message="Good")
    for action in ("deploy", "smoke-test"):
        await scene.finish(good, action)
    bad = await through_build(scene, ref=MAIN, message="Bad")
    await scene.finish(bad, "deploy", ok=False)
    back = await scene.roll_back(good, "staging")
    assert "staging" in cards(await page(client, LANE))[2]
    assert f"#{back.number} {good.revision.short} rollback Running Good" in cards(await page(client, LANE))[2]
    text = await page(client, f"/executions/{back.id}")
    assert f'<a href="/executions/{good.id}">execution {good.number}</a>' in text


async def test_conditions_are_on_the_pages_of_the_execution_and_of_its_lane(client: Client, scene: Scene) -> None:
    """CND-7: each condition and each of its rules, as they stand."""
    entry = Condition(ConditionResult.FAIL, (Rule("fresh", "check", {}), Rule("hours", "window", {})))
    guarded = Pipeline("web", (Stage("prod", (run("deploy"),), before_entry=entry),), digest="c")
    execution = await scene.start("Guarded", guarded, ref=MAIN)
    await scene.judge(execution, "fresh", ok=False, summary="REGION is <empty>")
    text = await page(client, f"/executions/{execution.id}")
    assert "condition before entry: <strong>does not hold</strong>" in text
    assert "REGION is &lt;empty&gt;" in text
    assert f'href="/executions/{execution.id}/logs/prod/before_entry:fresh/1"' in text
    assert "before entry: does not hold" in cards(await page(client, LANE))[1]
    history = await page(client, f"{LANE}?show=rules")
    assert "prod / fresh" in history
    assert "prod / hours" in history
    await scene.retry(execution)
    text = await page(client, f"/executions/{execution.id}")
    assert "before entry, attempt 1: does not hold" in text


async def test_a_lanes_history_of_actions_has_every_attempt_and_answer(client: Client, scene: Scene) -> None:
    execution = await waiting(scene, ref=MAIN)
    await scene.answer(execution, Verdict.REJECTED, Person("cyd", "3"), words="Not <b>today</b>")
    text = await page(client, f"{LANE}?show=actions")
    assert text.index("production / go-live") < text.index("staging / smoke-test") < text.index("build / lint")
    assert "rejected by cyd: Not &lt;b&gt;today&lt;/b&gt;" in text
    assert f'href="/executions/{execution.id}/logs/build/unit/1"' in text
    assert "No rule has been judged here." in await page(client, f"{LANE}?show=rules")
    assert "The front page" not in await page(client, f"{LANE}?show=nonsense")


async def test_pages_of_a_lanes_history_follow_one_another(client: Client, scene: Scene) -> None:
    for number in range(33):
        await scene.start(f"Change {number}", ref=MAIN)
    text = await page(client, LANE)
    assert text.count('<li class="run ') == 30
    (older,) = re.findall(r'href="([^"]*before=[^"]*)"', text)
    rest = await page(client, older.replace("&amp;", "&"))
    assert re.findall(r">Change (\d+)</a>", rest.partition("History")[2]) == ["2", "1", "0"]


async def test_a_pipelines_page_lists_its_lanes_that_of_the_default_branch_first(client: Client, scene: Scene) -> None:
    await known(scene)
    await scene.start(ref=MAIN)
    await scene.start(ref=Ref(RefKind.TAG, "v1"))
    await scene.start()
    text = await page(client, "/repositories/fake/acme/web/-/web")
    assert re.findall(r'class="title" href="([^"]*)"', text) == [
        LANE,
        "/repositories/fake/acme/web/-/web/pull/7",
        "/repositories/fake/acme/web/-/web/tags/v1",
    ]
    await page(client, "/repositories/fake/acme/web/-/none", 404)


async def test_a_repositorys_page_lists_its_pipelines_as_they_stand(client: Client, scene: Scene) -> None:
    await known(scene)
    docs = Pipeline("docs", (Stage("build", (run("site"),)),), digest="docs")
    await scene.start(ref=MAIN)
    await scene.start("Explain it", docs)
    text = await page(client, "/repositories/fake/acme/web")
    assert re.findall(r'<h2 [^>]*><a href="[^"]*">(\w+)</a>', text) == ["docs", "web"]
    assert 'href="https://host.example/acme/web"' in text
    assert "Explain it" in text


async def test_the_list_of_repositories_has_a_row_for_each_pipeline(client: Client, scene: Scene) -> None:
    assert "No repository has been heard of" in await page(client, "/repositories")
    await known(scene)
    await scene.start(ref=MAIN)
    await scene.start(ref=MAIN, repository=Repository("fake", "8", "acme/group/zoo"))
    text = await page(client, "/repositories")
    assert re.findall(r'<a href="(/repositories/[^"]*)">acme', text) == [
        "/repositories/fake/acme/group/zoo",
        "/repositories/fake/acme/web",
    ]
    assert 'href="/repositories/fake/acme/group/zoo/-/web/heads/main"' in text
    assert "acme/group/zoo" in await page(client, "/repositories/fake/acme/group/zoo")


async def test_any_branch_name_has_its_page(client: Client, scene: Scene) -> None:
    for name in ("a/-/b", "50%", "what?", "fix#1", '"><img src=x>', "events"):
        await scene.start(ref=Ref(RefKind.BRANCH, name))
        path = f"/repositories/fake/acme/web/-/web/heads/{quote(name)}"
        text = await page(client, path)
        assert "<img" not in text
        assert path in await page(client, "/repositories/fake/acme/web/-/web")


async def test_what_is_not_there_is_not_found(client: Client, scene: Scene) -> None:
    await scene.start()
    for path in ("/repositories/fake/acme/none", "/repositories/other/acme/web", LANE, f"{LANE}?events"):
        await page(client, path, 404)


async def test_an_execution_leads_to_its_lane(client: Client, scene: Scene) -> None:
    execution = await scene.start(ref=MAIN)
    text = await page(client, f"/executions/{execution.id}")
    for path in ("/repositories/fake/acme/web", "/repositories/fake/acme/web/-/web", LANE):
        assert f'<li><a href="{path}">' in text


async def test_a_lanes_page_is_told_again_when_it_changes(client: Client, scene: Scene) -> None:
    pipeline = Pipeline("web", (Stage("gate", (approve(),)),), digest="g")
    execution = await scene.start("A", pipeline, ref=MAIN)
    version = re.findall(r'data-after="(\w+)"', await page(client, LANE))[0]
    async with client.get(f"{LANE}?events&after={version}") as stream:
        assert stream.content_type == "text/event-stream"
        await scene.hold(execution, "gate", "wait")
        async for line in stream.content:
            if line.startswith(b"data: "):
                parts = json.loads(line.removeprefix(b"data: "))
                break
    assert set(parts) == {"lane-map"}, "nothing else has changed"
    assert "Held by ben" in parts["lane-map"]
