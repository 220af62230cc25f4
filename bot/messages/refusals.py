"""Why a command was refused: a sentence a reason, which says what would be right instead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.core.refusal import Refusal, RefusalReason
from bot.messages import markdown
from bot.messages.text import one_line
from bot.messages.words import place, principal

_R = RefusalReason

# `{name}` is a detail in words, `{name:code}` as code, `{name:codes}` a list of such; `{type:status}` is a command to type.
# `{where}` is the detail `stage`, with the detail `action` where there is one.
SENTENCES: Mapping[RefusalReason, str] = {
    _R.NOT_ALLOWED: "That needs the {needed} role in this repository, and yours is {role}.",
    _R.NOT_AN_APPROVER: "{where:code} can be answered by {by:people} only.",
    _R.OWNERS_UNKNOWN: (
        "{where:code} waits for code owners, and who they are is not known yet{problem:because}. They are looked for once more now:"
        " say it again in a moment."
    ),
    _R.OWN_CHANGE: "{where:code} must not be approved by the author of the change: somebody else has to.",
    _R.AUTHOR_UNKNOWN: (
        "{where:code} must not be approved by the author of the change, and who made this one is not known: no "
        "delivery told of it. Push another commit."
    ),
    _R.NOTHING_WAITS: "Nothing waits for approval here. {type:status} tells what runs.",
    _R.NOTHING_WAITS_THERE: "Nothing waits for approval at {stage:code}. What waits: {waiting:codes}.",
    _R.SEVERAL_WAIT: "More than one approval waits. Name the one you mean, behind the command: {choices:codes}.",
    _R.ALREADY_ANSWERED: "{where:code} has been answered already.",
    _R.ANSWERED_TWICE: "Your answer to {where:code} counts already; what is missing is somebody else's.",
    _R.STALE: (
        "What waits for approval is commit {waiting:commit}, but the newest one here is {head:commit}. An answer holds"
        " for the commit that is being looked at, so wait until that one asks for it."
    ),
    _R.NOTHING_RUNS: "Nothing runs here that could be stopped.",
    _R.ALREADY_STOPPING: (
        "Execution {number} is stopping already; it waits for the actions that still run. {type:stop abandon} kills them."
    ),
    _R.NOTHING_TO_RETRY: (
        "No stage has failed or been stopped here, so there is nothing to retry. {type:rerun} begins a pipeline anew."
    ),
    _R.NOT_LATEST: (
        "Execution {number} can't be retried: a newer one ({latest:code}) has entered {stage:code} since."
        " {type:rerun} begins anew."
    ),
    _R.STRUCTURE_CHANGED: (
        "Execution {number} can't go on: {stage:code} is another one since version {version} of the pipeline."
        " {type:rerun} begins anew."
    ),
    _R.ACTIONS_RUNNING: (
        "Some actions of {stage:code} still run. Wait for their end, or retry only what has failed: {type:retry}."
    ),
    _R.ROLLING_BACK: "{stage:code} is about to be rolled back, so nothing else can go on there now.",
    _R.NOTHING_TO_OVERRIDE: (
        "No condition of {stage:code} holds an execution back. {type:status} tells what runs, and what it waits for."
    ),
    _R.NOTHING_TO_CONTINUE: "No deployment waits here that could be let go on. {type:status} tells what runs.",
    _R.NOTHING_TO_CONTINUE_THERE: "No deployment waits at {stage:code}. What waits: {waiting:codes}.",
    _R.MERGE_AWAITED: "{where:code} goes on as soon as {merge} is merged, and can't be let go on before: merge it, or {type:stop abandon}.",
    _R.SEVERAL_TO_CONTINUE: (
        "More than one deployment waits. Name the one you mean, behind the command: {choices:codes}."
    ),
    _R.SKIP_STANDS: (
        "Where its condition does not hold, {stage:code} is skipped, and that can't be overridden: change the condition."
    ),
    _R.STAGE_RUNNING: (
        "Execution {number} is in {stage:code}. Wait until it has left, or end it with {type:stop abandon}; then roll back."
    ),
    _R.ROLLBACK_NOWHERE: (
        "There is nothing that {stage:code} could be rolled back to: nothing else has succeeded there with the pipeline as it"
        " is defined now."
    ),
    _R.ROLLBACK_UNKNOWN: (
        "There is no execution {asked:code} here. {stage:code} can be rolled back to: {candidates:codes}."
    ),
    _R.ROLLBACK_PARALLEL: (
        "This pipeline runs in mode `parallel`, in which {stage:code} has no one state that could be brought back."
    ),
    _R.ROLLBACK_TO_ROLLBACK: (
        "Execution {number} is a rollback itself. {stage:code} can be rolled back to: {candidates:codes}."
    ),
    _R.ROLLBACK_SKIPPED: (
        "Execution {number} has skipped {stage:code}, so there is nothing to bring back."
        " It can be rolled back to: {candidates:codes}."
    ),
    _R.ROLLBACK_UNSUCCESSFUL: (
        "Execution {number} has not succeeded in {stage:code}. It can be rolled back to: {candidates:codes}."
    ),
    _R.ROLLBACK_OUTDATED: (
        "Execution {number} ran another definition of the pipeline than the one in force, so {stage:code} can't be rolled"
        " back to it. It can be rolled back to: {candidates:codes}."
    ),
    _R.UNKNOWN_STAGE: "There is no {stage:code} here. The stages are {known:codes}.",
    _R.UNKNOWN_PIPELINE: "There is no pipeline {pipeline:code} here. What there is: {known:codes}.",
    _R.SEVERAL_PIPELINES: "More than one pipeline can be meant. Name one, behind the command: {choices:codes}.",
    _R.NO_PIPELINE: "There is no pipeline to run here{reason:because}.",
    _R.OUTSIDE: (
        "This change comes from outside, so it runs only when its commit is allowed to: {type:ok-to-test <commit>}, once you"
        " have looked at it."
    ),
    _R.OK_NOT_HERE: "Only the commit of a pull request can be allowed to run: say it there.",
    _R.OK_CLOSED: "This pull request is not open any more, so there is nothing to allow.",
    _R.OK_NEEDLESS: "This change is not from outside: it needs nobody's leave. {type:rerun} runs it again.",
    _R.OK_WHICH: (
        "Name the commit that you have looked at, by its id or its first {least} characters at least: whoever made the"
        " change may have pushed another one meanwhile. To allow the newest one: {typed_ok:typed}."
    ),
    _R.OK_UNREADABLE: (
        "Its commit can't be had from this repository, so it can't be run. Push it to a branch here, and propose that branch."
    ),
    _R.OK_OTHER: (
        "{asked:commit} is not the newest commit here, so nothing was run. Look at the newest one first; to allow it then:"
        " {typed_ok:typed}."
    ),
    _R.VARIABLE_UNKNOWN: "The pipeline declares no variable {name:code}. What it declares: {known:codes}.",
    _R.VARIABLE_MISSING: "Give values for {names:codes}: {type:rerun NAME=value}.",
    _R.LIMIT: "{limit} executions run here already, and that is the most. Try again when one has ended.",
    _R.NO_LANE: "No pipeline has run here yet, so there is no stage to hold or to release.",
    _R.UNKNOWN_COMMAND: (
        "There is no command {command:code}. Did you mean {closest:typed}? {type:help} lists what there is."
    ),
    _R.BAD_ARGUMENTS: "I can't read what follows {command:code}. It is typed like this: {usage:typed}.",
    _R.TOO_MANY_COMMANDS: "A comment may hold {limit} commands; this one holds more, so none was obeyed.",
    _R.HIDDEN_CHARACTERS: (
        "That line holds characters that make text look other than it is, so it was not obeyed."
        " Type {command:typed} by hand instead of pasting it."
    ),
}


def refusal_text(refusal: Refusal, prefix: str = "/") -> str:
    """Markdown, safe to post. `prefix` is what that host wants before a command's name."""
    return _sentence(refusal, _Style(lambda text: markdown.plain(text, 300), markdown.code, prefix))


