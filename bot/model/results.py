"""What tests and coverage came to in one action: read from its report files, kept beside the execution, told in the comment."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class CaseStatus(StrEnum):
    """REP-5. UNKNOWN is what a file says in words that nobody knows."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"

    @property
    def bad(self) -> bool:
        return self in (CaseStatus.FAILED, CaseStatus.ERROR)


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `seconds` None: the file does not say."""

    suite: str
    name: str
    status: CaseStatus
    seconds: float | None = None
    message: str = ""

    @property
    def key(self) -> str:
        """By which it is the same test in another run."""
        return f"{self.suite} > {self.name}" if self.suite not in ("", self.name) else self.name


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases ended how; errors count as failed. `seconds` in all."""

    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return self.succeeded + self.failed + self.skipped

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.succeeded + other.succeeded,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Lines, and branches where the format has them, that ran and that there are. `path` "": the whole report."""

    lines_covered: int = 0
    lines: int = 0
    branches_covered: int = 0
    branches: int = 0
    path: str = ""

    @property
    def percent(self) -> float | None:
        """Of lines; None when there are none."""
        return 100 * self.lines_covered / self.lines if self.lines else None

    def __add__(self, other: "Coverage") -> "Coverage":
        return Coverage(
            self.lines_covered + other.lines_covered,
            self.lines + other.lines,
            self.branches_covered + other.branches_covered,
            self.branches + other.branches,
        )


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """A report group of a buildspec (REP-1). `cases` are at most 500, bad ones first (REP-6), `slowest` the slowest of all.

    `files` are those with the least coverage. `problems` says which files were missing or could not be read (REP-4).
    """

    group: str
    format: str
    counts: Counts = Counts()
    cases: tuple[Case, ...] = ()
    truncated: bool = False
    slowest: tuple[Case, ...] = ()
    coverage: Coverage | None = None
    files: tuple[Coverage, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """All reports of one attempt at an action, compared: which failures are `new` against the last run on the target branch, and
    which tests are `flaky`, having failed before at the same commit and passed now. Both are keys of cases.

    `coverage_before` is that last run's, in percent.
    """

    reports: tuple[ReportGroup, ...] = ()
    new: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    coverage_before: float | None = None
    compared: bool = False

    @property
    def counts(self) -> Counts:
        return sum((report.counts for report in self.reports), Counts())

    @property
    def coverage(self) -> Coverage | None:
        found = [report.coverage for report in self.reports if report.coverage is not None]
        return sum(found, Coverage()) if found else None

    @property
    def bad(self) -> Iterator[Case]:
        return (case for report in self.reports for case in report.cases if case.status.bad)


@dataclass(frozen=True, slots=True)
class ResultsSummary:
    """What of the results is told at a glance. `coverage` in percent; `change` against the target branch. None: not known.

    `newly` are the first names of what is `new`.
    """

    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    new: int | None = None
    flaky: int = 0
    coverage: float | None = None
    change: float | None = None
    unread: int = 0
    newly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultsRecord:
    """The results of one attempt as they are kept. `commit` and `ref` are the execution's, `number` orders a pipeline's runs."""

    execution: str
    stage: str
    action: str
    attempt: int
    number: int
    ref: str
    commit: str
    at: float
    results: Results
