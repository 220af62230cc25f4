"""Deliveries that no host sends, signed all the same: each is answered, and none keeps the bot from its work."""

from collections import Counter
from functools import partial
from random import Random

from tests.replays.mutation import mutated
from tests.world.world import World

EACH = 12


async def test_whatever_deliveries_say_the_bot_works_on(world: World) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    answers = await _mutate_the_newest(world, "opened")
    await pull_request.comment("/status")
    answers += await _mutate_the_newest(world, "commented")
    await repo.push()
    answers += await _mutate_the_newest(world, "pushed")
    assert answers[202] == 3 * EACH
    assert await (await repo.push()).status() == "Succeeded"


async def _mutate_the_newest(world: World, name: str) -> Counter[int]:
    newest: list[bytes] = []

    def keep(body: bytes) -> bytes:
        newest.append(body)
        return body

    answers = Counter([await world.deliver_again(keep)])
    assert answers == {200: 1}
    for seed in range(EACH):
        edit = partial(mutated, newest[0], Random(seed))
        answers[await world.deliver_again(lambda _, edit=edit: edit(), f"{name}-{seed}")] += 1  # type: ignore[misc]
    return answers
