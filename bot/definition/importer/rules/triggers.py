"""Triggers and their filters (STR-23, STR-24, section 8.2)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Mark, quoted
from bot.definition.importer.catalogue import GIT_SOURCES
from bot.definition.importer.pieces import Piece
from bot.definition.importer.rules.parts import kind_of, told
from bot.definition.suggest import closest


def check(body: Map, mark: Mark) -> Iterator[Finding]:
    """STR-23, STR-24 and section 8.2."""
    sources = {
        action.text("name"): kind_of(action)[2]
        for stage in Piece(body, mark).pieces("stages")[:1]
        for action in stage.pieces("actions")
    }
    seen: set[str] = set()
    for trigger in Piece(body, mark).pieces("triggers"):
        git = trigger.piece("gitConfiguration")
        name, at = git.text("sourceActionName"), git.mark("sourceActionName")
        if name and sources.get(name) != GIT_SOURCES[0]:
            meant = closest(name, tuple(sources))
            remedy = f"Did you mean {quoted(meant)}?" if meant else "Name one of the first stage."
            yield told(at, f"{quoted(name)} is no source action of {GIT_SOURCES[0]}.", remedy)
        if name in seen:
            yield told(at, f"The source action {quoted(name)} has two triggers.", "Merge them into one.")
        seen.add(name)
        yield from _filters(git)


def _filters(git: Piece) -> Iterator[Finding]:
    entries = [("push", each) for each in git.pieces("push")]
    entries += [("pullRequest", each) for each in git.pieces("pullRequest")]
    if not entries:
        yield told(git.start, "The trigger names neither `push` nor `pullRequest`.", "Add a filter, or remove it.")
    for event, entry in entries:
        if "tags" in entry.body and len(entry.body) > 1:
            yield told(entry.on_key("tags"), "`tags` stands alone in a filter.", "Make a filter of each.")
        elif "filePaths" in entry.body and "branches" not in entry.body:
            yield told(entry.on_key("filePaths"), "`filePaths` needs `branches` beside it.", "Add `branches`.")
        elif not entry.body or (event == "pullRequest" and "branches" not in entry.body):
            yield told(entry.start, "The filter has no `branches`.", "Add `branches`, or remove the filter.")
