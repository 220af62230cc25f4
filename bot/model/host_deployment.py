"""What a host is told of a stage that has an environment: which commit is brought there, and how far that is."""

from dataclasses import dataclass

from bot.model.repository import Ref, Repository
from bot.model.status import StatusState


@dataclass(frozen=True, slots=True)
class HostDeployment:
    """`execution` and `stage` name it for ever. `branch` is the one that the commit was built for, a pull request's source branch ("":
    none). `url` is the page that tells of it.
    """

    repository: Repository
    environment: str
    commit: str
    ref: Ref
    branch: str
    execution: str
    stage: str
    state: StatusState
    description: str
    url: str
