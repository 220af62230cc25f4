"""Pull requests, comments and statuses through the host's own services: merges, roles and limits."""

import pytest

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from bot.model.status import StatusState
from providers.local.host.errors import Forbidden, HostError, Invalid, NotFound
from providers.local.host.host import Host
from providers.local.host.pull_requests import PullRequestRecord
from providers.local.host.statuses import StatusRecord
from tests.providers.local.conftest import WEB, Web


async def proposed(web: Web, files: dict[str, str], branch: str = "fix") -> PullRequestRecord:
    await web.ada.git("checkout", "--quiet", "-B", branch, "origin/main")
    await web.ada.commit(files, "Fix")
    await web.ada.git("push", "--quiet", "--force", "origin", branch)
    return await web.listening.host.open_pull_request(WEB, branch, by="ada")


async def main_moves(web: Web, files: dict[str, str]) -> str:
    await web.ada.git("checkout", "--quiet", "-B", "main", "origin/main")
    commit = await web.ada.commit(files, "Meanwhile")
    await web.ada.git("push", "--quiet", "origin", "main")
    return commit


async def merged_tree(web: Web) -> tuple[list[str], list[str]]:
    """Parents of main's head and the files in it."""
    await web.ada.git("fetch", "--quiet", "origin")
    parents = (await web.ada.git("log", "-1", "--format=%P", "origin/main")).split()
    files = (await web.ada.git("ls-tree", "--name-only", "-r", "origin/main")).split()
    return parents, files


async def test_a_merge_follows_where_it_can(web: Web) -> None:
    one = await proposed(web, {"a": "1"})
    merged = await web.listening.host.merge(WEB, one.number, by="ada")
    assert merged.state == "merged"
    await web.ada.git("fetch", "--quiet", "origin")
    assert (await web.ada.git("rev-parse", "origin/main")).strip() == one.head


async def test_a_merge_joins_what_has_parted(web: Web) -> None:
    one = await proposed(web, {"a": "1"})
    meanwhile = await main_moves(web, {"b": "1"})
    await web.listening.host.merge(WEB, one.number, by="ada")
    assert await merged_tree(web) == ([meanwhile, one.head], ["README.md", "a", "b"])
    assert "Merge pull request #1 from fix" in await web.ada.git("log", "-1", "--format=%B", "origin/main")
    assert (await web.ada.git("log", "-1", "--format=%an", "origin/main")).strip() == "ada"


async def test_a_merge_with_conflicts_is_refused_and_changes_nothing(web: Web) -> None:
    one = await proposed(web, {"README.md": "mine\n"})
    meanwhile = await main_moves(web, {"README.md": "theirs\n"})
    await web.settled()
    with pytest.raises(Invalid, match="settle the conflicts"):
        await web.listening.host.merge(WEB, one.number, by="ada")
    await web.ada.git("fetch", "--quiet", "origin")
    assert (await web.ada.git("rev-parse", "origin/main")).strip() == meanwhile
    assert await web.settled() == []


async def test_one_merge_merges_every_pull_request_of_that_commit_and_no_other(web: Web) -> None:
    first = await proposed(web, {"a": "1"})
    second = await proposed(web, {"b": "1"}, "other")
    await web.listening.host.merge(WEB, first.number, by="ada")
    states = {one.number: one.state for one in await web.listening.host.pull_requests(WEB)}
    assert states == {first.number: "merged", second.number: "open"}


async def test_what_makes_no_sense_is_refused_with_a_reason(web: Web) -> None:
    host = web.listening.host
    one = await proposed(web, {"a": "1"})
    await host.close_pull_request(WEB, one.number, by="ada")
    refusals = [
        (host.merge(WEB, one.number, by="ada"), "is closed"),
        (host.close_pull_request(WEB, one.number, by="ada"), "closed already"),
        (host.merge(WEB, 99, by="ada"), "no pull request #99"),
        (host.open_pull_request(WEB, "missing", by="ada"), "no branch missing"),
        (host.open_pull_request(WEB, "main", by="ada"), "already"),
        (host.open_pull_request(WEB, "--output=x", by="ada"), "no branch"),
        (host.open_pull_request(WEB, "fix", by="ada", title="x" * 256), "at most 255"),
        (host.repository("acme/none"), "no such repository"),
        (host.user("nobody"), "no user nobody"),
    ]
    for attempt, words in refusals:
        with pytest.raises(HostError, match=words):
            await attempt


