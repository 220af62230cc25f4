"""What the contract of every host does not say, because it is GitHub's own: how few requests there are, the one comment, and who may."""

import asyncio

import pytest

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.ports import HostRefused, HostUnavailable
from providers.github.conditional import Conditional
from providers.github.provider import GitHubProvider
from tests.providers.github.commenting import MARKER, a_thread
from tests.providers.github.conftest import Scene
from tests.world.fake import faults
from tests.world.github import nouns


async def test_a_status_is_one_request(scene: Scene) -> None:
    await scene.provider.set_status(scene.status())
    await scene.provider.set_status(scene.status("2 of 3"))
    assert scene.calls() == [f"POST /statuses/{scene.sha}"] * 2


async def test_a_first_comment_asks_who_we_are_only_where_a_comment_has_the_marker(scene: Scene) -> None:
    thread = await a_thread(scene)
    first = await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    assert scene.calls() == ["GET /issues/1/comments", "POST /issues/1/comments"]
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} two", first)
    assert scene.calls() == [f"PATCH /issues/comments/{first}"]


async def test_a_comment_known_from_an_earlier_life_is_looked_at_once(scene: Scene) -> None:
    thread = await a_thread(scene)
    known = await scene.github.comment(scene.web, 1, scene.github.bot, f"{MARKER} one")
    for text in ("two", "three"):
        await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} {text}", str(known.id))
    room = f"/issues/comments/{known.id}"
    assert scene.calls() == [f"GET {room}", "GET /user", f"PATCH {room}", f"PATCH {room}"]


async def test_a_comment_that_says_it_already_is_not_edited(scene: Scene) -> None:
    thread = await a_thread(scene)
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    scene.calls()
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    assert scene.calls() == ["GET /issues/1/comments", "GET /user"]


@pytest.mark.parametrize("thread", ["pull request", "commit"])
async def test_a_reaction_is_one_request(scene: Scene, thread: str) -> None:
    on = await a_thread(scene) if thread == "pull request" else Thread(ThreadKind.COMMIT, scene.sha)
    where: int | str = int(on.name) if on.name.isdecimal() else on.name
    comment = await scene.github.comment(scene.web, where, scene.ada, "/approve")
    await scene.provider.react(CommentRef(scene.repository, on, str(comment.id)), "+1")
    assert len(scene.calls()) == 1
    assert comment.reactions == [(scene.github.bot, "+1")]


async def test_questions_are_one_request_each(scene: Scene) -> None:
    await a_thread(scene)
    ada = Person("ada", str(scene.ada.id))
    team = scene.github.team("acme", "release", [scene.ada])
    assert await scene.provider.role(scene.repository, ada) is Role.WRITE
    assert await scene.provider.in_team(scene.repository, ada, team)
    assert await scene.provider.pull_request(scene.repository, 1) is not None
    assert await scene.provider.head(scene.repository, "main") == scene.sha
    assert scene.calls() == [
        "GET /collaborators/ada/permission",
        "GET /orgs/acme/teams/release/memberships/ada",
        "GET /pulls/1",
        "GET /git/ref/heads/main",
    ]


async def test_calls_side_by_side_are_not_mixed_up(scene: Scene) -> None:
    """PyGithub's client is not safe to share between threads."""
    contexts = [f"penstock/{number}" for number in range(60)]
    await asyncio.gather(*(scene.provider.set_status(scene.status(name, name)) for name in contexts))
    seen = scene.github.statuses(scene.web, scene.sha)
    assert {name: status.description for name, status in seen.items()} == {name: name for name in contexts}
    assert len(scene.web.statuses[scene.sha]) == len(contexts)


async def test_the_loop_goes_on_while_github_takes_its_time(scene: Scene) -> None:
    held = scene.github.fail_next(faults.held())
    call = asyncio.create_task(scene.provider.set_status(scene.status()))
    await held.entered.wait()  # Only a free loop gets here: the fake lives on the same one.
    assert not call.done()
    held.release.set()
    await call


async def test_emoji_that_github_refuses_are_left_out_of_a_description(scene: Scene) -> None:
    await scene.provider.set_status(scene.status("\U0001f680 shipped ✓ \U0001f680"))
    assert scene.github.statuses(scene.web, scene.sha)["penstock/web"].description == "shipped ✓"


async def test_a_repository_is_found_after_it_was_renamed(scene: Scene) -> None:
    scene.web.name = "site"
    await scene.provider.set_status(scene.status())
    assert scene.github.statuses(scene.web, scene.sha)


