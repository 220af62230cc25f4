"""Coverage reports, a function a format (REP-3, REP-7): the file to what each source file has. Raises Unreadable."""

import re
from collections.abc import Callable, Iterator, Mapping
from xml.etree.ElementTree import Element

import orjson

from bot.model.results import Coverage
from bot.results.xml import Unreadable, below, children, count, report


def clover(data: bytes) -> Iterator[Coverage]:
    root = report(data, "CLOVERXML", "Clover")
    for file in below(root, "file"):
        for metrics in list(children(file, "metrics"))[:1]:
            yield Coverage(
                count(metrics.get("coveredstatements")),
                count(metrics.get("statements")),
                count(metrics.get("coveredconditionals")),
                count(metrics.get("conditionals")),
                file.get("path") or file.get("name") or "",
            )


_CONDITIONS = re.compile(r"\((\d{1,9})/(\d{1,9})\)")


def cobertura(data: bytes) -> Iterator[Coverage]:
    root = report(data, "COBERTURAXML", "Cobertura")
    files: dict[str, dict[str, Element]] = {}
    for owner in below(root, "class"):
        lines = files.setdefault(owner.get("filename") or owner.get("name") or "", {})
        for group in children(owner, "lines"):
            lines.update((line.get("number") or "", line) for line in children(group, "line"))
    for path, lines in files.items():
        covered = sum(1 for line in lines.values() if count(line.get("hits")))
        found = [_CONDITIONS.search(line.get("condition-coverage") or "") for line in lines.values()]
        branches = [(int(each[1]), int(each[2])) for each in found if each]
        yield Coverage(covered, len(lines), sum(b[0] for b in branches), sum(b[1] for b in branches), path)


def jacoco(data: bytes) -> Iterator[Coverage]:
    root = report(data, "JACOCOXML", "JaCoCo")
    for package in below(root, "package"):
        for file in children(package, "sourcefile"):
            counters = {
                each.get("type"): (count(each.get("covered")), count(each.get("missed")))
                for each in children(file, "counter")
            }
            lines, branches = counters.get("LINE", (0, 0)), counters.get("BRANCH", (0, 0))
            path = "/".join(filter(None, [package.get("name"), file.get("name")]))
            yield Coverage(lines[0], sum(lines), branches[0], sum(branches), path)


def simplecov(data: bytes) -> Iterator[Coverage]:
    """SimpleCov's own `.resultset.json`, of one run or several, and its `coverage.json`."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable("it is no SimpleCov report: it is no mapping")
    runs = [
        run["coverage"] for run in found.values() if isinstance(run, dict) and isinstance(run.get("coverage"), dict)
    ]
    if isinstance(found.get("coverage"), dict):
        runs = [found["coverage"]]
    if not runs:
        raise Unreadable("it is no SimpleCov report: it has no `coverage`")
    merged: dict[str, tuple[list[object], Mapping[str, object]]] = {}
    for run in runs:
        for path, body in run.items():
            lines, branches = _of_file(body)
            merged[path] = (_together(merged[path][0], lines) if path in merged else lines, branches)
    for path, (lines, branches) in merged.items():
        counted = [hits for hits in lines if isinstance(hits, int) and not isinstance(hits, bool)]
        taken = [hits for each in branches.values() if isinstance(each, dict) for hits in each.values()]
        ran = [hits for hits in taken if isinstance(hits, int) and hits]
        yield Coverage(sum(1 for hits in counted if hits), len(counted), len(ran), len(taken), path)


def _of_file(body: object) -> tuple[list[object], Mapping[str, object]]:
    lines = body.get("lines") if isinstance(body, dict) else body
    branches = body.get("branches") if isinstance(body, dict) else None
    return (lines if isinstance(lines, list) else []), (branches if isinstance(branches, dict) else {})


def _together(one: list[object], other: list[object]) -> list[object]:
    """The same file in two runs: a line ran if it ran in either."""
    if len(one) != len(other):
        return max(one, other, key=len)
    return [
        a if not isinstance(b, int) else b if not isinstance(a, int) else a + b for a, b in zip(one, other, strict=True)
    ]


def lcov(data: bytes) -> Iterator[Coverage]:
    """Files are counted by their `DA` and `BRDA` lines; the sums that stand beside them say the same."""
    path, lines, branches = "", {}, {}  # type: ignore[var-annotated]
    seen = False
    for row in data.decode("utf-8", "replace").splitlines():
        key, _, value = row.strip().partition(":")
        fields = value.split(",")
        match key:
            case "SF":
                path, lines, branches, seen = value, {}, {}, True
            case "DA" if len(fields) > 1:
                lines[fields[0]] = lines.get(fields[0], False) or fields[1].strip() not in ("0", "")
            case "BRDA" if len(fields) > 3:  # noqa: PLR2004  line, block, branch, taken
                branches[tuple(fields[:3])] = fields[3] not in ("-", "0")
            case "end_of_record":
                yield Coverage(sum(lines.values()), len(lines), sum(branches.values()), len(branches), path)
    if not seen:
        raise Unreadable("it is no LCOV report: it names no source file (`SF:`)")


FORMATS: Mapping[str, Callable[[bytes], Iterator[Coverage]]] = {
    "CLOVERXML": clover,
    "COBERTURAXML": cobertura,
    "JACOCOXML": jacoco,
    "SIMPLECOV": simplecov,
    "LCOV": lcov,
}
