"""Proposals: refs below a person's own name, to which whoever may read can push, for pull requests of what they may not write.

They are no branches: nobody is told that one was pushed, so nothing runs for it, but for the pull requests that are opened from
it. A pull request calls it `~ada/topic`, which no branch can be called.
"""

from collections.abc import Sequence

from bot.model.people import Role
from providers.local.host.errors import Forbidden
from providers.local.host.git import PROPOSALS, RefUpdate


def source_ref(source: str) -> str:
    """The ref that a pull request's source is."""
    return f"{PROPOSALS}{source[1:]}" if source.startswith("~") else f"refs/heads/{source}"


def needed(source: str, login: str) -> Role:
    """What who opens a pull request from there must be."""
    return Role.READ if source.startswith(f"~{login}/") else Role.WRITE


def check(updates: Sequence[RefUpdate], login: str, role: Role) -> None:
    """Whether they may move these refs. Raises Forbidden with what they may do."""
    own = f"{PROPOSALS}{login}/"
    others = [update.ref for update in updates if update.ref.startswith(PROPOSALS) and not update.ref.startswith(own)]
    if others:
        raise Forbidden(f"Proposals of yours are below {own}, and no others can be pushed by you.")
    if role < Role.WRITE and not all(update.ref.startswith(own) for update in updates):
        raise Forbidden(
            f"Branches and tags need the role write here. To propose a change: git push -o pull_request origin HEAD:{own}<topic>"
        )
