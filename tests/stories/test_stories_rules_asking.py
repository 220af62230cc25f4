"""What rules make of a stage that ask somebody else (section 16.3; features 74 and 75): endpoints, and metrics."""

from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from bot.endpoints.outside import Forbidden, Outside
from bot.security.seal import seal
from tests.stories.answering import endpoint, entry, said
from tests.stories.test_stories_conditions import file
from tests.world.parts import WHSEC
from tests.world.world import World

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(("holds", "status"), [(True, "Succeeded"), (False, "Failed")])
async def test_feature_75_an_endpoint_decides(world: World, holds: bool, status: str) -> None:
    """CND-6: the rule is told whose stage it guards, with its parameters resolved."""
    async with endpoint((200, {"holds": holds, "summary": "the freeze is on"})) as (url, asked):
        world.endpoints["gate"] = f"{url}/holds"
        repo = await world.repo(
            file(entry(invoke={"function": "gate", "parameters": "region #{variables.R}"}), variables={"R": "eu"})
        )
        push = await repo.push()

    assert await push.status() == status
    [(document, _)] = asked
    assert (document["stage"], document["condition"], document["parameters"]) == ("prod", "before_entry", "region eu")
    assert document["revision"]["commit"] == push.commit
    if not holds:
        assert "asked: the freeze is on" in (await push.described())["web/prod"]


async def test_an_endpoint_is_asked_again_while_it_has_not_decided_or_is_not_well(world: World) -> None:
    answers: tuple[tuple[int, Any], ...] = (
        (503, {}),
        (200, {"holds": None, "again_in": 60, "summary": "ada looks at it"}),
        (200, {"holds": True}),
    )
    async with endpoint(*answers) as (url, asked):
        world.endpoints["gate"] = url
        repo = await world.repo(file(entry(invoke="gate")))
        push = await repo.push()
        assert await said(push) == "it answered 503: it is asked again"
        await world.wind(seconds=60)
        assert await said(push) == "ada looks at it"
        await world.wind(seconds=60)
        assert await push.status() == "Succeeded"
        assert [document["look"] for document, _ in asked] == [0, 1, 2]


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (302, {}, "redirects are not followed"),
        (200, {"ok": True}, "is not of the form"),
        (200, ["x"], "is not of the form"),
        (403, {}, "it answered 403"),
        (200, {"holds": True, "summary": "x" * 100_000}, "longer than 64 KiB"),
    ],
)
async def test_an_answer_that_decides_nothing_opens_nothing(world: World, status: int, said: Any, words: str) -> None:
    async with endpoint((status, said)) as (url, _):
        world.endpoints["gate"] = url
        repo = await world.repo(file(entry(invoke="gate")))
        push = await repo.push()
        for _again in range(6):
            await world.wind(seconds=600)

    assert await push.status() == "Failed"
    assert words in (await push.execution()).summary


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/x",
        "https://localhost:1/x",
        "https://[::ffff:127.0.0.1]:1/",
        "https://[64:ff9b::7f00:1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://10.0.0.1/",
        "https://192.0.0.192/",
        "https://[2001:1::1]/",
        "https://\uff10.0.0.0/",
        "https://127\u30020\u30020\u30021/",
        "https://user:word@example.org/",
        "https://[2002:7f00:1::1]/",
        "http://127.0.0.1:1/",
        "http://8.8.8.8/",
    ],
)
async def test_an_address_of_the_files_own_must_be_public(url: str) -> None:
    """The bot must not become a stranger's way into the network that it stands in, however the way is written."""
    outside = Outside()
    with pytest.raises(Forbidden):
        await outside.post(url, b"{}", {}, 5.0, trusted=False)
    await outside.close()


async def test_a_file_that_names_an_address_inside_gets_nowhere(world: World) -> None:
    repo = await world.repo(file(entry(invoke="https://localhost:1/holds")))
    push = await repo.push()

    assert await push.status() == "Failed"
    assert "no public address" in (await push.execution()).summary


async def test_a_request_is_signed_with_a_secret_of_the_pipeline(world: World) -> None:
    """https://www.standardwebhooks.com: checked with the reference library, as a receiver would."""
    async with endpoint((200, {"holds": True})) as (url, asked):
        world.endpoints["gate"] = url
        repo = await world.repo(name="acme/signed")
        sealed = seal(world.secrets.public_key(repo.repository), repo.repository, "GATE", WHSEC)
        repo.define(file(entry(invoke={"function": "gate", "secret": "GATE"}), secrets={"GATE": {"sealed": sealed}}))
        push = await repo.push()

    assert await push.status() == "Succeeded"
    [(_, headers)] = asked
    assert _verified(headers)
    assert WHSEC not in await world.page(f"/executions/{(await push.execution()).id}")


