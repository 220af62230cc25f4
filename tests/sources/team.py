"""A team's repositories with submodules, and who may read which."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.ports import GitRemote
from tests.sources.git_host import PASSWORD, WEB, Host, World, with_submodules

ALL = Checkout(submodules=True)


NewFolder = Callable[[], Path]


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


async def checked_out(
    world: World, commit: str, into: Path, checkout: Checkout = ALL, people: Sequence[Person] = (ADA,)
) -> Path:
    await world.sources.fetch(WEB, [commit], checkout)
    await world.sources.check_out(WEB, commit, checkout, into, people)
    return into
