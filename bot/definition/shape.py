"""A document against the grammar: the errors of the validating library become findings in our own sentences.

One table says what each kind of error means; the library's own text reaches nobody.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.definition.document import Document, Finding, List, Map, Path, Plain, quoted, taken
from bot.definition.grammar import approve, source, text
from bot.definition.grammar.deploy import manifests, servers
from bot.definition.grammar.pipeline import Pipeline, grammar
from bot.definition.suggest import did_you_mean, remedy_for_key, remedy_for_value

_ON_KEY = "[key]"
_MOST_ERRORS = 500  # Each takes time to put into words, and nobody reads as many.
Sentence = tuple[str, str]


def validate(document: Document) -> tuple[Pipeline | None, list[Finding]]:
    """The document as the grammar reads it, or everything that keeps it from being read so."""
    if not isinstance(document.root, Map):
        reason = f"A pipeline is a mapping, and this is {_kind(document.root)}."
        return None, [Finding((), reason, "Begin with `stages:`, and write one pipeline a document.")]
    try:
        return grammar().model_validate(document.root), []
    except ValidationError as error:
        return None, findings(error, document, Pipeline)


def findings(error: ValidationError, document: Document, root: type[BaseModel]) -> list[Finding]:
    """The errors of a document in our own sentences; `root` is the noun that it was held against."""
    details = error.errors(include_url=False)[:_MOST_ERRORS]
    return _without_echoes([_finding(detail, document, root) for detail in details if not _follows(detail)])


def _follows(detail: ErrorDetails) -> bool:
    """A list whose entries are all wrong is called too short as well; that would be told to nobody's use."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Each once; and a key that is missing because it is misspelt is told as misspelt only."""
    meant = {(finding.path[:-1], finding.remedy) for finding in findings}
    return [
        finding
        for finding in dict.fromkeys(findings)
        if not (finding.reason.endswith(_MISSING) and (finding.path[:-1], did_you_mean(finding.path[-1])) in meant)
    ]


def _finding(detail: ErrorDetails, document: Document, root: type[BaseModel]) -> Finding:
    path = detail["loc"]
    on_key = bool(path) and path[-1] == _ON_KEY
    path = path[:-1] if on_key else path
    if detail["type"] == "extra_forbidden":
        key = str(path[-1])
        remedy = remedy_for_key(key, _noun_at(path[:-1], root, document))
        return Finding(path, f"Unknown key {quoted(key)}.", remedy, on_key=True)
    if detail["input"] is None and detail["type"] not in ("told", "missing"):
        what = "entry" if path and isinstance(path[-1], int) else "key"
        return Finding(path, f"This {what} has no value.", f"Give it a value, or remove the {what}.")
    subject = "The name" if on_key else _subject(taken(document, path))
    reason, remedy = _SENTENCES.get(detail["type"], _unforeseen)(detail, subject)
    return Finding(path, reason, remedy, on_key=on_key)


def _noun_at(path: Path, root: type[BaseModel], document: Document) -> type[BaseModel]:
    """The grammar's noun at a path: keys lead through fields, all else leads nowhere new. Of several that may stand there, the one
    that most of the keys there belong to.
    """
    noun, here = root, document.root
    for step in path:
        here = _inside(here, step)
        field = next((info for name, info in noun.model_fields.items() if step in (name, info.alias)), None)
        if field is not None:
            given = set(here) if isinstance(here, Map) else set()
            nouns = list(_nouns_in(field.annotation))
            noun = max(nouns, key=lambda each: len(given & each.model_fields.keys())) if nouns else noun
    return noun


def _inside(value: object, step: object) -> object:
    if isinstance(value, Map) and isinstance(step, str):
        return value.get(step)
    return value[step] if isinstance(value, List) and isinstance(step, int) else None


def _nouns_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for part in get_args(annotation):
            yield from _nouns_in(part)


def _subject(path: Path) -> str:
    return quoted(path[-1]) if path and isinstance(path[-1], str) else "This"


def _kind(value: object) -> str:
    match value:
        case None:
            return "empty"
        case Map():
            return "a mapping"
        case List() | list():
            return "a list"
        case Plain():
            return quoted(value)
    return "a text"


def _typed(expected: str, remedy: str) -> Callable[[ErrorDetails, str], Sentence]:
    def sentence(detail: ErrorDetails, subject: str) -> Sentence:
        return f"{subject} must be {expected}, and is {_kind(detail['input'])}.", remedy

    return sentence


def _scalar(expected: str, remedy: str) -> Callable[[ErrorDetails, str], Sentence]:
    """Only for these is a text shown: `on` and `"2"` look right until one sees that they are texts."""

    def sentence(detail: ErrorDetails, subject: str) -> Sentence:
        value = detail["input"]
        shown = f"the text {quoted(value)}" if isinstance(value, str) else _kind(value)
        if isinstance(value, bool | int | float):
            shown = quoted(value)
        return f"{subject} must be {expected}, and is {shown}.", remedy

    return sentence


