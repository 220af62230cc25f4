"""Who counts as an outsider when the host does not say: whoever is not known to be none."""

from collections.abc import Mapping
from typing import cast

import pytest

from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.ports import HostRefused, Provider
from bot.runtime.intake.trust import from_outside
from tests.world.builders import REPOSITORY

ADA = Person("ada", "1")


class Saying:
    """A host that answers every question about a role alike: with one, or by refusing."""

    def __init__(self, role: Role | None) -> None:
        self._role = role

    async def role(self, *_: object) -> Role:
        if self._role is None:
            raise HostRefused("the token may not ask")
        return self._role


@pytest.mark.parametrize(
    ("role", "author", "same", "outside"),
    [
        (Role.WRITE, ADA, True, ""),
        (Role.ADMIN, ADA, True, ""),
        (Role.READ, ADA, True, "ada may not write here"),
        (Role.NONE, ADA, True, "ada may not write here"),
        (None, ADA, True, "ada may not write here"),
        (Role.ADMIN, None, True, "its author is not known"),
        (Role.ADMIN, ADA, False, "it is from a fork"),
    ],
)
async def test_who_comes_from_outside(role: Role | None, author: Person | None, same: bool, outside: str) -> None:
    hosts = cast("Mapping[str, Provider]", {REPOSITORY.provider: Saying(role)})
    change = PullRequest(9, "a" * 40, "fix", "main", author=author, same_repository=same)
    assert await from_outside(hosts, REPOSITORY, change) == outside
