"""What is said of approvals by code owners: whom they wait for, and why it can't be known. Plain text."""

from collections.abc import Sequence

from bot.core.owners import asks_owners, in_their_place, missing
from bot.messages.words import approvers as named
from bot.messages.words import listed, principal
from bot.model.execution import ActionRun
from bot.model.owners import OwnerGroup
from bot.model.pipeline import Approve

_GROUPS_SHOWN = 3


def approvers(run: ActionRun, approval: Approve) -> str:
    """Who may answer: `waits for owners of src/**: ada or acme/core; in their place: ben (2 of 3 groups have approved)`."""
    if not asks_owners(approval):
        return named(approval)
    owners = run.owners
    if owners is None:
        return "waits until the code owners of what has changed are found"
    if owners.problem:
        return f"nobody can answer yet: {owners.problem}"
    place = listed(map(principal, in_their_place(approval)))
    if not owners.groups:
        return f"whoever may write here{f', or {place}' if place else ''}: nobody owns what has changed"
    left = missing(approval, run, run.answers)
    groups = listed(map(_group, left), _GROUPS_SHOWN, "; ") or "all owners have approved"
    instead = f"; in their place: {place}" if place else ""
    count = len(owners.groups)
    so_far = f" ({count - len(left)} of {count} groups have approved)" if count > 1 else ""
    return f"waits for {groups}{instead}{so_far}" if left else f"{groups}{instead}{so_far}"


def _group(group: OwnerGroup) -> str:
    who = list(dict.fromkeys(map(principal, group.owners)))
    needed = f"{group.needed} of " if group.needed > 1 else ""
    return f"owners of {listed(group.patterns, 3)}: {needed}{listed(who, between=' or ')}"


def passed_over(run: ActionRun) -> str:
    """`CODEOWNERS, line 3: ...`; "" where every line could be read."""
    remarks = run.owners.passed_over if run.owners is not None else ()
    return f"Passed over in CODEOWNERS: {listed(remarks, 3, '; ')}" if remarks else ""


# --- Why they can't be known -----------------------------------------------------------------------------------------


def no_file(places: Sequence[str], branch: str) -> str:
    return f"there is no CODEOWNERS on {branch}: add {places[0]} there; it is looked for again by itself"


def no_branch(branch: str) -> str:
    return (
        f"there is no branch {branch} whose CODEOWNERS could be read" if branch else "the default branch is not known"
    )


def too_large(path: str, limit: int) -> str:
    return f"{path} is larger than {limit >> 20} MB: make it shorter with wildcards; it is looked at again by itself"


def unprovable(pattern: str, owners: Sequence[str]) -> str:
    """Of owners whom no account is known for."""
    return (
        f"{pattern} is owned by {listed(owners)} alone, and the host does not tell whose account that is:"
        " name a user or a team in CODEOWNERS; it is read again by itself"
    )


def not_found(error: Exception) -> str:
    return f"the code owners could not be found ({error}); they are looked for again by themselves"
