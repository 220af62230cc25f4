"""The tests and the coverage of an action as its page draws them: failures, the slowest, files with the least coverage, and the trend.

Values for the templates; no HTML and nothing that waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.results import results_words
from bot.messages.words import duration
from bot.model.results import Case, Coverage, ResultsRecord
from bot.results import summary

MOST_FAILURES = 100
MOST_FILES = 20
RUNS = 30
"""How many runs a trend shows."""

BAR = 10
HEIGHT = 48


@dataclass(frozen=True, slots=True)
class FailureView:
    case: Case
    new: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A run in the picture: how high what passed and what failed stand, `x` from the left. All in the picture's units."""

    x: int
    passed: float
    failed: float
    execution: str
    title: str


@dataclass(frozen=True, slots=True)
class Trend:
    """`line` are the points of the coverage, "" where fewer than two runs have any."""

    bars: tuple[Bar, ...]
    line: str
    width: int
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class ResultsView:
    words: str
    failures: tuple[FailureView, ...]
    more_failures: int
    slowest: tuple[tuple[Case, str], ...]
    flaky: tuple[str, ...]
    files: tuple[Coverage, ...]
    problems: tuple[str, ...]
    trend: Trend | None


def draw_results(record: ResultsRecord, past: Sequence[ResultsRecord]) -> ResultsView:
    """`past`: runs of the same action on the same ref, the newest first; this one may be among them."""
    results = record.results
    new = set(results.new)
    bad = list(results.bad)
    shown = sorted(bad, key=lambda case: case.key not in new)[:MOST_FAILURES]
    slowest = sorted(
        (case for report in results.reports for case in report.slowest), key=lambda case: -(case.seconds or 0.0)
    )[:10]
    files = sorted((file for report in results.reports for file in report.files), key=lambda file: file.percent or 0.0)
    return ResultsView(
        words=results_words(summary(results)),
        failures=tuple(FailureView(case, case.key in new) for case in shown),
        more_failures=results.counts.failed - len(shown),
        slowest=tuple((case, _took(case.seconds or 0.0)) for case in slowest),
        flaky=results.flaky,
        files=tuple(files[:MOST_FILES]),
        problems=tuple(f"{report.group}: {words}" for report in results.reports for words in report.problems),
        trend=_trend([one for one in past if one.number <= record.number][:RUNS][::-1]),
    )


def _took(seconds: float) -> str:
    """Most tests take milliseconds."""
    return duration(seconds) if seconds >= 0.1 else f"{round(seconds * 1000)} ms"  # noqa: PLR2004  below, `duration` has nothing to tell


def _trend(runs: Sequence[ResultsRecord]) -> Trend | None:
    if len(runs) < 2:  # noqa: PLR2004  one run is no trend
        return None
    told = [summary(run.results) for run in runs]
    most = max(one.succeeded + one.failed for one in told) or 1
    bars = tuple(
        Bar(
            index * BAR,
            round(HEIGHT * one.succeeded / most, 1),
            round(HEIGHT * one.failed / most, 1),
            run.execution,
            f"#{run.number}: {results_words(one)}",
        )
        for index, (run, one) in enumerate(zip(runs, told, strict=True))
    )
    points = [
        f"{index * BAR + BAR / 2 - 1:g},{HEIGHT * (1 - one.coverage / 100):.1f}"
        for index, one in enumerate(told)
        if one.coverage is not None
    ]
    return Trend(bars, " ".join(points) if len(points) > 1 else "", len(runs) * BAR)
