"""Submodules: each from a mirror of its own, with the bot's credentials only where they are for it. By real git over HTTP.

The host of these tests knows one password, which reads everything but what everybody may read: the token of a bot.
"""

import copy
import re
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import GitRemote, HostRefused, HostUnavailable
from bot.sources import remove
from bot.sources.access import Access, no_neighbour
from bot.sources.failures import NotPossible
from bot.sources.submodules import absolute
from tests.sources.git_host import PASSWORD, WEB, Host, Origin, World, git, serve, with_submodules

ALL = Checkout(submodules=True)
NewFolder = Callable[[], Path]
UNKNOWN = "1" * 40
ADA, BEN = Person("ada"), Person("ben")


class Team:
    """`acme/web` with a submodule `lib` from `acme/lib`, which has `core` from `tools/core` in it."""

    def __init__(self, root: Path) -> None:
        self.host = host = Host(root)
        self.web, self.lib, self.core = (host.origin(name) for name in ("acme/web", "acme/lib", "tools/core"))
        self.innermost = self.core.commit({"core.c": b"int y;"})
        self.inner = with_submodules(self.lib, {"core": ("url = ../../tools/core.git", self.innermost)})

    def commit(self, *settings: str, at: str = "") -> str:
        """A commit of `acme/web` whose submodule `lib` has these settings."""
        return with_submodules(self.web, {"lib": ("\n\t".join(settings), at or self.inner)})

    def world(self, folder: Path, *readable: str) -> World:
        world = World(self.host, folder, dict.fromkeys(readable, ("ada",)))
        world.remotes[WEB.id] = GitRemote(f"{self.host.url}/acme/web.git", "x-access-token", PASSWORD)
        return world


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """As each test finds it; made once."""
    return Team(tmp_path_factory.mktemp("team"))


@pytest.fixture
def team(beginning: Team, host: Host) -> Team:
    shutil.copytree(beginning.host.root, host.root, dirs_exist_ok=True)
    team = copy.copy(beginning)
    team.host = host
    team.web, team.lib, team.core = (
        Origin(host.root / f"{name}.git") for name in ("acme/web", "acme/lib", "tools/core")
    )
    return team


@pytest.fixture
async def worlds(team: Team, tmp_path: Path) -> AsyncIterator[Callable[..., World]]:
    """A bot whose host lets ada read these, besides `acme/web`."""
    made: list[World] = []

    def make(*readable: str) -> World:
        made.append(team.world(tmp_path / f"mirrors-{len(made)}", *readable))
        return made[-1]

    yield make
    for world in made:
        await world.sources.close()


async def checked_out(
    world: World, commit: str, into: Path, checkout: Checkout = ALL, people: Sequence[Person] = (ADA,)
) -> Path:
    await world.sources.fetch(WEB, [commit], checkout)
    await world.sources.check_out(WEB, commit, checkout, into, people)
    return into


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


