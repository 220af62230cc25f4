"""Code Insights: a report a pipeline on a commit, there only while logs remark something about lines of files. What both Bitbuckets have alike.

Reports are put by their key, and annotations by ids that follow from what they say: to put the same again is harmless. No I/O.
"""

import hashlib
from collections.abc import Iterator, Sequence

from bot.model.annotation import Annotation, Severity
from bot.model.check import CheckRun
from bot.model.status import StatusState
from providers.base.shorten import shortened
from providers.bitbucket.builds import key_of

LONGEST_KEY = 40
LONGEST_TEXT = 450
"""Of titles and summaries."""

AT_ONCE = 100
"""Annotations in one request."""

SEVERITIES = {Severity.ERROR: "HIGH", Severity.WARNING: "MEDIUM", Severity.NOTICE: "LOW"}


def report_key(check: CheckRun) -> str:
    """Part of an address: no slashes."""
    return key_of(check.status.context.replace("/", "-"), LONGEST_KEY)


def title(check: CheckRun) -> str:
    return shortened(check.status.context, LONGEST_TEXT)


def passed(check: CheckRun) -> bool:
    return check.status.state is StatusState.SUCCEEDED


def kind(one: Annotation) -> str:
    return "BUG" if one.severity is Severity.ERROR else "CODE_SMELL"


def words(one: Annotation, limit: int) -> str:
    """The message, and behind it whose it is."""
    whose = " ".join(filter(None, [one.tool, one.code]))
    return shortened(f"{one.message} ({whose})" if whose else one.message, limit)


def identity(one: Annotation) -> str:
    said = "\0".join((one.path, str(one.line), str(one.column), one.message, one.code, one.tool))
    return f"penstock-{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def parts(annotations: Sequence[Annotation]) -> Iterator[Sequence[Annotation]]:
    """Each id once in all."""
    unlike = list({identity(one): one for one in annotations}.values())
    for at in range(0, len(unlike), AT_ONCE):
        yield unlike[at : at + AT_ONCE]


def wanted(check: CheckRun) -> bool:
    return check.status.state.final and bool(check.annotations)
