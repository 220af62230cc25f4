"""Actions that a host keeps from going on: what people are told of it, when, and that it is told once."""

import asyncio
from dataclasses import replace

import pytest

from bot.messages.state import describe_execution
from bot.messages.words import outage_words, said
from bot.model.execution import ActionRun, Execution
from bot.model.outage import Outage
from bot.ports import ActionContext, ActionOutcome, HostDown, HostUnavailable, StorageUnavailable
from bot.runtime.outages import LASTS, Outages
from tests.runtime.test_runtime_let_go import NOW, WAIT, Keeps, Scene
from tests.world.patience import PATIENCE

DOWN = HostDown("GitHub does not answer; it is tried again in 12 s", 12.0, host="GitHub")
TOLD = Outage("GitHub", "does not answer", NOW)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HostUnavailable("GitHub answered 502", host="GitHub"), "waits for GitHub, which does not answer"),
        (
            HostUnavailable("GitHub limits our rate", 900.0, host="GitHub", does="limits how often it is asked"),
            "waits for GitHub, which limits how often it is asked",
        ),
        (HostUnavailable("The repository's mirror is busy."), "The repository's mirror is busy"),
    ],
)
def test_what_is_told_is_the_same_at_each_try(error: HostUnavailable, words: str) -> None:
    outages = Outages()
    outages.lasting("job", None, error, NOW)
    told = outages.lasting("job", None, error, NOW + LASTS)
    assert told is not None
    assert outage_words(told) == f"{words}: it is tried again until it works"
    assert outages.lasting("job", told, error, NOW + 500) is None


def test_what_passes_at_once_is_not_told_and_what_is_known_to_last_is_told_at_once() -> None:
    outages, short = Outages(), HostUnavailable("GitHub answered 502", host="GitHub")
    assert outages.lasting("job", None, short, NOW) is None
    assert outages.lasting("job", None, short, NOW + LASTS - 1) is None
    outages.over("job")
    assert outages.lasting("job", None, short, NOW + LASTS) is None
    assert outages.lasting("job", None, HostUnavailable("GitHub answered 503", LASTS, host="GitHub"), NOW) is not None
    assert outages.lasting("job", TOLD, HostUnavailable("", host="GitLab"), NOW) is not None


class _Works(Keeps):
    """An action that has what it needs, and then works until it is told to end."""

    async def perform(self, context: ActionContext) -> ActionOutcome:
        if self.broken is None:
            context.has_all()
        return await super().perform(context)


async def shown(scene: Scene) -> tuple[Execution, ActionRun, str]:
    found = await scene.engine.execution("e1")
    assert found is not None
    return found[0], found[0].current.action("go"), describe_execution(*found)


async def fails(scene: Scene, error: Exception, at: float) -> None:
    scene.keeps.broken, scene.clock.at = error, at
    with pytest.raises(type(error)):
        await scene.perform()


async def told(scene: Scene) -> int:
    return [entry.event.kind for entry in await scene.store.history("e1")].count("action_started")


async def begun(scene: Scene) -> None:
    """Its first try finds the host down."""
    scene.keeps.broken = HostUnavailable("GitHub answered 502", host="GitHub")
    with pytest.raises(HostUnavailable):
        await scene.begin()


async def test_a_host_that_does_not_answer_is_told_once_and_no_more_when_the_action_goes_on() -> None:
    scene = Scene()
    await begun(scene)
    assert (await shown(scene))[1].outage is None
    for seconds in (11.0, 60.0, 300.0):
        await fails(scene, DOWN, NOW + seconds)
    _, run, words = await shown(scene)
    assert said(run) == "waits for GitHub, which does not answer: it is tried again until it works"
    assert words == "waiting for GitHub, which does not answer: prod/go"
    assert await told(scene) == 1

    scene.keeps.broken = None
    await scene.perform()
    _, run, words = await shown(scene)
    assert (run.outage, run.waits) == (None, WAIT)
    assert words == "keeping the originals: prod/go"


async def test_what_waits_for_people_waits_for_them_still_while_its_host_is_down() -> None:
    scene = Scene()
    await scene.begin()
    await fails(scene, DOWN, NOW + 60)
    _, run, _ = await shown(scene)
    assert (run.waits, run.outage) == (WAIT, replace(TOLD, since=NOW + 60))
    scene.keeps.broken = None
    await scene.perform()
    assert (await shown(scene))[1].outage is None
    assert (await shown(scene))[1].waits == WAIT


async def test_an_action_that_works_on_is_told_to_as_soon_as_it_has_what_it_missed() -> None:
    scene = Scene(_Works)
    await begun(scene)
    await fails(scene, DOWN, NOW + 60)
    assert (await shown(scene))[1].outage is not None
    scene.keeps.broken = None
    scene.keeps.over.clear()
    scene.changed.clear()
    at_work = asyncio.create_task(scene.perform())
    await asyncio.wait_for(scene.changed.wait(), PATIENCE)
    _, run, words = await shown(scene)
    assert (run.outage, words) == (None, "running prod")
    scene.keeps.over.set()
    await at_work


async def test_one_outage_takes_the_place_of_another() -> None:
    scene = Scene()
    await begun(scene)
    await fails(scene, DOWN, NOW + 60)
    scene.keeps.broken = StorageUnavailable("away")
    await scene.perform()
    outage = (await shown(scene))[1].outage
    assert outage is not None
    assert (outage.what, outage.until) == ("the bot's artifact store", NOW + 60 + 900)
