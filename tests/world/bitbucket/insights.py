"""Code Insights of the fake Bitbuckets: what both check of reports and annotations, each in its own field names.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/
https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-insights/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.world.bitbucket.api import Refused
from tests.world.bitbucket.nouns import Report, Repository

Json = dict[str, Any]
AT_ONCE = 100
IN_ALL = 1000


@dataclass(frozen=True)
class Dialect:
    """`results` a report may have; `longest` of each text of a report, and of an annotation by the name of its id and of its words."""

    results: tuple[str, ...]
    report: Mapping[str, int]
    identity: str
    kind: str
    words: str
    longest: int


CLOUD = Dialect(
    ("PASSED", "FAILED", "PENDING"),
    {"title": 450, "details": 2000, "reporter": 450},
    "external_id",
    "annotation_type",
    "summary",
    450,
)
DATA_CENTER = Dialect(
    ("PASS", "FAIL"), {"title": 450, "details": 2000, "reporter": 450}, "externalId", "type", "message", 2000
)


def put(repository: Repository, sha: str, key: str, body: Json, dialect: Dialect) -> None:
    """One of the key takes the place of the one before, and has no annotations yet."""
    for name, most in dialect.report.items():
        if not isinstance(body.get(name, ""), str) or len(body.get(name, "")) > most:
            raise Refused(400, f"{name}: size must be between 0 and {most}")
    if not body.get("title") or body.get("result") not in dialect.results:
        raise Refused(400, "title and result are required.")
    before = repository.reports.get((sha, key))
    annotations = before.annotations if before else {}
    repository.reports[sha, key] = Report(key, body["title"], body["result"], body.get("link", ""), annotations)


def add(repository: Repository, sha: str, key: str, sent: Sequence[Json], dialect: Dialect) -> None:
    report = repository.reports.get((sha, key))
    if report is None:
        raise Refused(404, f"Report {key} not found")
    if len(sent) > AT_ONCE or len(report.annotations) + len(sent) > IN_ALL:
        raise Refused(400, "There are too many annotations.")
    for one in sent:
        if not one.get(dialect.identity) or not one.get(dialect.words) or len(one[dialect.words]) > dialect.longest:
            raise Refused(400, f"{dialect.words}: size must be between 1 and {dialect.longest}")
        if one.get(dialect.kind) not in ("VULNERABILITY", "CODE_SMELL", "BUG"):
            raise Refused(400, f"{dialect.kind}: is not a valid choice.")
        if one.get("severity") not in ("HIGH", "MEDIUM", "LOW") or one["path"].startswith("/") or one["line"] < 1:
            raise Refused(400, "severity, path or line: is not valid.")
        place = f"{one['path']}:{one['line']}"
        report.annotations[one[dialect.identity]] = (place, one["severity"], one[dialect.words])
