"""Submodules that come along: in whose name they are read, and what they are not given."""

from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import web

from bot.model.pipeline import Checkout
from bot.sources.failures import NotPossible
from tests.sources.git_host import PASSWORD, World, git, serve
from tests.sources.team import NewFolder, Team, checked_out


async def test_src_3_submodules_come_on_request_and_the_password_stays_out_of_them(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    world, commit = worlds("acme/lib", "tools/core"), team.commit("url = ../lib.git")
    plain = await checked_out(world, commit, into(), Checkout())
    assert list((plain / "lib").iterdir()) == []
    tree = await checked_out(world, commit, into())
    assert (tree / "lib" / "core" / "core.c").read_bytes() == b"int y;"
    assert git(tree, "rev-parse", "HEAD:lib") == git(tree / "lib", "rev-parse", "HEAD") == team.inner
    states = git(tree, "submodule", "status", "--recursive").splitlines()
    assert [state.split()[:2] for state in states] == [[team.inner, "lib"], [team.innermost, "lib/core"]]
    assert git(tree, "submodule", "foreach", "--recursive", "--quiet", "echo $displaypath").split() == [
        "lib",
        "lib/core",
    ]
    assert git(tree, "status", "--porcelain") == ""
    files = [path for folder in (tree, world.root) for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


async def test_only_the_recorded_commit_comes(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    commits = team.lib.line(5)
    tree = await checked_out(worlds("acme/lib"), team.commit("url = ../lib.git", at=commits[2]), into())
    assert git(tree / "lib", "log", "--format=%s") == "Number 2"


async def test_what_everybody_may_read_needs_nobodys_leave_and_no_credentials(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    team.host.public |= {"acme/lib", "tools/core"}
    tree = await checked_out(worlds(), team.commit("url = ../lib.git"), into())
    assert (tree / "lib" / "core" / "core.c").read_bytes() == b"int y;"
    assert team.host.shown == {"acme/web"}


async def test_a_submodule_of_a_submodule_is_read_in_the_same_names(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    with pytest.raises(NotPossible, match=r"The submodule lib/core could not be fetched: .* may read tools/core;"):
        await checked_out(worlds("acme/lib"), team.commit("url = ../lib.git"), into())
    assert team.host.shown == {"acme/web", "acme/lib"}


async def test_a_submodule_elsewhere_is_not_given_the_password(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="mine"'})

    async with AsyncExitStack() as stack:
        other = await serve(elsewhere, stack)
        with pytest.raises(NotPossible, match=r"read lib, and only 127\.0\.0\.1 is given the bot's credentials"):
            await checked_out(worlds("lib", "acme/lib"), team.commit(f"url = {other}/lib.git"), into())
    assert set(seen) == {""}
