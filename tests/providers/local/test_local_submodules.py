"""Submodules on the embedded host: read as the host lets people read, from where they lie, by real git with real pushes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.actions.source.access import ReadAccess
from bot.model.people import Person, Role
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.sources.failures import NotPossible
from bot.sources.sources import MirrorSources
from providers.local.provider import LocalProvider
from tests.providers.local.conftest import WEB, Web
from tests.world.local_host import run_git

ALL = Checkout(submodules=True)
REFUSED = (
    "The submodule lib could not be fetched: 127.0.0.1 does not let everybody read acme/secret, and there is no repository "
    "acme/secret that eve may read; whoever operates the bot can allow it to all, in PENSTOCK_SOURCE_REPOSITORIES: local:acme/secret"
)


class Bot:
    """The part of a bot that checks out. `listed` is what its operator allows to all."""

    def __init__(self, web: Web, folder: Path, *listed: str) -> None:
        self._host = web.listening.host
        self._folder = folder
        provider = LocalProvider(self._host, web.listening.clock, ("secret",))
        access = ReadAccess({"local": provider}, listed)
        self.sources = MirrorSources(folder / "mirrors", provider.remote, neighbour=access.beside)

    async def check_out(self, commit: str, login: str) -> Path:
        repo = await self._host.repository(WEB)
        repository = Repository("local", str(repo.id), WEB)
        person = Person(login, str((await self._host.user(login)).id))
        into = self._folder / f"tree-{login}"
        await self.sources.fetch(repository, [commit], ALL)
        await self.sources.check_out(repository, commit, ALL, into, [person])
        return into


@pytest.fixture
async def commit(web: Web) -> str:
    """Of `acme/web`, with `acme/secret` as a submodule, which ada alone may read."""
    return await with_submodule(web, "secret", private=True)


async def with_submodule(web: Web, name: str, *, private: bool) -> str:
    await web.listening.host.create_repository(f"acme/{name}", private=private, members={"ada": Role.WRITE})
    other = await web.listening.seeded(f"acme/{name}", "ada", web.tokens["ada"])
    inner = (await other.git("rev-parse", "HEAD")).strip()
    (web.ada.path / ".gitmodules").write_text(f'[submodule "lib"]\n\tpath = lib\n\turl = ../{name}.git\n')
    await web.ada.git("add", ".gitmodules")
    await web.ada.git("update-index", "--add", "--cacheinfo", f"160000,{inner},lib")
    await web.ada.git("commit", "--quiet", "--message", "Have a library")
    await web.ada.git("push", "--quiet", "origin", "HEAD:main")
    return (await web.ada.git("rev-parse", "HEAD")).strip()


@pytest.fixture
async def bot(web: Web, tmp_path: Path) -> AsyncIterator[Bot]:
    bot = Bot(web, tmp_path)
    yield bot
    await bot.sources.close()


async def test_a_private_submodule_is_read_for_people_who_may(web: Web, commit: str, bot: Bot) -> None:
    tree = await bot.check_out(commit, "ada")
    assert (tree / "lib" / "README.md").read_text() == "hello\n"
    assert (await run_git("-C", str(tree), "submodule", "status", env=web.ada.environment)).split()[1] == "lib"
    assert not list((tree.parent / "mirrors").glob("*.git")), "what lies on this machine is read in place"


async def test_and_refused_for_others_unless_the_operator_allows_it_to_all(
    web: Web, commit: str, bot: Bot, tmp_path: Path
) -> None:
    with pytest.raises(NotPossible) as caught:
        await bot.check_out(commit, "eve")
    assert str(caught.value) == REFUSED
    assert not (tmp_path / "tree-eve").exists()

    lenient = Bot(web, tmp_path, "local:acme/*")
    assert (await lenient.check_out(commit, "eve") / "lib" / "README.md").exists()
    await lenient.sources.close()


async def test_what_everybody_may_read_is_read_for_anybody(web: Web, bot: Bot) -> None:
    tree = await bot.check_out(await with_submodule(web, "open", private=False), "eve")
    assert (tree / "lib" / "README.md").exists()