def _verified(headers: dict[str, str]) -> bool:
    given = {name.lower(): value for name, value in headers.items()}
    at = datetime.fromtimestamp(int(given["webhook-timestamp"]), UTC)
    return Webhook(WHSEC).sign(given["webhook-id"], at, headers["body"]) == given["webhook-signature"]


def measured(*values: float) -> dict[str, Any]:
    result = [{"metric": {}, "value": [0, str(value)]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


METRIC = {"query": 'errors{version="#{pkg.VERSION}"}', "below": 5}


async def test_feature_74_a_metric_within_bounds_passes_at_once(world: World) -> None:
    """RUL-7."""
    async with endpoint((200, measured(1))) as (url, asked):
        world.metrics_servers["prod"] = url
        repo = await world.repo(file(entry(metric={**METRIC, "wait": "5m"})))
        repo.action("unit").succeeds(VERSION='1"} or vector(0) #')
        push = await repo.push()

    assert await push.status() == "Succeeded"
    [(query, _)] = asked
    assert query["query"] == 'errors{version="1\\"} or vector(0) #"}', "a value never leaves the text it stands in"


async def test_feature_74_rul_2_before_entry_there_is_time_to_recover(world: World) -> None:
    async with endpoint((200, measured(9)), (502, {}), (200, measured(9)), (200, measured(2))) as (url, _):
        world.metrics_servers["prod"] = url
        repo = await world.repo(file(entry(metric={"query": "errors", "below": 5, "wait": "5m"})))
        push = await repo.push()
        assert "asked: 9 is not below 5" in (await push.described())["web/prod"]
        for _look in range(3):
            assert await push.status() == "InProgress"
            await world.wind(seconds=15)
        assert await push.status() == "Succeeded"


async def test_feature_74_rul_2_time_to_recover_ends(world: World) -> None:
    async with endpoint((200, measured(9))) as (url, _):
        world.metrics_servers["prod"] = url
        repo = await world.repo(file(entry(metric={"query": "errors", "below": 5, "wait": "1m"})))
        push = await repo.push()
        for _look in range(4):
            assert await push.status() == "InProgress"
            await world.wind(seconds=15)
        assert await push.status() == "Failed"
        assert (await push.described())["web/prod"].startswith("failed: before entry, asked: 9 is not below 5")


@pytest.mark.parametrize(("third", "status"), [(1, "Succeeded"), (9, "Failed")])
async def test_feature_74_c2_after_success_it_has_to_prove_itself(world: World, third: int, status: str) -> None:
    """The bake time: the first bad look fails the stage, and only the whole time of good ones passes."""
    rule = {"name": "calm", "metric": {"alarm": "Errors", "wait": "30s"}}
    firing = measured(1) if third == 9 else measured()
    async with endpoint((200, measured()), (200, measured()), (200, firing)) as (url, asked):
        world.metrics_servers["prod"] = url
        repo = await world.repo(file({"on_success": {"rules": [rule]}}))
        push = await repo.push()
        assert await push.status() == "InProgress"
        await world.wind(seconds=15)
        assert await push.status() == "InProgress"
        await world.wind(seconds=15)
        assert await push.status() == status
        assert asked[0][0]["query"] == 'ALERTS{alertname="Errors",alertstate="firing"}'


@pytest.mark.parametrize(("value", "rolled_back"), [(9, True), (1, False)])
async def test_feature_74_rul_2_on_failure_an_alarm_meets_the_condition(
    world: World, value: int, rolled_back: bool
) -> None:
    rule = {"name": "harm", "metric": {"query": "errors", "below": 5}}
    async with endpoint((200, measured(value))) as (url, _):
        world.metrics_servers["prod"] = url
        repo = await world.repo(file({"on_failure": {"result": "rollback", "rules": [rule]}}))
        await repo.push("good")
        repo.action("roll-out").fails()
        await repo.push("bad")

    assert (len(await repo.executions()) == 3) is rolled_back


async def test_a_metrics_server_is_named_by_the_settings_alone(world: World) -> None:
    repo = await world.repo(file(entry(metric={"query": "errors", "below": 5, "server": "mine"})))
    push = await repo.push()
    assert await push.status() == "Failed"
    assert "knows no metrics server mine" in (await push.execution()).summary
