"""The reports of a batch's builds as the reports of their action: one for each group, whichever builds have it. Pure."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.model.results import Case, Counts, Coverage, ReportGroup
from bot.results import MOST_CASES, MOST_FILES, SLOWEST


def merged(by_build: Mapping[str, Sequence[ReportGroup]], *, shards: bool) -> tuple[ReportGroup, ...]:
    """A test that several builds run is one in each of them, and told with the build before it; the shards of a fan-out have each
    test once, in whichever of them.
    """
    groups: dict[tuple[str, str], dict[str, ReportGroup]] = {}
    for identifier, reports in by_build.items():
        for report in reports:
            groups.setdefault((report.group, report.format), {})[identifier] = report
    return tuple(_one(of, apart=len(of) > 1 and not shards) for of in groups.values())


def _one(of: Mapping[str, ReportGroup], *, apart: bool) -> ReportGroup:
    reports = [_named(report, identifier) if apart else report for identifier, report in of.items()]
    cases = sorted((case for report in reports for case in report.cases), key=lambda case: not case.status.bad)
    slowest = (case for report in reports for case in report.slowest)
    files = sorted(
        (file for report in reports for file in report.files), key=lambda file: (file.percent or 0.0, file.path)
    )
    return replace(
        reports[0],
        counts=sum((report.counts for report in reports), Counts()),
        cases=tuple(cases[:MOST_CASES]),
        truncated=len(cases) > MOST_CASES or any(report.truncated for report in reports),
        slowest=tuple(heapq.nlargest(SLOWEST, slowest, key=lambda case: case.seconds or 0.0)),
        coverage=_covered([report.coverage for report in reports if report.coverage is not None]),
        files=tuple(files[:MOST_FILES]),
        problems=tuple(
            f"{identifier}: {problem}" if len(of) > 1 else problem
            for identifier, report in of.items()
            for problem in report.problems
        ),
    )


def _named(report: ReportGroup, identifier: str) -> ReportGroup:
    def named(case: Case) -> Case:
        return replace(case, suite=f"{identifier} > {case.suite}" if case.suite else identifier)

    return replace(report, cases=tuple(map(named, report.cases)), slowest=tuple(map(named, report.slowest)))


def _covered(found: Sequence[Coverage]) -> Coverage | None:
    """Of builds that measure the same lines, the one that covers most: which of them each covers is not known. Of others, all."""
    if not found:
        return None
    if len({(each.lines, each.branches) for each in found}) == 1:
        return max(found, key=lambda each: (each.lines_covered, each.branches_covered))
    return sum(found, Coverage())
