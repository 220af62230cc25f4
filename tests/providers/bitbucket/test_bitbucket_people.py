"""People on Bitbucket: what their roles are, and their groups."""

import pytest

from bot.model.people import Person, Role
from bot.ports import HostRefused
from tests.providers.bitbucket.conftest import Scene
from tests.world.fake.faults import Fault


async def test_a_groups_permission_counts(scene: Scene) -> None:
    eve = scene.fake.user("eve")
    scene.fake.group("admins", [eve])
    scene.web.group_roles["admins"] = "admin"
    assert await scene.provider.role(scene.repository, scene.person(eve)) is Role.ADMIN


async def test_somebody_whose_name_holds_anothers_is_not_taken_for_them(scene: Scene) -> None:
    """Data Center's filter finds every name that contains the one that is asked for."""
    for name in ("ben", "benjamin", "aben"):
        scene.fake.user(name)
    scene.fake.grant(scene.web, scene.fake.user("benjamin"), "admin")
    assert await scene.provider.role(scene.repository, scene.person(scene.fake.user("ben"))) is Role.NONE


@pytest.mark.parametrize("name", ["ada.l@acme", 'o"neil', "ada & ben", "würde", "a/b", "{x}"])
async def test_names_with_odd_characters_are_asked_for_as_they_are(scene: Scene, name: str) -> None:
    odd = scene.fake.user(name)
    scene.fake.grant(scene.web, odd, "write")
    assert await scene.provider.role(scene.repository, scene.person(odd)) is Role.WRITE


async def test_whoever_took_a_name_over_is_not_who_had_it(on_data_center: Scene) -> None:
    scene = on_data_center
    assert await scene.provider.role(scene.repository, Person("ada", "999")) is Role.NONE


async def test_nobody_has_no_role(scene: Scene) -> None:
    with pytest.raises(HostRefused):
        await scene.provider.role(scene.repository, Person(""))


async def test_a_token_that_may_not_ask_for_everybody_asks_for_what_was_given_to_one(on_cloud: Scene) -> None:
    """Never more than they have: what a group gives is then not seen."""
    scene = on_cloud
    forbidden = Fault("answer", 403, '{"error": {"message": "no"}}', {"Content-Type": "application/json"})
    scene.fake.fail_next(forbidden, "GET", "/permissions/repositories/", times=10)
    eve = scene.fake.user("eve")
    scene.fake.group("admins", [eve])
    scene.web.group_roles["admins"] = "admin"
    assert await scene.provider.role(scene.repository, scene.person(scene.ada)) is Role.WRITE
    assert await scene.provider.role(scene.repository, scene.person(eve)) is Role.NONE


async def test_a_token_that_may_ask_nothing_refuses(on_cloud: Scene) -> None:
    scene = on_cloud
    weak = scene.eyes.provider([], scene.fake.token(scene.fake.bot, ["repository", "pullrequest"]))
    try:
        with pytest.raises(HostRefused):
            await weak.role(scene.repository, scene.person(scene.ada))
    finally:
        await weak.close()


@pytest.mark.parametrize("team", ["acme", "", "../admins", "acme/../x", "acme/"])
async def test_what_is_no_group_has_nobody(scene: Scene, team: str) -> None:
    assert not await scene.provider.in_team(scene.repository, scene.person(scene.ada), team)