async def test_the_same_branches_have_one_open_pull_request(web: Web) -> None:
    host = web.listening.host
    one = await proposed(web, {"a": "1"})
    with pytest.raises(Invalid, match="#1 joins these branches already"):
        await host.open_pull_request(WEB, "fix", by="ada")
    await host.close_pull_request(WEB, one.number, by="ada")
    assert (await host.open_pull_request(WEB, "fix", by="ada")).number == 2
    with pytest.raises(Invalid, match="#2 joins"):
        await host.reopen_pull_request(WEB, 1, by="ada")


async def test_a_reopened_pull_request_is_where_its_branch_is_now(web: Web) -> None:
    host = web.listening.host
    one = await proposed(web, {"a": "1"})
    await host.close_pull_request(WEB, one.number, by="ada")
    commit = await web.ada.commit({"a": "2"})
    await web.ada.git("push", "--quiet", "origin", "fix")
    assert (await host.reopen_pull_request(WEB, one.number, by="ada")).head == commit


async def test_roles_are_asked_for(web: Web) -> None:
    host = web.listening.host
    one = await proposed(web, {"a": "1"})
    thread = Thread(ThreadKind.PULL_REQUEST, "1")
    theirs = await host.comment(WEB, thread, "mine", by="ada")
    for attempt in (
        host.merge(WEB, one.number, by="eve"),
        host.close_pull_request(WEB, one.number, by="eve"),
        host.open_pull_request(WEB, "fix", by="eve"),
        host.edit_comment(WEB, theirs.id, "changed", by="eve"),
        host.delete_comment(WEB, theirs.id, by="eve"),
    ):
        with pytest.raises(Forbidden):
            await attempt
    for attempt in (host.merge(WEB, one.number, by="mallory"), host.comment(WEB, thread, "hi", by="mallory")):
        with pytest.raises(NotFound):
            await attempt
    assert (await host.comment(WEB, thread, "I may read, so I may ask", by="eve")).author.login == "eve"


async def test_a_role_is_taken_away(web: Web) -> None:
    host = web.listening.host
    await host.set_members(WEB, {"ada": Role.NONE})
    with pytest.raises(NotFound):
        await host.open_pull_request(WEB, "main", by="ada")


@pytest.mark.parametrize(
    "status",
    [
        StatusRecord("", StatusState.RUNNING, "", "", 1.0),
        StatusRecord("x" * 256, StatusState.RUNNING, "", "", 1.0),
        StatusRecord("a", StatusState.RUNNING, "x" * 256, "", 1.0),
        StatusRecord("a", StatusState.RUNNING, "", "javascript:alert(1)", 1.0),
        StatusRecord("a", StatusState.RUNNING, "", "https://x.test/" + "x" * 2000, 1.0),
    ],
)
async def test_a_status_beyond_the_limits_is_refused(web: Web, status: StatusRecord) -> None:
    host = web.listening.host
    repo, bot = await host.repository(WEB), await host.user("penstock")
    head = await host.git.branch_head(host.pushes.path(repo), "main")
    assert head is not None
    with pytest.raises(Invalid):
        await host.discussion.set_status(repo, head, bot, status)
    assert await host.statuses(WEB, head) == {}


@pytest.mark.parametrize("body", ["", "  \n", "x" * 65_537])
async def test_a_comment_beyond_the_limits_is_refused(web: Web, body: str) -> None:
    await proposed(web, {"a": "1"})
    with pytest.raises(Invalid):
        await web.listening.host.comment(WEB, Thread(ThreadKind.PULL_REQUEST, "1"), body, by="ada")


@pytest.mark.parametrize("body", ["nul \0 byte", "half a \ud83d pair", "\u202e bidi", "é" * 65_536])
async def test_any_text_is_kept_and_delivered(web: Web, body: str) -> None:
    await proposed(web, {"a": "1"})
    await web.listening.host.comment(WEB, Thread(ThreadKind.PULL_REQUEST, "1"), body, by="ada")
    assert [event for event, _ in await web.settled()][-1] == "comment"


@pytest.mark.parametrize(
    "name", ["web", "acme/", "/web", "acme/..", "acme/.git", "acme/web.git", "a b/c", "a/b/c", "-a/b"]
)
async def test_a_repositorys_name_is_plain(web: Web, name: str) -> None:
    with pytest.raises(Invalid):
        await web.listening.host.create_repository(name)


async def test_names_are_taken_whatever_their_case(web: Web) -> None:
    host: Host = web.listening.host
    for attempt in (host.create_repository("ACME/Web"), host.add_user("ADA")):
        with pytest.raises(Invalid, match="already"):
            await attempt
