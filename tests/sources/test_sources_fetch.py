"""Fetching: exactly what is new, once for all who want it, and a clear word when it can't be had."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import CommitUnavailable, GitRemote, HostRefused, HostUnavailable
from tests.sources.git_host import PASSWORD, WEB, Host, World, git, serve

ONE = Checkout()
WHOLE = Checkout(depth=0)
UNKNOWN = "1234567890123456789012345678901234567890"
NewFolder = Callable[[], Path]


async def test_a_fetched_commit_is_read_without_asking_the_host_again(world: World) -> None:
    commit = world.host.origin().commit({".pipeline.yml": b"name: web\n"})
    await world.sources.fetch(WEB, [commit], ONE)
    asked = len(world.host.requests)
    await world.sources.fetch(WEB, [commit], ONE)
    assert await world.sources.files(WEB, commit, [".pipeline.yml"]) == {".pipeline.yml": b"name: web\n"}
    assert len(world.host.requests) == asked


async def test_a_restarted_bot_finds_what_it_fetched_before(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    await world.sources.fetch(WEB, [commit], ONE)
    later = World(world.host, world.root)
    world.host.status = 503
    await later.sources.fetch(WEB, [commit], ONE)
    assert await later.sources.files(WEB, commit, ["a"]) == {"a": b"1"}
    await later.sources.close()


async def test_a_second_push_brings_only_what_is_new(world: World) -> None:
    origin = world.host.origin()
    big = bytes(range(256)) * 64
    first = origin.commit({"big": big, "small": b"1"})
    await world.sources.fetch(WEB, [first], ONE)
    before = _stored(world.mirror)
    second = origin.commit({"big": big, "small": b"2"}, first)
    await world.sources.fetch(WEB, [second], ONE)
    assert _stored(world.mirror) - before == 3  # the commit, its tree, the small file


async def test_callers_who_wait_share_the_next_fetch(world: World) -> None:
    """One fetch runs; ten wishes gather meanwhile; one more fetch serves them all."""
    commits = world.host.origin().line(11)
    world.host.gate = asyncio.Event()
    first = asyncio.create_task(world.sources.fetch(WEB, commits[:1], ONE))
    await world.host.reached.wait()
    others = [asyncio.create_task(world.sources.fetch(WEB, [commit], ONE)) for commit in commits[1:]]
    await world.gathered(10)
    world.host.gate.set()
    await asyncio.gather(first, *others)
    assert world.host.fetches == 2
    assert await world.sources.files(WEB, commits[7], ["count"]) == {"count": b"7\n"}


async def test_a_commit_that_is_gone_does_not_spoil_the_others(world: World) -> None:
    origin = world.host.origin()
    kept = origin.commit({"a": b"1"})
    lost = origin.commit({"a": b"2"}, kept, branch="lost")
    origin.lose("lost")
    world.host.gate = asyncio.Event()
    other = origin.commit({"a": b"3"}, branch="other")
    first = asyncio.create_task(world.sources.fetch(WEB, [other], ONE))
    await world.host.reached.wait()
    rest = [asyncio.create_task(world.sources.fetch(WEB, [commit], ONE)) for commit in (kept, lost, UNKNOWN)]
    await world.gathered(3)
    world.host.gate.set()
    await first
    ends = await asyncio.gather(*rest, return_exceptions=True)
    assert ends[0] is None
    assert str(ends[1]) == (
        f"The commit {lost[:7]} is no longer on the host: its branch was force-pushed or deleted. Push it again to run it."
    )
    assert isinstance(ends[1], CommitUnavailable)
    assert isinstance(ends[2], CommitUnavailable)
    assert await world.sources.files(WEB, kept, ["a"]) == {"a": b"1"}


async def test_a_force_pushed_commit_that_was_fetched_before_is_still_there(world: World) -> None:
    origin = world.host.origin()
    commit = origin.commit({"a": b"1"})
    await world.sources.fetch(WEB, [commit], ONE)
    origin.lose()
    await world.sources.fetch(WEB, [commit], ONE)
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


@pytest.mark.parametrize(
    "commit", ["-upload-pack=touch", "HEAD", "", "4f2c1e9", "../../x", "g" * 40, "a" * 41, "A" * 40]
)
async def test_what_is_no_commit_id_never_reaches_git(world: World, commit: str) -> None:
    with pytest.raises(CommitUnavailable, match="is not a commit's full id"):
        await world.sources.fetch(WEB, [commit], ONE)
    assert world.host.requests == []


async def test_a_wrong_password_is_a_refusal_and_never_shown(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    world.password = "wrong-9e1c"
    with pytest.raises(HostRefused, match=r"127\.0\.0\.1 refused the fetch: Authentication failed") as refusal:
        await world.sources.fetch(WEB, [commit], ONE)
    assert "wrong-9e1c" not in str(refusal.value)


async def test_no_password_is_a_refusal_without_a_prompt(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    world.remotes[WEB.id] = GitRemote(f"{world.host.url}/web.git")
    with pytest.raises(HostRefused, match="could not read Username"):
        await world.sources.fetch(WEB, [commit], ONE)


@pytest.mark.parametrize(
    ("status", "error"), [(403, HostRefused), (404, HostRefused), (500, HostUnavailable), (503, HostUnavailable)]
)
async def test_the_hosts_status_tells_a_refusal_from_an_outage(
    world: World, status: int, error: type[Exception]
) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    world.host.status = status
    with pytest.raises(error):
        await world.sources.fetch(WEB, [commit], ONE)
    world.host.status = 0
    await world.sources.fetch(WEB, [commit], ONE)


async def test_a_host_that_limits_the_rate_is_left_alone_for_a_while(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    world.host.status = 429
    with pytest.raises(HostUnavailable) as limited:
        await world.sources.fetch(WEB, [commit], ONE)
    assert limited.value.retry_after == 60


async def test_a_host_that_is_down_is_unavailable(world: World) -> None:
    world.remotes[WEB.id] = GitRemote("http://127.0.0.1:9/web.git")
    with pytest.raises(HostUnavailable, match=r"127\.0\.0\.1 could not be fetched from"):
        await world.sources.fetch(WEB, [UNKNOWN], ONE)


async def test_a_host_that_never_answers_is_given_up(world: World, tmp_path: Path) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    world.host.gate = asyncio.Event()
    impatient = World(world.host, tmp_path / "impatient")
    impatient.sources._fetcher._timeout = 0.3
    with pytest.raises(HostUnavailable, match="did not send the commit in time"):
        await impatient.sources.fetch(WEB, [commit], ONE)
    await impatient.sources.close()


@pytest.mark.parametrize("url", ["file:///etc", "ext::sh -c id", "ssh://127.0.0.1/x", "/etc", "--upload-pack=id"])
async def test_no_transport_but_http_is_spoken(world: World, url: str) -> None:
    world.remotes[WEB.id] = GitRemote(url)
    with pytest.raises((HostRefused, HostUnavailable)):
        await world.sources.fetch(WEB, [UNKNOWN], ONE)


async def test_a_redirect_elsewhere_is_not_given_the_password(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="mine"'})

    async with AsyncExitStack() as stack:
        world.host.redirect = await serve(elsewhere, stack)
        with pytest.raises(HostRefused, match="sends git to another address"):
            await world.sources.fetch(WEB, [commit], ONE)
    assert seen == []


async def test_what_everybody_may_read_may_have_moved(world: World) -> None:
    """Without credentials there is nothing to lose by following."""
    world.host.public, world.host.moved["web"] = {"new"}, "new"
    commit = world.host.origin("new").commit({"a": b"1"})
    world.password = ""
    await world.sources.fetch(WEB, [commit], ONE)
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


async def test_a_host_that_gives_only_tips_is_fetched_by_its_branches(world: World) -> None:
    """The first protocol, and no commit by its id: a commit that a newer push overtook is found below the branch."""
    commits = world.host.origin().line(4)
    world.host.old = True
    await world.sources.fetch(WEB, [commits[1]], ONE)
    assert await world.sources.files(WEB, commits[1], ["count"]) == {"count": b"1\n"}
    with pytest.raises(CommitUnavailable):
        await world.sources.fetch(WEB, [UNKNOWN], ONE)


async def test_history_deepens_when_more_is_wanted(world: World, into: NewFolder) -> None:
    commits = world.host.origin().line(8)
    for depth, expected in ((1, 1), (3, 3), (2, 2), (0, 8), (1, 1)):
        tree = into()
        await world.sources.fetch(WEB, [commits[-1]], Checkout(depth=depth))
        await world.sources.check_out(WEB, commits[-1], Checkout(depth=depth), tree)
        assert git(tree, "rev-list", "--count", "HEAD") == str(expected), depth


async def test_a_shallow_wish_leaves_whole_histories_whole(world: World, into: NewFolder) -> None:
    """An ancestor and a newer commit fetched shallow afterwards cut nothing off."""
    origin = world.host.origin()
    commits = origin.line(6)
    await world.sources.fetch(WEB, [commits[-1]], WHOLE)
    newer = origin.commit({"count": b"new"}, commits[-1])
    await world.sources.fetch(WEB, [commits[2]], ONE)
    await world.sources.fetch(WEB, [newer], ONE)
    for commit, length in ((commits[-1], 6), (newer, 7), (commits[2], 3)):
        tree = into()
        await world.sources.fetch(WEB, [commit], WHOLE)
        await world.sources.check_out(WEB, commit, WHOLE, tree)
        assert git(tree, "rev-list", "--count", "HEAD") == str(length)
        git(tree, "fsck", "--connectivity-only")


async def test_a_deep_commit_stays_deep_beside_newer_ones(world: World, into: NewFolder) -> None:
    """A newer commit's boundary lies within the older one's history; the older one still has all of its own."""
    commits = world.host.origin().line(12)
    five = Checkout(depth=5)
    await world.sources.fetch(WEB, [commits[7]], five)
    await world.sources.fetch(WEB, [commits[9]], five)
    later = World(world.host, world.root)  # which remembers nothing
    for commit in (commits[7], commits[9]):
        tree = into()
        await later.sources.fetch(WEB, [commit], five)
        await later.sources.check_out(WEB, commit, five, tree)
        assert git(tree, "rev-list", "--count", "HEAD") == "5"
    await later.sources.close()


async def test_a_sha256_repository_is_mirrored_like_any_other(world: World, into: NewFolder) -> None:
    commit = world.host.origin(object_format="sha256").commit({"a": b"1"})
    assert len(commit) == 64
    await world.sources.fetch(WEB, [commit], ONE)
    tree = into()
    await world.sources.check_out(WEB, commit, ONE, tree)
    assert git(tree, "rev-parse", "HEAD") == commit
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


@pytest.mark.parametrize("strange", ["{6f2a}", "../../etc", "A/B", "x" * 300, "a\nb", ""])
async def test_any_id_a_host_gives_a_repository_makes_a_safe_folder(world: World, strange: str) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    await world.sources.fetch(Repository("bitbucket", strange, "acme/web"), [commit], ONE)
    folders = [entry.name for entry in world.root.iterdir() if entry.is_dir()]
    assert len(folders) == 1
    assert folders[0].removesuffix(".git").replace("-", "").isalnum()


async def test_a_repository_on_this_machine_is_read_in_place(world: World, into: NewFolder) -> None:
    origin = world.host.origin()
    world.in_place(origin)
    commit = origin.commit({"a": b"1"})
    await world.sources.fetch(WEB, [commit], ONE)
    pushed_later = origin.commit({"a": b"2"}, commit)
    await world.sources.fetch(WEB, [pushed_later], ONE)
    tree = into()
    await world.sources.check_out(WEB, pushed_later, ONE, tree)
    assert (tree / "a").read_bytes() == b"2"
    assert git(tree, "rev-list", "--count", "HEAD") == "1"
    assert world.host.requests == []
    assert not world.mirror.exists()
    with pytest.raises(CommitUnavailable, match="no longer on the host"):
        await world.sources.fetch(WEB, [UNKNOWN], ONE)


async def test_a_repository_that_left_this_machine_is_refused_in_words(world: World) -> None:
    world.remotes[WEB.id] = GitRemote(world.host.url, path=world.root / "nowhere.git")
    with pytest.raises(HostRefused, match="not on this machine any more"):
        await world.sources.fetch(WEB, [UNKNOWN], ONE)


def _stored(mirror: Path) -> int:
    """How many objects the mirror's packs hold."""
    packs = list((mirror / "objects" / "pack").glob("*.idx"))
    shown = [git(mirror, "show-index", stdin=pack.read_bytes()) for pack in packs]
    return sum(len(text.splitlines()) for text in shown)


async def test_the_password_of_the_fixture_is_what_the_host_asks_for(host: Host) -> None:
    """Else the tests above would prove nothing about credentials."""
    assert PASSWORD not in host.url
    origin = host.origin()
    origin.commit({"a": b"1"})
    done = await asyncio.create_subprocess_exec(
        "git",
        "ls-remote",
        f"{host.url}/web.git",
        env={"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin"},
        stderr=-1,
        stdout=-1,
    )
    _, stderr = await done.communicate()
    assert b"could not read Username" in stderr
