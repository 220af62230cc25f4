"""Invocations of endpoints and programs (LMB-1 to LMB-5; feature 108): asked until they say how it went, with what they make."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from bot.actions.invoke.endpoint import _webhook
from bot.core.effects import StartAction
from bot.endpoints.outside import Forbidden
from bot.security.seal import seal
from tests.stories.answering import endpoint
from tests.world.parts import WHSEC
from tests.world.world import MakeWorld, World

FILE = """\
stages:
  - name: test
    actions:
      - name: smoke
        invoke: {target}
        namespace: smoke
{more}
  - name: prod
    actions:
      - {{name: tell, run: 'tell #{{smoke.URL}}'}}
"""


def file(target: Any = "gate", more: str = "") -> str:
    return FILE.format(target=json.dumps(target), more=f"        {more}" if more else "")


@pytest.mark.anywhere
async def test_lmb_1_lmb_3_feature_108_an_endpoint_is_asked_again_until_it_has_finished(world: World) -> None:
    """With the token that it gave; what it then says is there for later actions. INV-1: as a state machine's execution is asked there."""
    answers = (
        (200, {"status": "continue", "token": "first", "again_in": 60}),
        (200, {"status": "continue", "token": "second", "summary": "half of it", "url": "https://ci.example.org/7"}),
        (200, {"status": "succeeded", "outputs": {"URL": "https://stage.example.org"}, "summary": "12 checks passed"}),
    )
    async with endpoint(*answers) as (url, asked):
        world.endpoints["gate"] = url
        repo = await world.repo(file({"function": "gate", "parameters": "commit #{source.CommitId}"}))
        push = await repo.push()
        assert [document["token"] for document, _ in asked] == [""]
        document = asked[0][0]
        assert (document["type"], document["stage"], document["action"]) == ("action.invoke", "test", "smoke")
        assert document["parameters"] == f"commit {push.commit}"
        configuration = document["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]
        assert configuration == {"FunctionName": "gate", "UserParameters": f"commit {push.commit}"}
        assert (await push.statuses())["web/test"] in ("pending", "queued")
        await world.wind(seconds=59)
        assert len(asked) == 1, "not before the time it has asked for"
        await world.wind(seconds=1)
        assert [document["token"] for document, _ in asked] == ["", "first"]
        assert (await push.described())["web/test"] == "half of it"
        await world.wind(seconds=30)
    assert [document["token"] for document, _ in asked] == ["", "first", "second"]
    assert asked[2][0]["CodePipeline.job"]["data"]["continuationToken"] == "second"
    assert await push.status() == "Succeeded"
    run = (await push.execution()).stages[0].actions[0]
    assert (run.summary, run.ended_at or 0.0) == ("12 checks passed", (run.started_at or 0.0) + 90)
    assert run.external_url == "https://ci.example.org/7"
    [told] = repo.action("tell").jobs
    assert "https://stage.example.org" in told.env.values()


@pytest.mark.anywhere
async def test_lmb_3_what_was_heard_last_outlives_the_bot(make_world: MakeWorld) -> None:
    """The order to go on, with the token, is durable before the endpoint is left alone."""
    answers: tuple[tuple[int, Any], ...] = (
        (200, {"status": "continue", "token": "kept"}),
        (503, {}),
        (200, {"status": "succeeded"}),
    )
    async with endpoint(*answers) as (url, asked), make_world(sql=True) as world:
        world.endpoints["gate"] = url
        push = await (await world.repo(file())).push()
        [entry] = [
            e for e in await world.store.pending_effects(world.clock.at + 60) if isinstance(e.effect, StartAction)
        ]
        assert isinstance(entry.effect, StartAction)
        assert entry.effect.again is not None
        assert (entry.effect.again.token, entry.due) == ("kept", world.clock.at + 30)
        await world.wind(seconds=30)
        assert await push.status() == "InProgress", "one that is not well for a moment has failed nothing"
        assert (await push.described())["web/test"] == "it answered 503: it is asked again"
        await world.wind(seconds=30)
        assert [document["token"] for document, _ in asked] == ["", "kept", "kept"]
        assert len({headers.get("webhook-id") for _, headers in asked}) == 1, "no secret is named: nothing is signed"
        assert (await push.execution()).stages[0].actions[0].attempt == 1


@pytest.mark.anywhere
async def test_lmb_2_an_endpoint_that_takes_the_request_and_reports_nothing_times_out(world: World) -> None:
    async with endpoint((202, {})) as (url, asked):
        world.endpoints["gate"] = url
        push = await (await world.repo(file())).push()
        for _ in range(39):
            await world.wind(seconds=30)
        assert await push.status() == "InProgress"
        await world.wind(seconds=60)
    assert await push.status() == "Failed"
    assert (await push.described())["web/test"].startswith("failed: smoke: it has reported nothing for 20 min")
    assert len(asked) > 30


@pytest.mark.anywhere
async def test_how_far_it_is_is_told_every_now_and_then(world: World) -> None:
    """However often it says so: each time is kept, and calls the host."""
    answers = [(200, {"status": "continue", "again_in": 5, "summary": f"{n} of 8 checks"}) for n in range(1, 6)]
    async with endpoint(*answers) as (url, _):
        world.endpoints["gate"] = url
        push = await (await world.repo(file())).push()
        seen = []
        for _ in range(4):
            seen.append((await push.described())["web/test"])
            await world.wind(seconds=5)
    assert seen == ["1 of 8 checks", "1 of 8 checks", "1 of 8 checks", "4 of 8 checks"]


@pytest.mark.anywhere
async def test_what_says_nothing_of_a_token_leaves_it_as_it_was(world: World) -> None:
    answers: tuple[tuple[int, Any], ...] = ((200, {"status": "continue", "token": "kept"}), (202, {}), (202, {}))
    async with endpoint(*answers) as (url, asked):
        world.endpoints["gate"] = url
        await (await world.repo(file())).push()
        for _ in range(2):
            await world.wind(seconds=30)
    assert [document["token"] for document, _ in asked] == ["", "kept", "kept"]


@pytest.mark.anywhere
async def test_lmb_3_one_that_goes_on_and_on_is_ended_by_its_timeout(world: World) -> None:
    """To the minute, whenever it wants to be asked again; what kept it from answering last is told."""
    async with endpoint((200, {"status": "continue", "again_in": 150}), (503, {})) as (url, asked):
        world.endpoints["gate"] = url
        push = await (await world.repo(file(more="timeout: 152s"))).push()
        await world.wind(seconds=150)
        assert await push.status() == "InProgress"
        await world.wind(seconds=2)
    assert await push.status() == "Failed"
    assert "it had not finished within its timeout: it answered 503" in (await push.execution()).summary
    assert len(asked) == 2


def test_who_may_not_have_the_secret_asks_nothing_unsigned() -> None:
    with pytest.raises(Forbidden, match="an execution that may not have secrets can't sign with GATE"):
        _webhook({}, "GATE")
    assert _webhook({}, "") is None


@pytest.mark.anywhere
async def test_a_pipelines_secret_signs_what_is_asked_and_is_never_said_again(world: World) -> None:
    """Not even where the endpoint says it itself."""
    answer = {"status": "succeeded", "summary": f"I know {WHSEC}", "outputs": {"URL": f"https://x/{WHSEC}"}}
    async with endpoint((200, answer)) as (url, asked):
        world.endpoints["gate"] = url
        repo = await world.repo(name="acme/signed")
        sealed = seal(world.secrets.public_key(repo.repository), repo.repository, "GATE", WHSEC)
        signed = file({"function": "gate", "secret": "GATE"})
        repo.define(f"secrets: {{GATE: {{sealed: {json.dumps(sealed)}}}}}\n{signed}")
        push = await repo.push()
    assert await push.status() == "Succeeded"
    headers = {name.lower(): value for name, value in asked[0][1].items()}
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    expected = Webhook(WHSEC).sign(headers["webhook-id"], at, headers["body"])
    assert headers["webhook-signature"] == expected
    run = (await push.execution()).stages[0].actions[0]
    assert (run.summary, run.outputs["URL"]) == ("I know ****", "https://x/****")


@pytest.mark.anywhere
async def test_an_abandoned_invocation_is_asked_no_more(world: World) -> None:
    async with endpoint((200, {"status": "continue", "token": "t"})) as (url, asked):
        world.endpoints["gate"] = url
        push = await (await world.repo(file())).push()
        await push.comment("/stop abandon")
        assert await push.status() == "Stopped"
        await world.wind(seconds=3600)
        assert len(asked) == 1


@pytest.mark.anywhere
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, {"status": "failed", "summary": "2 checks failed"}), "2 checks failed"),
        ((404, {}), "it answered 404"),
        ((200, {"summary": "x" * (5 << 20)}), "its answer is longer than 4096 KiB"),
        ((302, {}), "redirects are not followed"),
        ((200, {"status": "maybe"}), "its answer has the status 'maybe': it is {"),
        ((200, {"status": "succeeded", "outputs": {"A B": "x"}}), "can't be the name of an output variable"),
        ((200, {"status": "succeeded", "outputs": {"A": "x" * 130_000}}), "OutputVariablesSizeExceeded"),
        ((200, {"status": "continue", "url": "javascript:alert(1)"}), "which is no http or https address"),
        ((200, {"status": "succeeded", "artifacts": {"x": {"a": "b"}}}), "which the action's outputs do not name"),
        ((200, {"status": "succeeded", "artifacts": {"x": {"../a": "b"}}}), "would lead out of the artifact"),
    ],
)
async def test_what_fails_an_invocation_is_said(world: World, answer: tuple[int, Any], said: str) -> None:
    async with endpoint(answer) as (url, _):
        world.endpoints["gate"] = url
        push = await (await world.repo(file())).push()
    assert await push.status() == "Failed"
    execution = await push.execution()
    assert said in execution.stages[0].actions[0].summary or said in execution.summary
    assert "data-log" not in await world.page(f"/executions/{execution.id}"), "nobody has logged anything"


