"""Whether an execution may have its pipeline's secrets, and keep a cache for others; and whether a change comes from outside. What can't be found out is answered with no."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.model.people import Role
from bot.model.pipeline import Build, Pipeline
from bot.model.pull_request import PullRequest
from bot.model.repository import RefKind, Repository
from bot.model.revision import Revision
from bot.ports import HostRefused, Provider

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Grants:
    """What an execution is given that not everybody's may have."""

    secrets: bool = False
    cache: bool = False


async def grants(
    providers: Mapping[str, Provider], repository: Repository, revision: Revision, pipeline: Pipeline
) -> Grants:
    """Of an execution whose revision does not come from outside: of whoever may write.

    The host is asked only where there are secrets to be had, or builds that may keep a cache. Raises HostUnavailable.
    """
    builds = _builds(pipeline)  # they may ask others for secrets, too
    wanted = Grants(bool(pipeline.secrets) or builds, builds)
    if wanted == Grants() or not await _made_by_a_writer(providers, repository, revision):
        return Grants()
    return wanted


async def _made_by_a_writer(providers: Mapping[str, Provider], repository: Repository, revision: Revision) -> bool:
    """Who pushes a branch or tag may write. A pull request may show the work of somebody who may not: its author is looked up."""
    if revision.ref.kind is not RefKind.PULL_REQUEST:
        return True
    if revision.author is None:
        return False
    try:
        return await providers[repository.provider].role(repository, revision.author) >= Role.WRITE
    except HostRefused as error:
        log.warning("role look-up refused", person=revision.author.login, error=str(error))
        return False


def _builds(pipeline: Pipeline) -> bool:
    return any(isinstance(action.work, Build) for stage in pipeline.stages for action in stage.actions)


async def has_contributed(providers: Mapping[str, Provider], repository: Repository, pull_request: PullRequest) -> bool:
    """Whether something of its author was merged before. Raises HostUnavailable."""
    try:
        return await providers[repository.provider].has_contributed(repository, pull_request)
    except HostRefused as error:
        log.warning("look-up of earlier contributions refused", number=pull_request.number, error=str(error))
        return False


async def from_outside(providers: Mapping[str, Provider], repository: Repository, pull_request: PullRequest) -> str:
    """Why the pull request counts as a change from outside; "" when it does not. Asked afresh each time. Raises HostUnavailable.

    A fork's does whoever made it: who else may push there is not known. One whose author is not known does, too.
    """
    if not pull_request.same_repository:
        return "it is from a fork"
    author = pull_request.author
    if author is None:
        return "its author is not known"
    try:
        role = await providers[repository.provider].role(repository, author)
    except HostRefused as error:
        log.warning("role look-up refused", person=author.login, error=str(error))
        role = Role.NONE
    return "" if role >= Role.WRITE else f"{author.login} may not write here"
