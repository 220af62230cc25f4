"""`on-failure`: a word, and for RETRY how often and on which message (section 5)."""

import re

from bot.definition.document import quoted
from bot.definition.grammar.text import refuse
from bot.model.buildspec import RETRIES, FailurePolicy, OnFailure

MOST = 100
LONGEST = 500

_WORDS = {"ABORT": OnFailure.ABORT, "CONTINUE": OnFailure.CONTINUE, "RETRY": OnFailure.RETRY}
_RETRY = re.compile(r"RETRY-(?:(?P<count>\d+)(?:-|$))?(?P<pattern>.*)", re.IGNORECASE | re.DOTALL)


def policy(text: str) -> FailurePolicy:
    """ONF-1, ONF-2. Raises what the grammar raises for a value that is none."""
    word = _WORDS.get(text.upper())
    if word is not None:
        return FailurePolicy(word, RETRIES if word is OnFailure.RETRY else 0)
    found = _RETRY.fullmatch(text)
    if found is None:
        raise refuse(
            f"`on-failure` cannot be {quoted(text)}.", "Write ABORT, CONTINUE, RETRY, RETRY-<count> or RETRY-<regex>."
        )
    count = RETRIES if found["count"] is None else int(found["count"][:4])
    if count > MOST:
        raise refuse(
            f"A build is done again at most {MOST} times, and not {found['count'][:20]}.", f"Write at most {MOST}."
        )
    return FailurePolicy(OnFailure.RETRY, count, _checked(found["pattern"]))


def _checked(pattern: str) -> str:
    if len(pattern) > LONGEST or "\n" in pattern:
        raise refuse(
            f"The pattern must be one line of at most {LONGEST} characters.", "Look for a part of the message."
        )
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise refuse(
            f"{quoted(pattern)} is no regular expression: {error}.", "Put a `\\` before what means itself."
        ) from None
    return pattern
