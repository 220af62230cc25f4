"""What follows a command's name: one reader a command. None means that the words do not fit the command's usage."""

import re
import shlex

from bot.commands.command import (
    HOLD_REASON,
    STOP_REASON,
    Approve,
    Continue,
    Help,
    Hold,
    OkToTest,
    Override,
    Place,
    Reject,
    Release,
    Rerun,
    Retry,
    Rollback,
    Status,
    Stop,
    Why,
)
from bot.model.pipeline import RetryMode

# codepipeline reference, section 1: names and values of variables, and how many a start may give.
_VARIABLE = re.compile(r"(?P<name>[A-Za-z0-9@_-]{1,128})=(?P<value>.{0,1000})", re.DOTALL)
_MOST_VARIABLES = 50
_REVISION = re.compile(r"[^\s@:~^?*\[\\]{1,255}")
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")


def approve(rest: str) -> Approve:
    return Approve(rest)


def reject(rest: str) -> Reject:
    return Reject(rest)


def retry(rest: str) -> Retry | None:
    """`all` and `failed` are modes, even where a stage has such a name: that stage is written `pipeline:all`."""
    words = rest.split()
    mode = RetryMode.FAILED_ACTIONS
    if words and words[-1].lower() in tuple(RetryMode):
        mode = RetryMode(words.pop().lower())
    if not words:
        return Retry(mode=mode)
    place = _stage(words[0])
    return Retry(place, mode) if place and len(words) == 1 else None


def rerun(rest: str) -> Rerun | None:
    """Values with spaces stand in quotes, as in a shell. A word with an `@` before it is the revision (RUN-4): no name or pair begins so."""
    try:
        words = shlex.split(rest)
    except ValueError:  # a quote is not closed
        return None
    revisions = [word.removeprefix("@") for word in words if word.startswith("@") and "=" not in word]
    words = [word for word in words if not word.startswith("@") or "=" in word]
    if len(revisions) > 1 or not all(_REVISION.fullmatch(revision) for revision in revisions):
        return None
    pipeline = words.pop(0) if words and "=" not in words[0] else ""
    pairs = [_VARIABLE.fullmatch(word) for word in words]
    variables = {pair["name"]: pair["value"] for pair in pairs if pair}
    if len(variables) != len(words) or len(words) > _MOST_VARIABLES:
        return None  # no NAME=value, one given twice, or too many
    place = Place.parse(pipeline)
    if pipeline and (place is None or pipeline != place.stage):
        return None
    return Rerun(pipeline, variables, revisions[0] if revisions else "")


def stop(rest: str) -> Stop:
    first, _, after = rest.partition(" ")
    abandon = first.lower() == "abandon"
    return Stop(abandon, (after.strip() if abandon else rest)[:STOP_REASON])


def rollback(rest: str) -> Rollback | None:
    words = rest.split()
    place = _stage(words[0]) if words else None
    if place is None or len(words) > 2:  # noqa: PLR2004  a stage and an execution
        return None
    return Rollback(place, words[1].removeprefix("#") if words[1:] else "")


def hold(rest: str) -> Hold | None:
    first, _, reason = rest.partition(" ")
    place = _stage(first)
    return Hold(place, reason.strip()[:HOLD_REASON]) if place else None


def release(rest: str) -> Release | None:
    place = _stage(rest)
    return Release(place) if place else None


def continue_(rest: str) -> Continue | None:
    place = Place.parse(rest) if rest else Place()
    return Continue(place) if place is not None else None


def override(rest: str) -> Override | None:
    first, _, reason = rest.partition(" ")
    place = _stage(first)
    return Override(place, reason.strip()[:HOLD_REASON]) if place else None


def ok_to_test(rest: str) -> OkToTest | None:
    return OkToTest(rest.lower()) if not rest or _SHA.fullmatch(rest) else None


def status(_: str) -> Status:
    """A question may be put in more words than one: what follows is not read."""
    return Status()


def why(_: str) -> Why:
    return Why()


def help_(_: str) -> Help:
    return Help()


def _stage(word: str) -> Place | None:
    place = Place.parse(word)
    return place if place and place.stage and not place.action else None
