"""An action's reports held against those before: what fails anew, what is flaky, how coverage has changed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.model.results import ReportGroup, Results, ResultsSummary

NAMED, LONGEST = 3, 200
"""How many new failures are told by name at a glance, and how long a name may be."""

MOST = 100
"""Names kept of each kind; the numbers are told of no more either."""


def compared(reports: Sequence[ReportGroup], before: Results | None, earlier: Iterable[Results]) -> Results:
    """`before` is the last run on the target branch, `earlier` are former attempts at the same commit."""
    now = Results(tuple(reports))
    bad = [case.key for case in now.bad]
    known = Counter(case.key for case in before.bad) if before else Counter()
    failed_before = {case.key for one in earlier for case in one.bad}
    passed = {case.key for report in reports for case in report.cases if not case.status.bad}
    truncated = any(report.truncated for report in reports)
    # Several cases may have one name (the examples of a scenario, say): as long as one of them fails, the name is not flaky.
    flaky = (failed_before if truncated else failed_before & passed) - set(bad)
    covered = before.coverage if before else None
    return Results(
        now.reports,
        tuple(_beyond(bad, known))[:MOST] if before else (),
        tuple(sorted(flaky))[:MOST],
        covered.percent if covered else None,
        before is not None,
    )


def _beyond(bad: Iterable[str], known: Mapping[str, int]) -> Iterator[str]:
    """As often as a name fails more often than it did: several tests may have it."""
    left = dict(known)
    for key in bad:
        if left.get(key, 0):
            left[key] -= 1
        else:
            yield key


def summary(results: Results) -> ResultsSummary:
    counts, coverage = results.counts, results.coverage
    percent = coverage.percent if coverage else None
    before = results.coverage_before
    return ResultsSummary(
        counts.succeeded,
        counts.failed,
        counts.skipped,
        len(results.new) if results.compared else None,
        len(results.flaky),
        percent,
        percent - before if percent is not None and before is not None else None,
        sum(len(report.problems) for report in results.reports),
        tuple(name[:LONGEST] for name in list(dict.fromkeys(results.new))[:NAMED]),
    )
