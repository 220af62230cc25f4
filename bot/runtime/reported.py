"""Under which keys the store remembers what has been told to a host, so that nothing is told twice."""

import asyncio
import hashlib
from collections.abc import Awaitable

from bot.model.host_deployment import HostDeployment
from bot.model.host_event import Thread
from bot.model.repository import Repository
from bot.model.status import CommitStatus
from bot.ports import HostUnavailable, Reported

ABOUT_TO_BE = Reported("")
"""Noted before something is made on a host that can't be made twice: whoever finds this looks whether it was made."""


def digest_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def statuses_of(repository: Repository, commit: str) -> str:
    """What the keys of a commit's statuses and check runs begin with."""
    return f"status:{repository.provider}:{repository.id}:{commit}:"


def status_key(status: CommitStatus) -> str:
    return context_key(status.repository, status.commit, status.context)


def context_key(repository: Repository, commit: str, context: str) -> str:
    return f"{statuses_of(repository, commit)}{context}"


def check_key(context: str) -> str:
    """Of a check run, by the key of the status that it has the context of. No name of a stage has such a character."""
    return f"{context}#check"


def deployment_key(one: HostDeployment) -> str:
    """With those of the commit's statuses, so that it goes with them."""
    return f"{statuses_of(one.repository, one.commit)}{one.execution}/{one.stage}#deployment"


def active_key(one: HostDeployment) -> str:
    """Of what is in an environment now."""
    return f"environment:{one.repository.provider}:{one.repository.id}:{one.environment}"


def comment_key(repository: Repository, thread: Thread, name: str) -> str:
    return f"comment:{repository.provider}:{repository.id}:{thread.kind}:{thread.name}:{name}"


async def all_of(*work: Awaitable[None]) -> None:
    """Do all of it, whatever fails; then raise a failure that is worth a new try before one that is not."""
    results = await asyncio.gather(*work, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        raise next((failure for failure in failures if isinstance(failure, HostUnavailable)), failures[0])
