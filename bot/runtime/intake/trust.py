"""Whether an execution may have its pipeline's secrets, and leave a cache to others. What can't be found out is answered with no."""

from collections.abc import Mapping

import structlog

from bot.model.people import Role
from bot.model.pipeline import Build, Pipeline
from bot.model.repository import RefKind, Repository
from bot.model.revision import Revision
from bot.ports import HostRefused, Provider

log = structlog.get_logger(__name__)


async def trusted(
    providers: Mapping[str, Provider], repository: Repository, revision: Revision, pipeline: Pipeline
) -> bool:
    """Who pushes a branch or tag may write. A pull request may show the work of somebody who may not: its author is looked up.

    The host is asked only where there are secrets to be had, or builds that may keep a cache. Raises HostUnavailable.
    """
    if not pipeline.secrets and not _builds(pipeline):
        return False
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
