"""The rules of CodePipeline's own structure that the conversion would hide (section 3): found on what was written, all at once.

One file a concern. Rules that the pipeline file knows in its own words (references, names of what stays, which conditions go
together) are checked after the conversion.
"""

from dataclasses import replace

from pydantic import ValidationError

from bot.definition.document import Document, Finding, List, Map, Mark, locate
from bot.definition.importer import native
from bot.definition.importer.pieces import Piece
from bot.definition.importer.placeholders import has_hole, plain
from bot.definition.importer.rules import actions, conditions, stages, triggers, versions
from bot.definition.shape import findings


def check(body: Map, mark: Mark, region: str = "") -> list[Finding]:
    """Everything that is wrong with a definition, which is in that region ("": it is not told); each finding has its mark."""
    pieces = Piece(body, mark).pieces("stages")
    names = _names(body, mark, pieces)
    found = _shape(body, mark)
    found += stages.check(body, mark, pieces)
    found += [*versions.check_type(body, pieces), *versions.check_stores(body, mark, pieces, region)]
    found += triggers.check(body, mark)
    for stage in pieces:
        for action in stage.pieces("actions"):
            found += actions.check(action)
        found += conditions.check(stage, names)
    return found


def _names(body: Map, mark: Mark, pieces: list[Piece]) -> frozenset[str]:
    variables = {f"variables.{variable.text('name')}" for variable in Piece(body, mark).pieces("variables")}
    return frozenset(variables | {action.text("namespace") for stage in pieces for action in stage.pieces("actions")})


def _shape(body: Map, mark: Mark) -> list[Finding]:
    document = Document(body, mark)
    try:
        native.grammar().model_validate(_filled(body))
    except ValidationError as error:
        found = findings(error, document, native.Pipeline)
        return [replace(finding, mark=locate(document, finding)[0]) for finding in found]
    return []


def _filled(value: object) -> object:
    """The definition as it would be if each hole were filled with its own name: what a hole will hold can't be checked."""
    if isinstance(value, Map):
        members = Map(value.mark)
        for key, child in value.items():
            members[key], members.marks[key] = _filled(child), value.marks[key]
        return members
    if isinstance(value, List):
        items = List(value.mark)
        items.extend(_filled(item) for item in value)
        items.marks = value.marks
        return items
    return plain(value) if isinstance(value, str) and has_hole(value) else value
