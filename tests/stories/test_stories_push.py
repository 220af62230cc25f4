"""A push: what runs, and what people see of it on the host."""

from tests.world.world import World


async def test_a_push_runs_to_its_success(world: World) -> None:
    repo = await world.repo("build: unit+lint > package -> staging -> prod")
    push = await repo.push("Fix the typo")

    assert await push.status() == "Succeeded"
    assert world.script.order[-3:] == ["package", "staging", "prod"]
    assert await push.statuses() == {
        "web": "success",
        "web/build": "success",
        "web/staging": "success",
        "web/prod": "success",
    }
