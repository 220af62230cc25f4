"""Our nouns as paths of GitLab's API: by number, and checked before they become part of an address."""

import re

from bot.model.host_event import Thread
from bot.model.repository import Repository
from bot.ports import HostRefused
from providers.base.identity import number_of

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def project_path(repository: Repository) -> str:
    """A project keeps its number when it is renamed or transferred, and no other can take it over."""
    return f"/projects/{number_of(repository.id, 'GitLab')}"


def merge_request_path(repository: Repository, thread: Thread) -> str:
    return f"{project_path(repository)}/merge_requests/{number_of(thread.name, 'GitLab')}"


def sha_of(text: str) -> str:
    if not _SHA.fullmatch(text):
        raise HostRefused(f"{text[:40]!r} is no commit's id")
    return text
