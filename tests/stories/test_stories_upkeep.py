"""What is old is let go of, and what still waits is not."""

from tests.world.world import World


async def test_after_a_month_deliveries_are_forgotten_and_what_waits_goes_on(world: World) -> None:
    repo = await world.repo("build -> prod: go-live! > roll-out")
    waiting = await repo.push()
    await world.bot.inbox.settled()
    await world.bot.upkeep.once()
    assert await world.store.forget_deliveries(world.clock.now() + 1, 1) == 1, "what is young was kept"

    await waiting.comment("/status")
    await world.bot.inbox.settled()
    await world.wind(days=31)
    await world.bot.upkeep.once()
    assert await world.store.forget_deliveries(world.clock.now() + 1, 1) == 0, "nothing old is left"
    assert await waiting.status() == "Failed", "an approval waits for a week"

    newest = await repo.push("Another")
    await world.bot.upkeep.once()
    await newest.comment("/approve")
    assert await newest.status() == "Succeeded"
