"""What tests and coverage came to, in a few words: for the comment, the page and the terminal."""

from collections.abc import Callable, Iterator

from bot.messages.markdown import code, plain
from bot.messages.words import plural
from bot.model.execution import ActionRun, Execution
from bot.model.results import ResultsSummary


def results_words(results: ResultsSummary) -> str:
    """`412 passed, 3 failed (2 new), 1 flaky, 5 skipped, coverage 81.2 % (+0.4)`."""
    parts = []
    if results.succeeded or results.failed or results.skipped:
        parts.append(f"{results.succeeded} passed")
    if results.failed:
        new = f" ({results.new} new)" if results.new else " (none new)" if results.new == 0 else ""
        parts.append(f"{results.failed} failed{new}")
    if results.flaky:
        parts.append(f"{results.flaky} flaky")
    if results.skipped:
        parts.append(f"{results.skipped} skipped")
    if results.coverage is not None:
        parts.append(f"coverage {results.coverage:.1f} %{_change(results.change)}")
    if results.unread:
        parts.append(f"{plural(results.unread, 'problem')} with reports")
    return ", ".join(parts) or "no tests"


def _change(change: float | None) -> str:
    if change is None:
        return ""
    return " (unchanged)" if abs(change) < 0.05 else f" ({change:+.1f})"  # noqa: PLR2004  half of what is shown


def results_lines(execution: Execution) -> Iterator[str]:
    """Markdown: a line for each action that has reports."""
    for stage in execution.stages:
        for run in stage.actions:
            if run.results is not None:
                yield f"{plain(f'{stage.name}/{run.name}')}: {results_words(run.results)}{_newly(run.results)}"


def tested(run: ActionRun) -> str:
    """The same of one action as words; "" where it has no reports."""
    return f"{run.name}: {results_words(run.results)}{_newly(run.results, str)}" if run.results is not None else ""


def _newly(results: ResultsSummary, name: Callable[[str], str] = code) -> str:
    """REP-9: what a change has broken is the first that its author wants to know."""
    if not results.newly:
        return ""
    more = (results.new or 0) - len(results.newly)
    rest = f" and {more} more" if more > 0 else ""
    return f". New: {', '.join(map(name, results.newly))}{rest}"