def _text(detail: ErrorDetails, subject: str) -> Sentence:
    remedy = "Write a text behind the colon."
    if isinstance(detail["input"], Map):
        remedy = "Put quotes around a text that contains `: `."
    return f"{subject} must be a text, and is {_kind(detail['input'])}.", remedy


def _choice(detail: ErrorDetails, subject: str) -> Sentence:
    expected = tuple(re.findall(r"'([^']*)'", str(detail["ctx"]["expected"])))
    value = detail["input"]
    return f"{subject} cannot be {quoted(value) if isinstance(value, str) else _kind(value)}.", remedy_for_value(
        value, expected
    )


def _bound(words: str, remedy: str) -> Callable[[ErrorDetails, str], Sentence]:
    def sentence(detail: ErrorDetails, subject: str) -> Sentence:
        (limit,) = detail["ctx"].values()
        return f"{subject} must be {words} {limit}, and is {quoted(detail['input'])}.", f"Write {limit} or {remedy}."

    return sentence


def _missing(detail: ErrorDetails, subject: str) -> Sentence:
    key = str(detail["loc"][-1])
    return subject + _MISSING, _HOW_TO_ADD.get(key, f"Add `{key}:`.")


_MISSING = " is missing."
_HOW_TO_ADD = {
    "stages": "Add `stages:` with at least one stage that has a `name` and `actions`.",
    "actions": "Add `actions:` with at least one action.",
    "name": "Add `name:` with a name of its own.",
    "rules": "Add `rules:` with at least one rule.",
    "result": "Add `result:` with `fail`, `retry` or `rollback`.",
}


def _pattern(detail: ErrorDetails, subject: str) -> Sentence:
    remedy = PATTERNS[detail["ctx"]["pattern"]]
    if not str(detail["input"]).strip():
        return f"{subject} is blank.", remedy
    return f"{subject} cannot be {quoted(detail['input'])}.", remedy


PATTERNS = {
    text.NAME: "Use letters, digits and `.`, `@`, `-`, `_`.",
    text.WORD: "Use letters, digits and `@`, `-`, `_`.",
    text.ARTIFACT: "Use letters, digits and `-`, `_`.",
    text.IDENTIFIER: "Use letters, digits and `_`.",
    text.NOT_BLANK: "Write something that can be seen.",
    text.NO_SPACE: "Remove the spaces.",
    servers.GROUP: "Write a name such as `Production`, `Web/Production`, or the group's own, `web/production/roll-out`.",
    manifests.IMAGE: "Write the image as manifests have it, without a tag: `acme/web`.",
    manifests.PLACEHOLDER: "Use letters, digits and `_`, as in `${REPLICAS}`.",
    source.HOST: "Write the host's name as the operator has it, such as `github`.",
    source.TAG: "Write a tag, such as `latest` or `v1.2`.",
    approve.PRINCIPAL: "Write `user:ada`, `team:acme/release`, `role:write`, `role:admin` or `codeowners`.",
    approve.LINK: "Write an address that begins with `https://` or `http://`.",
}


def _too_short(_: ErrorDetails, subject: str) -> Sentence:
    return f"{subject} has nothing in it.", "Add at least one entry, or remove the key."


def _too_long(detail: ErrorDetails, subject: str) -> Sentence:
    most, entries = detail["ctx"]["max_length"], len(detail["input"])
    return f"{subject} has {entries} entries, and may have at most {most}.", f"Keep {most} or fewer."


def _text_too_short(_: ErrorDetails, subject: str) -> Sentence:
    return f"{subject} is empty.", "Write at least one character."


def _text_too_long(detail: ErrorDetails, subject: str) -> Sentence:
    most, length = detail["ctx"]["max_length"], len(detail["input"])
    return f"{subject} is {length} characters long, and may have at most {most}.", "Make it shorter."


def _told(detail: ErrorDetails, _: str) -> Sentence:
    return detail["ctx"]["reason"], detail["ctx"]["remedy"]


def _unforeseen(detail: ErrorDetails, subject: str) -> Sentence:
    """A kind of error that the table lacks still is a problem of the file, and must not pass for none."""
    return f"{subject} cannot be {_kind(detail['input'])} like this.", "See the grammar's description of this key."


_LIST = _typed("a list", "Begin each item with `- `.")
_MAPPING = _typed("a mapping", "Write `key: value` lines below it.")

_SENTENCES: dict[str, Callable[[ErrorDetails, str], Sentence]] = {
    "missing": _missing,
    "told": _told,
    "string_type": _text,
    "string_too_short": _text_too_short,
    "string_too_long": _text_too_long,
    "string_pattern_mismatch": _pattern,
    "bool_type": _scalar("true or false", "Write `true` or `false`, without quotes."),
    "int_type": _scalar("a whole number", "Write digits, without quotes."),
    "literal_error": _choice,
    "greater_than_equal": _bound("at least", "more"),
    "less_than_equal": _bound("at most", "less"),
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "too_short": _too_short,
    "too_long": _too_long,
}
