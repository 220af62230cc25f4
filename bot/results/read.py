"""The files of a report group to one report, within limits (REP-4, REP-6)."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from bot.model.results import Case, CaseStatus, Counts, Coverage, ReportGroup
from bot.results import cases
from bot.results.coverage import FORMATS as COVERAGE
from bot.results.xml import Unreadable

T = TypeVar("T")

LARGEST = 20 << 20
"""Bytes of one file: more is no report that anybody reads, and parsing it would take what the bot itself needs."""

# No settings: what is beyond them is told among the report's problems, and nobody reads as much on a page.
MOST_CASES = 500
MOST_READ = 100_000
MOST_FILES = 200
SLOWEST = 10
LONGEST_NAME = 1000
LONGEST_MESSAGE = 5000

TESTS: Mapping[str, Callable[[bytes], Iterator[Case]]] = {
    "JUNITXML": cases.junit,
    "NUNITXML": cases.nunit,
    "NUNIT3XML": cases.nunit3,
    "TESTNGXML": cases.testng,
    "VISUALSTUDIOTRX": cases.trx,
    "CUCUMBERJSON": cases.cucumber,
}


@dataclass(frozen=True, slots=True)
class File:
    """A report file as a build left it; `data` is at most one byte longer than LARGEST."""

    path: str
    data: bytes


def read_report(group: str, kind: str, files: Iterable[File]) -> ReportGroup:
    """Whatever can be read. What can't be is among the report's problems, never an error (B9)."""
    report = _coverage(files, COVERAGE[kind]) if kind in COVERAGE else _tests(files, TESTS[kind])
    return replace(report, group=group[:LONGEST_NAME], format=kind)


def _tests(files: Iterable[File], read: Callable[[bytes], Iterator[Case]]) -> ReportGroup:
    found, problems = _all(files, read)
    counts = Counts(
        sum(1 for case in found if case.status is CaseStatus.SUCCEEDED),
        sum(1 for case in found if case.status.bad),
        sum(1 for case in found if case.status in (CaseStatus.SKIPPED, CaseStatus.UNKNOWN)),
        sum(case.seconds or 0.0 for case in found),
    )
    kept = tuple(_cut(case) for case in sorted(found, key=lambda case: not case.status.bad)[:MOST_CASES])
    timed = heapq.nlargest(SLOWEST, (case for case in found if case.seconds), key=lambda case: case.seconds or 0.0)
    slowest = tuple(replace(_cut(case), message="") for case in timed)
    return ReportGroup("", "", counts, kept, len(found) > MOST_CASES, slowest, problems=problems)


def _coverage(files: Iterable[File], read: Callable[[bytes], Iterator[Coverage]]) -> ReportGroup:
    found, problems = _all(files, read)
    least = sorted((each for each in found if each.lines), key=lambda each: (each.percent or 0.0, each.path))[
        :MOST_FILES
    ]
    kept = tuple(replace(each, path=each.path[-LONGEST_NAME:]) for each in least)
    return ReportGroup("", "", coverage=sum(found, Coverage()) if found else None, files=kept, problems=problems)


def _all(files: Iterable[File], read: Callable[[bytes], Iterator[T]]) -> tuple[list[T], tuple[str, ...]]:
    found: list[T] = []
    problems = []
    for file in files:
        if len(file.data) > LARGEST:
            problems.append(f"{file.path} is larger than {LARGEST >> 20} MB")
            continue
        try:
            entries = iter(read(file.data))
            found += islice(entries, MOST_READ - len(found))
            if len(found) == MOST_READ and next(entries, None) is not None:
                problems.append(f"{file.path} goes beyond the {MOST_READ} entries that are read of a report")
                break
        except Unreadable as error:
            problems.append(f"{file.path} can't be read: {error}")
        except RecursionError:
            problems.append(f"{file.path} can't be read: it is nested too deeply")
    return found, tuple(problems)


def _cut(case: Case) -> Case:
    return replace(
        case,
        suite=case.suite[:LONGEST_NAME],
        name=case.name[:LONGEST_NAME],
        message=case.message[:LONGEST_MESSAGE],
    )
