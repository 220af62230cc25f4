"""Repositories, their names, and what was heard of their refs."""

from collections.abc import Mapping

from bot.model.host_event import CommentRef
from bot.model.intake import Intake
from bot.model.repository import Ref, Repository
from bot.stores import comments, repositories, seen_refs
from bot.stores.sql.opened import Opened


class Repositories(Opened):
    async def record_intake(self, repository: Repository, ref: Ref, default_branch: str, intake: Intake) -> None:
        await self._writer.write(
            lambda transaction: self._repositories.record_intake(transaction, repository, ref, default_branch, intake)
        )

    async def intake(self, repository: Repository, ref: Ref) -> Intake | None:
        return await self._reader.read(lambda transaction: repositories.intake(transaction, repository, ref))

    async def heard(self, repository: Repository) -> Mapping[Ref, Intake]:
        return await self._reader.read(lambda transaction: seen_refs.heard(transaction, repository))

    async def seen_refs(self, repository: Repository) -> Mapping[Ref, str] | None:
        return await self._reader.read(lambda transaction: seen_refs.read(transaction, repository))

    async def keep_seen_refs(self, repository: Repository, seen: Mapping[Ref, str]) -> None:
        await self._writer.write(lambda t: seen_refs.write(t, self._repositories, repository, seen))

    async def take_comment(self, comment: CommentRef, delivery: str, at: float) -> bool:
        return await self._writer.write(lambda transaction: comments.take(transaction, comment, delivery, at))

    async def intakes_of(self, repository: Repository, commit: str) -> list[Intake]:
        return await self._reader.read(lambda transaction: repositories.intakes_of(transaction, repository, commit))

    async def default_branch(self, repository: Repository) -> str:
        found = await self._reader.read(lambda transaction: repositories.find(transaction, repository))
        return found[1] if found else ""

    async def called(self, provider: str, full_name: str) -> tuple[Repository, str] | None:
        return await self._reader.read(lambda transaction: repositories.called(transaction, provider, full_name))

    async def rename(self, repository: Repository) -> None:
        await self._writer.write(lambda transaction: self._repositories.rename(transaction, repository))

    async def leave(self, repository: Repository) -> None:
        await self._writer.write(lambda transaction: repositories.leave(transaction, repository))

    async def repositories(self) -> list[tuple[Repository, str]]:
        return await self._reader.read(repositories.known)

    async def connected_repositories(self) -> list[tuple[Repository, str]]:
        return await self._reader.read(repositories.connected)
