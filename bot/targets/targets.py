"""The targets of the inventory, chosen for a repository and reached. Nothing is let in that the operator has not written down."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.model.glob import matches
from bot.model.repository import Repository
from bot.ports import Target, TargetLost, TargetSession, TargetsRefused
from bot.targets.inventory import Entry, Inventory, read_inventory
from bot.targets.local import LocalAgents
from bot.targets.operator_file import OperatorFileInvalid
from bot.targets.session import AgentSession, Channel

REMEDY = "the operator lists targets in PENSTOCK_TARGETS_FILE, with the `repositories` that may deploy to each"


class InventoryTargets:
    """`file` None: there are no targets. `state` is where targets of this machine keep their revisions; None: where others do.

    `own`: whoever deploys has named the file and is the operator, so that its `repositories` keep nobody out.
    """

    def __init__(self, file: Path | None, state: Path | None, *, own: bool = False) -> None:
        self._file = file
        self._state = str(state or "")
        self._own = own
        self._remedy = f"{file} has to list it" if own else REMEDY
        self._agents = LocalAgents()

    def may(self, repositories: Sequence[str], asker: str) -> bool:
        """Whether one of those patterns lets the asker in, `github:acme/web`."""
        return self._own or any(matches(pattern, asker) for pattern in repositories)

    def choose(
        self, repository: Repository, names: Sequence[str], tags: Mapping[str, Sequence[str]]
    ) -> tuple[Target, ...]:
        asker = f"{repository.provider}:{repository.full_name}"
        allowed = {
            name: entry for name, entry in self.inventory().targets.items() if self.may(entry.repositories, asker)
        }
        if names:
            # The same words whether there is such a target or not: who may not deploy to it need not learn of it.
            unknown = [name for name in dict.fromkeys(names) if name not in allowed]
            if unknown:
                raise TargetsRefused(f"{asker} has no target {', '.join(unknown)}: {self._remedy}")
            chosen = list(dict.fromkeys(names))
        else:
            chosen = sorted(n for n, e in allowed.items() if all(e.tags.get(key) in tags[key] for key in tags))
        if not chosen:
            wanted = ", ".join(f"{key}: {' or '.join(values)}" for key, values in tags.items())
            raise TargetsRefused(f"{asker} has no target with the tags {wanted}: {self._remedy}")
        return tuple(Target(name, allowed[name].zone, allowed[name].local) for name in chosen)

    async def reach(self, target: str, group: str, deployment: str, tell: Callable[[str], None]) -> TargetSession:
        return await self.open(target, (target, group), deployment, tell)

    async def open(
        self,
        target: str,
        place: Sequence[str],
        deployment: str,
        tell: Callable[[str], None],
        *,
        wait: float = 0.0,
    ) -> AgentSession:
        """With `place` below the target's state locked, once others there have ended, at most `wait` seconds later. Raises TargetLost."""
        try:
            entry = (await asyncio.to_thread(self.inventory)).targets.get(target)
        except TargetsRefused as error:
            raise TargetLost(str(error)) from None
        if entry is None:
            raise TargetLost("it is in the targets file no more")
        channel = await connect(entry, self._agents)
        session = AgentSession(channel, deployment, entry.directory, tell, near=entry.local)
        try:
            state = entry.state or (self._state if entry.local else "")
            await session.hello(state, place, wait)
        except BaseException:
            await session.close()
            raise
        return session

    def inventory(self) -> Inventory:
        """As it is now. Raises TargetsRefused."""
        if self._file is None:
            raise TargetsRefused(f"this bot has no deployment targets: {REMEDY}")
        try:
            return read_inventory(self._file)
        except OperatorFileInvalid as error:
            raise TargetsRefused(f"the bot's targets file is wrong: {str(error).splitlines()[0]}") from None


async def connect(entry: Entry, agents: LocalAgents) -> Channel:
    """Raises TargetLost, and where the host is not known NotKnown."""
    if entry.local:
        return await agents.connect()
    from bot.targets import ssh  # noqa: PLC0415  a tenth of a second, which only machines elsewhere are worth

    known = entry.known_hosts
    if known is None:
        with contextlib.suppress(RuntimeError):
            known = Path("~/.ssh/known_hosts").expanduser()
    if known is None or not known.is_file():
        raise ssh.NotKnown(f"there is no file {known} to know {entry.address} by: name it as `known_hosts`")
    return await ssh.connect(ssh.Address(entry.address, entry.port, entry.user, entry.key_file, known, entry.python))
