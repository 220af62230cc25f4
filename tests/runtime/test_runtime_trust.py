"""Who counts as an outsider when the host does not say: whoever is not known to be none. And what executions are given."""

from collections.abc import Mapping
from typing import cast

import pytest

from bot.model.people import Person, Role
from bot.model.pipeline import Action, Build, Pipeline, Run, Stage, Work
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from bot.ports import HostRefused, Provider
from bot.runtime.intake.trust import Grants, from_outside, grants
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


HOME, PULL = Ref(RefKind.BRANCH, "main"), Ref(RefKind.PULL_REQUEST, "9")
RUNS, BUILDS = Run(("make",)), Build("build", "buildspec.yml")


@pytest.mark.parametrize(
    ("secrets", "work", "ref", "role", "author", "given"),
    [
        (True, RUNS, HOME, None, None, Grants(secrets=True)),
        (True, BUILDS, HOME, None, None, Grants(secrets=True, cache=True)),
        (False, BUILDS, HOME, None, None, Grants(secrets=True, cache=True)),
        (True, BUILDS, PULL, Role.WRITE, ADA, Grants(secrets=True, cache=True)),
        (False, BUILDS, PULL, Role.WRITE, ADA, Grants(secrets=True, cache=True)),
        (True, RUNS, PULL, Role.WRITE, ADA, Grants(secrets=True)),
        (False, RUNS, PULL, Role.WRITE, ADA, Grants()),
        (True, BUILDS, PULL, Role.READ, ADA, Grants()),
        (True, BUILDS, PULL, None, ADA, Grants()),
        (True, BUILDS, PULL, Role.ADMIN, None, Grants()),
    ],
)
async def test_what_an_execution_may_have_and_keep(
    secrets: bool, work: Work, ref: Ref, role: Role | None, author: Person | None, given: Grants
) -> None:
    hosts = cast("Mapping[str, Provider]", {REPOSITORY.provider: Saying(role)})
    pipeline = Pipeline("web", (Stage("build", (Action("make", work),)),), secrets={"KEY": "sealed"} if secrets else {})
    assert await grants(hosts, REPOSITORY, Revision("c" * 40, ref, author=author), pipeline) == given
