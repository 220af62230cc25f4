"""Drafts run like any other pull request, unless the settings hold them until they are made ready."""

import pytest

from bot.model.people import Role
from tests.world.world import MakeWorld, World


@pytest.mark.needs("drafts")
async def test_a_draft_runs_like_any_other_and_nothing_more_follows_when_it_is_made_ready(world: World) -> None:
    repo = await world.repo("build")
    await repo.push()
    draft = await repo.open_pull_request(draft=True)
    assert await draft.status() == "Succeeded"
    await draft.mark_ready()
    assert len(await draft.head.executions()) == 1


@pytest.mark.needs("drafts")
async def test_a_draft_that_the_settings_hold_runs_once_it_is_made_ready(make_world: MakeWorld) -> None:
    """Whatever was pushed to it meanwhile: its newest commit, once. Somebody who asks for it need not wait."""
    async with make_world(drafts_held=True) as world:
        repo = await world.repo("build")
        await repo.push()
        draft = await repo.open_pull_request(draft=True)
        first, second = draft.head, await draft.push()
        await draft.comment("/status")
        assert "it is a draft, and the settings hold drafts until they are made ready" in (await draft.answers())[-1]
        assert [await each.executions() for each in (first, second)] == [[], []]
        assert await second.statuses() == {}

        await draft.mark_ready()
        assert await first.executions() == []
        [ran] = await second.executions()
        assert (ran.status, ran.trigger.detail) == ("Succeeded", f"pull request {draft.number} opened")
        assert await (await draft.push()).status() == "Succeeded"

        asked = await repo.open_pull_request(branch="asked", draft=True)
        await asked.comment("/rerun")
        assert await asked.status() == "Succeeded"


@pytest.mark.needs("drafts")
async def test_a_draft_from_outside_is_not_even_asked_about_until_it_is_ready(make_world: MakeWorld) -> None:
    """Then it waits for leave like any other; somebody may give it before that."""
    async with make_world(drafts_held=True) as world:
        repo = await world.repo("build")
        await repo.push()
        await world.host.grant(repo.repository, world.ben, Role.READ)
        draft = await repo.open_pull_request(by=world.ben, draft=True)
        assert await draft.by_bot() == []
        await draft.mark_ready()
        assert await draft.head.statuses() == {"web": "pending"}
        assert "has not run" in (await draft.by_bot())[-1]
        assert await draft.head.executions() == []