def refusal_sentence(refusal: Refusal, prefix: str = "/") -> str:
    """Plain text, for terminals, pages, and what is shown again later."""
    return _sentence(refusal, _Style(one_line, one_line, prefix))


@dataclass(frozen=True, slots=True)
class _Style:
    words: Callable[[str], str]
    code: Callable[[str], str]
    prefix: str


@dataclass(frozen=True, slots=True)
class _Detail:
    """A detail that knows how to put itself: the format specification says as what."""

    text: str
    style: _Style

    def __format__(self, form: str) -> str:
        names = [name for name in self.text.split(", ") if name]
        match form:
            case "code":
                shown = self.style.code(self.text) if self.text else "that"
            case "codes":
                shown = ", ".join(map(self.style.code, names)) or "nothing"
            case "people":
                shown = ", ".join(map(self.style.words, dict.fromkeys(map(principal, names)))) or "others"
            case "commit":
                shown = self.style.code(self.text[:7])
            case "typed":
                shown = self.style.code(self.style.prefix + self.text)
            case "because":
                shown = f": {self.style.words(self.text)}" if self.text else ""
            case _:
                shown = self.style.words(self.text)
        return shown


@dataclass(frozen=True, slots=True)
class _Typed:
    style: _Style

    def __format__(self, command: str) -> str:
        return self.style.code(self.style.prefix + command)


class _Details(dict[str, _Detail | _Typed]):
    """A detail that is missing leaves a gap in a sentence, never an error in its place."""

    def __init__(self, refusal: Refusal, style: _Style) -> None:
        given = refusal.details
        where = place(given.get("stage", ""), given.get("action", ""))
        super().__init__({name: _Detail(text, style) for name, text in {**given, "where": where}.items()})
        self["type"] = _Typed(style)
        self._style = style

    def __missing__(self, name: str) -> _Detail:
        return _Detail("", self._style)


def _sentence(refusal: Refusal, style: _Style) -> str:
    return SENTENCES[refusal.reason].format_map(_Details(refusal, style))