async def test_a_second_checkout_fetches_nothing(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    """Nor does one of another commit with the same submodules, but for itself."""
    world = worlds("acme/lib", "tools/core")
    await checked_out(world, team.commit("url = ../lib.git"), into())
    asked = len(team.host.requests)
    await checked_out(world, team.commit("url = ../lib.git"), into())
    assert len(team.host.requests) == asked
    await checked_out(world, team.commit("url = ../lib.git", "branch = main"), into())
    assert {request.split(" /")[1][:8] for request in team.host.requests[asked:]} == {"acme/web"}


async def test_only_the_recorded_commit_comes(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    commits = team.lib.line(5)
    tree = await checked_out(worlds("acme/lib"), team.commit("url = ../lib.git", at=commits[2]), into())
    assert git(tree / "lib", "log", "--format=%s") == "Number 2"


REFUSED = (
    "The submodule lib could not be fetched: 127.0.0.1 does not let everybody read acme/lib, and nobody here may read acme/lib; "
    "the operator can allow it"
)


async def test_a_private_repository_is_not_read_for_people_who_may_not(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    """Whoever may push to one repository could else read whatever the bot's token can."""
    world, tree = worlds("tools/core"), into()
    for url in (
        "../lib.git",
        "URL/acme/lib.git",
        "URL/acme/lib",
        "git@127.0.0.1:acme/lib.git",
        "ssh://git@127.0.0.1/acme/lib",
    ):
        with pytest.raises(NotPossible) as caught:
            await checked_out(world, team.commit(f"url = {url.replace('URL', team.host.url)}"), tree)
        assert str(caught.value) == REFUSED
        assert team.host.shown == {"acme/web"}
        assert not tree.exists()


@pytest.mark.parametrize("people", [(), (BEN,), (ADA, BEN)])
async def test_all_concerned_must_be_allowed_to_read_it(
    team: Team, worlds: Callable[..., World], into: NewFolder, people: Sequence[Person]
) -> None:
    world, commit = worlds("acme/lib", "tools/core"), team.commit("url = ../lib.git")
    with pytest.raises(NotPossible, match="nobody here may read acme/lib"):
        await checked_out(world, commit, into(), people=people)
    await checked_out(world, commit, into())
    with pytest.raises(NotPossible, match="nobody here may read acme/lib"):  # the mirror has it by now
        await checked_out(world, commit, into(), people=people)
    world.readers.clear()
    with pytest.raises(NotPossible, match="nobody here may read acme/lib"):
        await checked_out(world, commit, into())


TRICKS = (
    "url = URL/acme/web/../lib.git",
    "url = URL/acme/%6cib.git",
    "url = URL/acme/web%2f..%2flib.git",
    "url = URL//acme/lib.git",
    "url = URL/acme/web.git/../../acme/lib.git",
    "url = URL/acme/web.git?/acme/lib.git",
    "url = URL/acme/lib.git#/acme/web.git",
    "url = http://x-access-token@HOST/acme/lib.git",
    "url = http://HOST@HOST/acme/lib.git",
    'url = URL/acme/web.git\n[url "URL/acme/lib.git"]\n\tinsteadOf = URL/acme/web.git',
    "url = URL/acme/moved.git",
    "url = ../../acme/moved.git",
)


async def test_no_way_of_writing_an_address_opens_it(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    """What may be read does not open what an address with it in front leads to."""
    team.host.moved["acme/moved"] = "acme/lib"
    world, host = worlds("tools/core"), team.host.url.removeprefix("http://")
    for trick in TRICKS:
        setting = trick.replace("URL", team.host.url).replace("HOST", host)
        with pytest.raises(NotPossible, match="The submodule lib could not be fetched"):
            await checked_out(world, team.commit(setting, at=UNKNOWN), into())
        assert team.host.shown <= {"acme/web"}, trick


async def test_a_redirect_of_an_allowed_one_leads_nowhere(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    team.host.moved["acme/moved"] = "acme/lib"
    with pytest.raises(NotPossible, match=r"submodule lib could not be fetched: .* sends git to another address"):
        await checked_out(worlds("acme/moved"), team.commit("url = ../moved.git"), into())
    assert "acme/lib" not in team.host.shown


async def test_a_redirect_of_the_repository_itself_leads_nowhere(team: Team, worlds: Callable[..., World]) -> None:
    """Within one host curl would show the password to whatever it is sent to."""
    team.host.moved["acme/web"] = "acme/lib"
    with pytest.raises(HostRefused, match=r"renamed or moved\? The next push tells its new name"):
        await worlds().sources.fetch(WEB, [team.inner], Checkout())
    assert team.host.shown <= {"acme/web"}


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


NOT_TO_BE_HAD = (
    ("url = file://{lib}", "is not reached by http or https"),
    ("url = {lib}", "is not reached by http or https"),
    ("url = ../../../../../../..{lib}", "could not be fetched"),
    ("url = FILE://{lib}", "is not reached by http or https"),
    ("url = file://localhost{lib}", "is not reached by http or https"),
    ("url = 127.0.0.1:{lib}", "is not reached by http or https"),
    ('url = "ssh://-oProxyCommand=touch {witness}/x"', "is not reached by http or https"),
    ("url = git://127.0.0.1/lib.git", "is not reached by http or https"),
    ('url = "fd::0"', "is not reached by http or https"),
    ("url = ext::sh -c 'touch {witness}'", "is not reached by http or https"),
    ('url = "--upload-pack=touch {witness}"', "is not reached by http or https"),
    ("url = http://[::1", "is not reached by http or https"),
    ('url = "http://127.0.0.1:9\\nhost=x/lib.git"', "is not reached by http or https"),
    ("url = http://127.0.0.1:9/x.git", "could not be fetched: 127.0.0.1 could not be fetched from"),
    ("url = http://127.0.0.1:9/x.git\n\tpath = ../../up", "has no `url` in .gitmodules"),
    ("branch = main", "has no `url` in .gitmodules"),
    ("url = ../lib.git\n[", "its .gitmodules can't be read"),
    ("url = ../web.git", "its commit 1111111 is not on its host. Push the submodule's own commits, too"),
)


async def test_a_submodule_that_can_not_be_had_is_said_in_words(
    team: Team, worlds: Callable[..., World], into: NewFolder, tmp_path: Path
) -> None:
    world, tree = worlds(), into()
    witness, lib = tmp_path / "witness", team.host.root / "acme" / "lib.git"
    for setting, reason in NOT_TO_BE_HAD:
        commit = team.commit(setting.format(witness=witness, lib=lib), at=UNKNOWN)
        with pytest.raises(NotPossible, match=re.escape(reason)):
            await checked_out(world, commit, tree)
        assert not tree.exists(), setting
        assert not witness.exists(), setting


async def test_no_command_of_a_submodule_is_run_and_one_can_be_left_out(
    team: Team, worlds: Callable[..., World], into: NewFolder, tmp_path: Path
) -> None:
    world, witness = worlds("acme/lib", "tools/core"), tmp_path / "witness"
    await checked_out(world, team.commit("url = ../lib.git", f"update = !touch {witness}"), into())
    assert not witness.exists()
    tree = await checked_out(world, team.commit("url = ../lib.git", "update = none"), into())
    assert list((tree / "lib").iterdir()) == []


async def test_all_that_is_wrong_is_told_at_once(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    one, two = ("url = ../lib.git", team.inner), ("url = ../../tools/core.git", team.innermost)
    with pytest.raises(NotPossible) as caught:
        await checked_out(worlds(), with_submodules(team.web, {"a": one, "b": two}), into())
    assert str(caught.value).count("could not be fetched") == 2


async def test_a_host_that_is_down_is_asked_again_later(
    team: Team, worlds: Callable[..., World], into: NewFolder
) -> None:
    """The repository's own: not the user's to mend. One elsewhere they may have written wrongly."""
    world, commit = worlds("acme/lib", "tools/core"), team.commit("url = ../lib.git")
    await world.sources.fetch(WEB, [commit], Checkout())
    team.host.status = 503
    with pytest.raises(HostUnavailable):
        await world.sources.check_out(WEB, commit, ALL, into(), [ADA])


async def test_endless_nesting_ends(team: Team, worlds: Callable[..., World], into: NewFolder) -> None:
    commit = team.innermost
    for number in range(12):
        commit = with_submodules(team.web, {"deeper": ("url = ./", commit)}, branch=f"b{number}")
    with pytest.raises(NotPossible, match="more than 10 deep"):
        await checked_out(worlds(), commit, into())


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
