"""Notifications (section 19.2; feature 111): who is told of what happens, once each, and what reaches them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.stories.answering import endpoint
from tests.world.parts import WHSEC
from tests.world.world import MakeWorld

FILE = """\
notify: {{to: team{rule}}}
stages:
  - name: build
    actions: [{{name: unit, run: unit}}]
  - name: prod
    actions: [{{name: go-live, approve: {{message: "Release #{{source.CommitId}}?"}}}}]
"""

Asked = Sequence[tuple[dict[str, Any], dict[str, str]]]


def types(asked: Asked) -> list[str]:
    return [document["type"].removeprefix("dev.penstock.") for document, _ in asked]


@pytest.mark.anywhere
async def test_feature_111_whoever_can_do_something_is_told(make_world: MakeWorld) -> None:
    """APR-9: what is asked, who may answer, until when, and where; then of the failure, and that it is over."""
    async with endpoint((200, {})) as (url, asked), make_world(notify={"team": url}) as world:
        repo = await world.repo(FILE.format(rule=""))
        push = await repo.push()
        [(event, headers)] = asked
        assert event["type"] == "dev.penstock.manual-approval-needed"
        assert event["data"]["detail"]["stage"] == "prod"
        assert event["data"]["detail"]["type"]["category"] == "Approval"
        assert event["data"]["detail"]["action-execution-id"].endswith("/prod/go-live/1")
        words = event["data"]["message"].splitlines()
        assert words[0] == "web #1, prod/go-live, waits for approval"
        assert words[2:4] == [f"Release {push.commit}?", "Answer: whoever may write here, until Mon 30 Nov, 15:50 UTC"]
        assert words[4] == event["data"]["detail"]["url"]
        assert (await world.page(words[4].removeprefix(world.url))).count("go-live"), "the link leads to the execution"
        assert event["subject"] == f"acme/web/web/{(await push.execution()).id}"
        assert event["data"]["approval"] == {
            "pipelineName": "web",
            "stageName": "prod",
            "actionName": "go-live",
            "expires": "2026-11-30T15:50:00+00:00",
            "externalEntityLink": "",
            "approvalReviewLink": words[4],
            "customData": f"Release {push.commit}?",
        }
        headers = {name.lower(): value for name, value in headers.items()}
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert headers["webhook-signature"] == Webhook(WHSEC).sign(event["id"], at, headers["body"])
        assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
        assert headers["webhook-id"] == event["id"]

        await push.comment("/reject prod too early", by=world.ben)
        assert types(asked)[1:] == ["pipeline-execution-failed"]
        failed = asked[1][0]["data"]
        assert failed["additionalAttributes"]["failedStage"] == "prod"
        assert failed["message"].startswith("web #1 failed: prod/go-live: rejected by ben: too early")

        again = await repo.push()
        await again.comment("/approve")
        assert types(asked)[2:] == ["manual-approval-needed", "pipeline-execution-recovered"]
        third = await repo.push()
        await third.comment("/approve")
        assert types(asked)[4:] == ["manual-approval-needed"], "it was well before"


@pytest.mark.anywhere
async def test_a_target_that_is_down_is_told_later_and_is_told_once(make_world: MakeWorld) -> None:
    """EVT-1. Once it has taken it, whatever it says besides."""
    rule = ", events: [pipeline-execution-started]"
    long = (200, {"thanks": "x" * 100_000})
    async with endpoint((503, {}), (503, {}), long) as (url, asked), make_world(notify={"team": url}) as world:
        repo = await world.repo(FILE.format(rule=rule))
        await repo.push()
        for _ in range(2):
            await world.wind(seconds=600)
        assert types(asked) == ["pipeline-execution-started"] * 3
        assert len({document["id"] for document, _ in asked}) == 1, "by its id it is known again"
        await world.wind(seconds=6000)
        assert len(asked) == 3


@pytest.mark.anywhere
async def test_a_target_that_refuses_is_not_asked_again(make_world: MakeWorld) -> None:
    async with endpoint((410, {})) as (url, asked), make_world(notify={"team": url}) as world:
        repo = await world.repo(FILE.format(rule=", events: [pipeline-execution-started]"))
        push = await repo.push()
        await world.wind(seconds=6000)
        assert len(asked) == 1
        assert await push.status() == "InProgress", "whether somebody is told is nothing to the pipeline"


@pytest.mark.anywhere
async def test_nobody_is_told_of_an_unknown_name_or_after_a_day(make_world: MakeWorld) -> None:
    async with endpoint((503, {})) as (url, asked), make_world(notify={"team": url}) as world:
        repo = await world.repo(FILE.format(rule="").replace("to: team", "to: [team, nobody]"))
        push = await repo.push()
        assert await push.status() == "InProgress"
        [comment] = await push.comments()
        assert "tells nobody at `nobody`: the bot has no such target (it knows `team`)" in comment.body
        for _ in range(30):
            await world.wind(seconds=3600)
        before = len(asked)
        await world.wind(seconds=7200)
        assert before > 3
        assert len(asked) == before, "it is no news any more"
