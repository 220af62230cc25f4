"""What takes a look at two places of a document or more: one file a concern, each with a `check(outline)`."""

from collections.abc import Iterator

from bot.definition.checks import (
    actions,
    artifacts,
    conditions,
    deployments,
    endpoints,
    expressions,
    invocations,
    names,
    references,
    sources,
    triggers,
    webhooks,
)
from bot.definition.document import Finding
from bot.definition.outline import Outline

_CONCERNS = (
    triggers,
    webhooks,
    names,
    actions,
    invocations,
    sources,
    conditions,
    deployments,
    expressions,
    endpoints,
    artifacts,
    references,
)


def check(outline: Outline) -> Iterator[Finding]:
    """Everything that is wrong, of every concern."""
    for concern in _CONCERNS:
        yield from concern.check(outline)