async def test_two_reports_at_once_post_one_comment(scene: Scene) -> None:
    thread = await a_thread(scene)
    held = scene.github.fail_next(faults.held(), "POST", "/comments")
    puts = [
        asyncio.create_task(scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} {number}"))
        for number in range(3)
    ]
    await held.entered.wait()
    held.release.set()
    assert len(set(await asyncio.gather(*puts))) == 1
    assert [comment.body for comment in scene.github.comments(scene.web, 1)] == [f"{MARKER} 2"]


async def test_a_comment_whose_answer_was_lost_is_not_posted_twice(scene: Scene) -> None:
    thread = await a_thread(scene)
    scene.github.fail_next(faults.lost(), "POST", "/comments")
    with pytest.raises(HostUnavailable):
        await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} two")
    assert [comment.body for comment in scene.github.comments(scene.web, 1)] == [f"{MARKER} two"]


@pytest.mark.parametrize(
    ("given", "role"),
    [("triage", Role.READ), ("maintain", Role.WRITE), ("admin", Role.ADMIN), ("none", Role.NONE)],
)
async def test_every_role_has_a_base_role(scene: Scene, given: nouns.RoleName, role: Role) -> None:
    scene.github.grant(scene.web, scene.github.user("bob"), given)
    assert await scene.provider.role(scene.repository, Person("bob")) is role


async def test_a_login_that_another_account_took_over_has_no_role(scene: Scene) -> None:
    with pytest.raises(HostRefused, match="another account"):
        await scene.provider.role(scene.repository, Person("ada", "31"))


@pytest.mark.parametrize("login", ["", "..", "../../user", "a/b", "a?b", "nobody-of-that-name"])
async def test_a_login_that_is_none_has_no_role(scene: Scene, login: str) -> None:
    with pytest.raises(HostRefused):
        await scene.provider.role(scene.repository, Person(login))


@pytest.mark.parametrize("team", ["", "acme", "acme/", "acme/..", "../acme", "acme/x/y"])
async def test_what_is_no_team_has_no_members_and_is_not_asked_for(scene: Scene, team: str) -> None:
    assert not await scene.provider.in_team(scene.repository, Person("ada"), team)
    assert not scene.calls()


async def test_a_token_that_may_not_see_teams_is_no_answer(scene: Scene) -> None:
    token = scene.github.token(scene.github.bot, ["metadata=read"])
    provider = GitHubProvider(scene.github.url, scene.github.api_url, [], token)
    with pytest.raises(HostRefused, match="members=read"):
        await provider.in_team(scene.repository, Person("ada"), "acme/release")
    await provider.close()


async def test_what_is_as_it_was_costs_nothing_of_the_rate(scene: Scene) -> None:
    ada, repository = scene.github.user("ada"), scene.repository
    await scene.github.push(scene.web, "feature", {"a": "1"}, "Say a", by=ada)
    pull = await scene.github.open_pull_request(scene.web, "feature", ada, "Say a")

    async def look() -> tuple[list[int], str | None]:
        listed = await scene.provider.open_pull_requests(repository)
        return [one.number for one in listed], await scene.provider.head(repository, "feature")

    first = await look()
    used = scene.github.api.rate.used
    assert await look() == first
    assert scene.github.api.rate.used == used
    newest = await scene.github.push(scene.web, "feature", {"a": "2"}, "Say b", by=ada)
    assert await look() == ([pull.number], newest)
    assert scene.github.api.rate.used == used + 2
    await scene.github.delete_branch(scene.web, "feature", ada)
    assert (await look())[1] is None
    assert await scene.provider.head(repository, "feature") is None


async def test_another_token_is_told_anew(scene: Scene) -> None:
    """As an App's is, every hour."""
    conditional, url = Conditional(), f"/repositories/{scene.web.id}/git/ref/heads/main"
    tokens = [scene.github.token(scene.github.bot) for _ in range(2)]
    ask = scene.provider._client.ask
    answers = [await ask(token, lambda github: conditional.get(github, url, {})) for token in tokens]
    assert answers[0]["object"]["sha"] == answers[1]["object"]["sha"] == scene.sha
    assert [call.status for call in scene.github.requests][-2:] == [200, 200]


def test_only_the_newest_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.github.conditional.REMEMBERED", 2)
    conditional = Conditional()
    for number in range(4):
        conditional._keep(str(number), "tag", number)
    conditional._keep("2", "", 2)
    assert list(conditional._kept) == ["3"]