@pytest.mark.anywhere
async def test_an_endpoint_that_nobody_has_named_is_told_with_those_that_there_are(world: World) -> None:
    world.endpoints["other"] = "http://127.0.0.1:9"
    push = await (await world.repo(file())).push()
    assert await push.status() == "Failed"
    assert "no endpoint gate is known: PENSTOCK_INVOKE_ENDPOINTS names other" in (await push.execution()).summary


@pytest.mark.anywhere
async def test_lmb_4_an_endpoint_returns_files(world: World) -> None:
    files = {"report.txt": "fine\n", "raw/data.bin": {"base64": base64.b64encode(b"\0\1").decode()}}
    async with endpoint((200, {"status": "succeeded", "artifacts": {"report": files}})) as (url, asked):
        world.endpoints["gate"] = url
        target = file(more='outputs: {report: ["**"]}').replace("tell #{smoke.URL}", "tell")
        push = await (await world.repo(target)).push()
    assert await push.status() == "Succeeded"
    assert asked[0][0]["CodePipeline.job"]["data"]["outputArtifacts"] == [{"name": "report"}]
    kept = (await push.execution()).stages[0].actions[0].artifacts["report"]
    await world.artifacts.unpack(kept.space, kept.id, world.folder / "report")
    assert (world.folder / "report/raw/data.bin").read_bytes() == b"\0\1"
    assert (world.folder / "report/report.txt").read_text() == "fine\n"


@pytest.mark.anywhere
async def test_lmb_5_a_program_of_the_commit_is_given_the_document(make_world: MakeWorld) -> None:
    """References in what it is told are data; in its command they are variables, as in any command."""
    async with make_world(real_jobs=True) as world:
        command = (
            'cat >got.json && test -f change-1.txt && cmp got.json "$PENSTOCK_EVENT" && echo URL=ok >"$PENSTOCK_OUTPUT"'
        )
        target = {"command": command, "parameters": "of #{source.CommitId}"}
        repo = await world.repo(
            file(target, 'outputs: {got: ["got.json"]}').replace("tell #{smoke.URL}", "test #{smoke.URL} = ok")
        )
        push = await repo.push()
        assert await push.status() == "Succeeded"
        kept = (await push.execution()).stages[0].actions[0].artifacts["got"]
        await world.artifacts.unpack(kept.space, kept.id, world.folder / "got")
        document = json.loads((world.folder / "got/got.json").read_text())
        assert document["parameters"] == f"of {push.commit}"
        assert document["CodePipeline.job"]["id"].endswith("/test/smoke/1")
