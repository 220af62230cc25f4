"""Repositories, their names, and what was heard of their refs."""

from collections.abc import Mapping

from bot.model.host_event import CommentRef
from bot.model.intake import Intake
from bot.model.repository import Ref, Repository
from bot.stores.decided import name_of
from bot.stores.memory.tables import Tables, identity


class Repositories(Tables):
    async def record_intake(self, repository: Repository, ref: Ref, default_branch: str, intake: Intake) -> None:
        self._put_repository(repository, default_branch)
        self._intakes[*identity(repository), str(ref)] = intake

    def _put_repository(self, repository: Repository, default_branch: str) -> None:
        before = self._repositories.get(identity(repository))
        if before is not None and before[0].full_name != repository.full_name:
            self._former_names[repository.provider, before[0].full_name] = identity(repository)
        self._repositories[identity(repository)] = (repository, default_branch)
        self._gone.discard(identity(repository))

    async def called(self, provider: str, full_name: str) -> tuple[Repository, str] | None:
        name = (provider, full_name)
        found = [each for each in self._repositories.values() if (each[0].provider, each[0].full_name) == name]
        former = self._former_names.get(name)
        return next(iter(found), None) or (self._repositories[former] if former else None)

    async def rename(self, repository: Repository) -> None:
        if (known := self._repositories.get(identity(repository))) is not None:
            self._put_repository(repository, known[1])

    async def leave(self, repository: Repository) -> None:
        self._gone.add(identity(repository))

    async def heard(self, repository: Repository) -> Mapping[Ref, Intake]:
        named = identity(repository)
        return {Ref.parse(key[2]): intake for key, intake in self._intakes.items() if key[:2] == named}

    async def seen_refs(self, repository: Repository) -> Mapping[Ref, str] | None:
        return self._seen_refs.get(identity(repository))

    async def keep_seen_refs(self, repository: Repository, seen: Mapping[Ref, str]) -> None:
        self._seen_refs[identity(repository)] = dict(seen)

    async def take_comment(self, comment: CommentRef, delivery: str, at: float) -> bool:
        key = (comment.repository.provider, name_of(comment))
        return self._comments.setdefault(key, (comment, delivery, at))[1] == delivery

    async def intakes_of(self, repository: Repository, commit: str) -> list[Intake]:
        mine = [each for key, each in self._intakes.items() if key[:2] == identity(repository)]
        return sorted((each for each in mine if each.commit == commit), key=lambda each: -each.at)

    async def intake(self, repository: Repository, ref: Ref) -> Intake | None:
        return self._intakes.get((*identity(repository), str(ref)))

    async def default_branch(self, repository: Repository) -> str:
        known = self._repositories.get(identity(repository))
        return known[1] if known else ""

    async def repositories(self) -> list[tuple[Repository, str]]:
        return sorted(self._repositories.values(), key=lambda known: (known[0].full_name, *identity(known[0])))

    async def connected_repositories(self) -> list[tuple[Repository, str]]:
        return [known for known in await self.repositories() if identity(known[0]) not in self._gone]
