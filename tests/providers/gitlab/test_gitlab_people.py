"""Who may do what on GitLab, and who is no person."""

import pytest

from bot.model.people import Person, Role
from bot.ports import HostRefused
from tests.providers.gitlab.conftest import Scene
from tests.world.fake.faults import Fault
from tests.world.gitlab import nouns


async def role_of(scene: Scene, account: nouns.Account) -> Role:
    return await scene.provider.role(scene.repository, Person(account.username, str(account.id)))


@pytest.mark.parametrize(
    ("level", "role"),
    [
        (0, Role.NONE),
        (5, Role.NONE),
        (10, Role.NONE),
        (15, Role.NONE),
        (20, Role.READ),
        (25, Role.READ),
        (30, Role.WRITE),
        (40, Role.ADMIN),
        (50, Role.ADMIN),
        (60, Role.ADMIN),
    ],
)
async def test_every_level_is_a_role_in_a_private_project(scene: Scene, level: int, role: Role) -> None:
    bob = scene.gitlab.user("bob")
    scene.gitlab.grant(scene.web, bob, level)
    assert await role_of(scene, bob) is role


@pytest.mark.parametrize(("path", "role"), [("acme", Role.ADMIN), ("acme/apps", Role.ADMIN), ("acme/app", Role.NONE)])
async def test_a_groups_level_is_inherited_and_the_highest_counts(scene: Scene, path: str, role: Role) -> None:
    bob = scene.gitlab.user("bob")
    scene.gitlab.group(path, {bob: nouns.MAINTAINER})
    assert await role_of(scene, bob) is role
    scene.gitlab.grant(scene.web, bob, nouns.REPORTER)
    assert await role_of(scene, bob) is max(role, Role.READ)


@pytest.mark.parametrize("visibility", ["public", "internal"])
async def test_what_everybody_may_see_everybody_may_read(scene: Scene, visibility: nouns.Visibility) -> None:
    bob, scene.web.visibility = scene.gitlab.user("bob"), visibility
    assert await role_of(scene, bob) is Role.READ
    scene.web.repository_access_level = "private"
    assert await role_of(scene, bob) is Role.NONE


async def test_a_role_is_asked_afresh(scene: Scene) -> None:
    assert await role_of(scene, scene.ada) is Role.WRITE
    del scene.web.members[scene.ada.id]
    assert await role_of(scene, scene.ada) is Role.NONE


async def test_whoever_may_only_read_costs_one_question_and_others_two(scene: Scene) -> None:
    cleo = scene.gitlab.user("cleo")
    scene.gitlab.grant(scene.web, cleo, nouns.REPORTER)
    scene.calls()
    await role_of(scene, cleo)
    assert scene.calls() == [f"GET /members/all/{cleo.id}"]
    await role_of(scene, scene.ada)
    assert scene.calls() == [f"GET /members/all/{scene.ada.id}", f"GET /users/{scene.ada.id}"]


@pytest.mark.parametrize("wrong", ["bot", "blocked", "awaiting", "expired", "broken date"])
async def test_nobody_writes_who_is_no_active_person(scene: Scene, wrong: str) -> None:
    bob = scene.gitlab.user("bob", bot=wrong == "bot")
    scene.gitlab.grant(scene.web, bob, nouns.MAINTAINER)
    membership = scene.web.members[bob.id]
    if wrong == "blocked":
        bob.state = "blocked"
    if wrong == "awaiting":
        membership.state = "awaiting"
    membership.expires_at = {"expired": "2020-01-01", "broken date": "some day"}.get(wrong)
    assert await role_of(scene, bob) is Role.NONE
    membership.expires_at, membership.state, bob.bot, bob.state = "2999-01-01", "active", False, "active"
    assert await role_of(scene, bob) is Role.ADMIN


async def test_a_login_that_another_account_took_over_has_no_role(scene: Scene) -> None:
    with pytest.raises(HostRefused, match="another account"):
        await scene.provider.role(scene.repository, Person("bob", str(scene.ada.id)))


@pytest.mark.parametrize("identity", ["", "..", "../../user", "1/2", "1?x", "-1", "²"])
async def test_a_person_without_an_id_has_no_role_and_is_not_asked_for(scene: Scene, identity: str) -> None:
    with pytest.raises(HostRefused):
        await scene.provider.role(scene.repository, Person("ada", identity))
    with pytest.raises(HostRefused):
        await scene.provider.in_team(scene.repository, Person("ada", identity), "acme/release")
    assert not scene.calls()


async def test_a_host_that_does_not_say_gives_no_role(scene: Scene) -> None:
    for path in ("/members/all/", "/users/"):
        scene.gitlab.fail_next(Fault("answer", 403, '{"message": "403 Forbidden"}'), path=path)
        with pytest.raises(HostRefused):
            await role_of(scene, scene.ada)


async def test_a_team_is_those_in_the_group_itself(scene: Scene) -> None:
    """Who is in acme is a member of acme/release by inheritance: that makes nobody a releaser."""
    bob, person = scene.gitlab.user("bob"), Person("ada", str(scene.ada.id))
    scene.gitlab.group("acme", {bob: nouns.OWNER})
    scene.gitlab.group("acme/release/eu", {scene.ada: nouns.GUEST})
    assert await scene.provider.in_team(scene.repository, person, "acme/release/eu")
    assert not await scene.provider.in_team(scene.repository, Person("bob", str(bob.id)), "acme/release/eu")
    assert await scene.provider.in_team(scene.repository, Person("bob", str(bob.id)), "acme")


async def test_a_group_that_the_token_cannot_see_has_no_members(scene: Scene) -> None:
    group = scene.gitlab.group("secret/release", {scene.ada: nouns.OWNER})
    del group.members[scene.gitlab.bot.id]
    assert not await scene.provider.in_team(scene.repository, Person("ada", str(scene.ada.id)), "secret/release")


async def test_a_bot_in_a_group_is_no_member_of_the_team(scene: Scene) -> None:
    robot = scene.gitlab.user("robot", bot=True)
    scene.gitlab.group("acme/release", {robot: nouns.OWNER})
    assert not await scene.provider.in_team(scene.repository, Person("robot", str(robot.id)), "acme/release")


@pytest.mark.parametrize("team", ["", "/", "acme/", "acme/..", "../acme", "acme//x", "a b", "acme/x?y"])
async def test_what_is_no_team_has_no_members_and_is_not_asked_for(scene: Scene, team: str) -> None:
    assert not await scene.provider.in_team(scene.repository, Person("ada", str(scene.ada.id)), team)
    assert not scene.calls()
