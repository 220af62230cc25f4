"""What an action's log remarks about lines of files, as its page lists it. Values for the templates; no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.annotations import annotation_place, annotation_words
from bot.messages.words import plural
from bot.model.annotation import Annotation, Severity


@dataclass(frozen=True, slots=True)
class RemarkView:
    severity: Severity
    place: str
    words: str
    tool: str


@dataclass(frozen=True, slots=True)
class RemarksView:
    """`serious`: there is an error among them."""

    words: str
    remarks: tuple[RemarkView, ...]
    serious: bool


def draw_remarks(annotations: Sequence[Annotation]) -> RemarksView:
    counts = [(severity, sum(one.severity is severity for one in annotations)) for severity in Severity]
    return RemarksView(
        words=", ".join(plural(count, severity.value) for severity, count in counts if count),
        remarks=tuple(
            RemarkView(one.severity, annotation_place(one), annotation_words(one), one.tool) for one in annotations
        ),
        serious=any(one.severity is Severity.ERROR for one in annotations),
    )
