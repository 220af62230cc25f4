"""What git's complaints mean: a commit that is gone, a host that refuses, a host that can't be reached. Pure text work.

Hosts write freely into git's standard error, so nothing of it is shown unscrubbed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.ports import CommitUnavailable, HostRefused, HostUnavailable, NoSpace, ProviderError
from bot.sources.git import GitFailed, GitTimedOut


class NotPossible(CommitUnavailable):
    """The commit is there, and what its pipeline asks of it can't be had: submodules, large files, too many files."""


class FetchRefused(HostRefused):
    """The host will not give what was asked for. `said`: its own word, made fit for a sentence."""

    def __init__(self, host: str, said: str) -> None:
        super().__init__(f"{host} refused the fetch: {said}. Check the bot's access to the repository.")
        self.said = said


class MirrorDamaged(HostUnavailable):
    """Git met holes, perhaps of ours: the mirror must be mended. Should that not help, it is the host's outage."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The host does not have these commits; the others of the same fetch may be fine."""

    commits: frozenset[str]


@dataclass(frozen=True, slots=True)
class TipsOnly:
    """The host hands out only what a branch or tag points to: fetch those."""


_MISSING = re.compile(r"(?:not our ref|couldn't find remote ref|no such remote ref) ([0-9a-f]{40,64})")
_TIPS_ONLY = re.compile(r"does not allow request for unadvertised object")
_STATUS = re.compile(r"returned error: (\d{3})")
_REFUSED = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|Access denied|repository '.*' not found"
    r"|Repository not found|does not exist|not permitted|redirect",
    re.IGNORECASE,
)
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_OURS = re.compile(r"Read-only file system|Too many open files|Cannot allocate memory|Permission denied")
_HOLES = re.compile(
    r"did not send all necessary objects|bad object|not a valid object|unable to (?:read|parse|resolve reference)|could not read [0-9a-f]{40}"
    r"|missing (?:blob|tree|commit|tag|object)|is corrupt|unresolved deltas|reference broken|Could not read",
    re.IGNORECASE,
)
_DAMAGED = re.compile(r"unable to read|bad object|not a valid object|missing|corrupt|Input/output error", re.IGNORECASE)
RATE_LIMITED = 429
RATE_LIMIT_PAUSE = 60.0


def judge(error: GitFailed, wanted: Collection[str], host: str, secret: str) -> Missing | TipsOnly | Exception:
    """Why a fetch failed: which of the wanted commits are gone, or the error to raise."""
    if missing := frozenset(_MISSING.findall(error.errors)) & frozenset(wanted):
        return Missing(missing)
    if _TIPS_ONLY.search(error.errors):
        return TipsOnly()
    if _is_full(error.errors):
        return NoSpace("the repositories")
    if _OURS.search(error.errors):
        return GitFailed(error.status, last_line(error.errors, secret))
    return _host_error(error, host, secret)


def refused_checkout(error: GitFailed, commit: str) -> Exception:
    """Why a work tree could not be filled: what the commit holds, which its author can mend, or something of ours."""
    if _is_full(error.errors):
        return NoSpace("the work trees")
    if error.status < 0 or _OURS.search(error.errors) or _DAMAGED.search(error.errors):
        return error
    return NotPossible(f"The commit {commit[:7]} can't be checked out: git refuses it ({last_line(error.errors)}).")


def _is_full(errors: str) -> bool:
    """Whether a device of ours is: a host whose own is says so in lines that git marks as the other side's."""
    return any(_FULL.search(line) for line in errors.splitlines() if not line.startswith("remote:"))


def _host_error(error: GitFailed, host: str, secret: str) -> ProviderError:
    said = last_line(error.errors, secret)
    if _HOLES.search(error.errors) and not _REFUSED.search(error.errors):
        return MirrorDamaged(f"{host} could not be fetched from: {said}.")
    if isinstance(error, GitTimedOut):
        return HostUnavailable(f"{host} did not send the commit in time ({said}).", host=host)
    status = _STATUS.search(error.errors)
    code = int(status[1]) if status else 0
    if code == RATE_LIMITED:
        return HostUnavailable(
            f"{host} limits how often it is asked ({said}).",
            RATE_LIMIT_PAUSE,
            host=host,
            does="limits how often it is asked",
        )
    if 300 <= code < 400:  # noqa: PLR2004  the class of redirections
        return HostRefused(
            f"{host} sends git to another address ({said}), and the bot's credentials are for this one alone. Has the "
            "repository been renamed or moved? The next push tells its new name. Else check the host's URL in the settings."
        )
    if 400 <= code < 500 or (not code and _REFUSED.search(error.errors)):  # noqa: PLR2004  the class of client errors
        return FetchRefused(host, said)
    return HostUnavailable(f"{host} could not be fetched from: {said}.", host=host)


def last_line(errors: str, secret: str = "") -> str:
    """Git's own last word, made fit for a sentence: one line, printable, no credentials, no endless length."""
    lines = [line for line in errors.splitlines() if line.strip() and not line.startswith("hint:")]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (fatal or lines or ["git gave no reason"])[-1]
    line = line.replace(secret, "***") if secret else line
    line = re.sub(r"//[^/@\s']*@", "//", line)
    line = "".join(character if character.isprintable() else " " for character in line)
    return line.removeprefix("fatal: ").removeprefix("error: ").strip(" .")[:300]


def gone(commit: str) -> CommitUnavailable:
    return CommitUnavailable(
        f"The commit {commit[:7]} is no longer on the host: its branch was force-pushed or deleted. Push it again to run it."
    )


_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_commit_id(text: str) -> bool:
    return _COMMIT.fullmatch(text) is not None


def checked(commit: str) -> str:
    """The commit id, once it is known to be nothing but one: it becomes part of argument lists and file names."""
    if not is_commit_id(commit):
        raise CommitUnavailable(f"{commit[:64]!r} is not a commit's full id.")
    return commit
