"""Submodules that are kept: a second checkout, mirrors, what goes and what stays; and addresses as their hosts write them."""

from collections.abc import Callable

import pytest

from bot.model.repository import Repository
from bot.ports import GitRemote
from bot.sources import remove
from bot.sources.access import Access, no_neighbour
from bot.sources.submodules import absolute
from tests.sources.git_host import WEB, World, git
from tests.sources.team import NewFolder, Team, checked_out


async def test_a_second_checkout_fetches_nothing(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    """Nor does one of another commit with the same submodules, but for itself."""
    world = worlds("acme/lib", "tools/core")
    await checked_out(world, team.commit("url = ../lib.git"), into())
    asked = len(team.host.requests)
    await checked_out(world, team.commit("url = ../lib.git"), into())
    assert len(team.host.requests) == asked
    await checked_out(world, team.commit("url = ../lib.git", "branch = main"), into())
    assert {request.split(" /")[1][:8] for request in team.host.requests[asked:]} == {"acme/web"}


async def test_a_work_tree_keeps_the_commits_of_its_submodules(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    """However long its action runs, and wherever it was moved to; afterwards they are let go of like any."""
    world = worlds("acme/lib", "tools/core")
    commits = team.lib.line(2)
    first = await checked_out(world, team.commit("url = ../lib.git", at=commits[0]), into())
    keep = team.commit("url = ../lib.git", at=commits[1])
    await checked_out(world, keep, into())
    moved = first.rename(into())
    await world.sources.prune({WEB: [keep]}, grace=-1)
    assert git(moved / "lib", "show", "HEAD:count") == "0"
    await remove(moved)
    assert await world.sources.prune({WEB: [keep]}, grace=-1) == 1


async def test_mirrors_that_a_repository_had_made_go_when_nobody_wants_them(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    """Else whoever may push could fill the disk with whatever there is to be had."""
    team.host.public |= {"acme/lib", "tools/core"}
    world, commit = worlds(), team.commit("url = ../lib.git")
    tree = await checked_out(world, commit, into())
    await world.sources.prune({WEB: [commit]}, grace=3600)

    def mirrors() -> list[str]:
        return sorted(path.name[:9] for path in world.root.glob("*.git"))

    assert mirrors() == ["everybody", "everybody", "github-42"]
    await world.sources.prune({WEB: [commit]}, grace=-1)
    assert mirrors() == ["everybody", "everybody", "github-42"], "the work tree borrows from them"
    await remove(tree)
    (world.root / ".everybody-x.git.1234").mkdir()
    await world.sources.prune({WEB: [commit]}, grace=-1)
    assert mirrors() == ["github-42"]
    assert not list(world.root.glob(".*"))
    tree = await checked_out(world, commit, into())
    assert (tree / "lib" / "core" / "core.c").exists()


@pytest.mark.parametrize(
    ("full_name", "own", "url", "expected"),
    [
        ("acme/web", "https://github.com/acme/web.git", "https://github.com/acme/lib", "acme/lib"),
        ("a/b/web", "https://gitlab.com/a/b/web.git", "https://gitlab.com/tools/deep/er/lib.git", "tools/deep/er/lib"),
        ("KEY/web", "https://h/bitbucket/scm/KEY/web.git", "https://h/bitbucket/scm/~ada/lib.git", "~ada/lib"),
        ("KEY/web", "https://h/bitbucket/scm/KEY/web.git", "https://h/KEY/lib.git", ""),
        (
            "acme/web",
            "http://127.0.0.1:8080/git/acme/web.git",
            "http://127.0.0.1:8080/git/acme/lib.git/info/lfs",
            "acme/lib",
        ),
        ("acme/web", "http://127.0.0.1:8080/git/acme/web.git", "http://127.0.0.1:8081/git/acme/lib.git", ""),
        ("acme/web", "https://github.com/acme/web.git", "http://github.com/acme/lib.git", ""),
        ("acme/web", "https://github.com/acme/web.git", "https://GitHub.com/acme/lib.git", "acme/lib"),
        ("acme/web", "https://github.com/acme/web.git", "https://github.com/", ""),
    ],
)
def test_a_repository_is_known_by_its_address_as_its_host_calls_it(
    full_name: str, own: str, url: str, expected: str
) -> None:
    access = Access(Repository("any", "1", full_name), GitRemote(own), (), no_neighbour)
    assert access.name(url) == expected
    assert access.name(own) == full_name


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("https://h/a/web.git", "../lib.git", "https://h/a/lib.git"),
        ("https://h/a/web.git", "./lib.git", "https://h/a/web.git/lib.git"),
        ("https://h/a/web.git/", "../../b/lib", "https://h/b/lib"),
        ("https://h:8443/a/web.git", "git@h:b/lib.git", "https://h:8443/b/lib.git"),
        ("https://h/a/web.git", "ssh://git@h/b/lib.git", "https://h/b/lib.git"),
        ("http://h/a/web.git", "git@other.example:b/lib.git", "https://other.example/b/lib.git"),
        ("https://h/a/web.git", "ssh://git@h:7999/b/lib.git", ""),
        ("https://h/a/web.git", "b/lib.git", ""),
        ("https://h/a/web.git", "", ""),
    ],
)
def test_an_address_is_read_as_people_write_it(base: str, url: str, expected: str) -> None:
    """They write the one that they themselves clone from, often ssh's."""
    assert absolute(base, url) == expected
