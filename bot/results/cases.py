"""Test reports, a function a format (REP-3): the file to its cases. Raises Unreadable; what a case lacks is left empty."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import orjson

from bot.model.results import Case, CaseStatus
from bot.results.xml import Unreadable, below, child, children, name, number, report, text_of

_BAD = {"failure": CaseStatus.FAILED, "error": CaseStatus.ERROR}


def junit(data: bytes) -> Iterator[Case]:
    root = report(data, "JUNITXML", "JUnit")
    for suite in below(root, "testsuite"):
        for case in children(suite, "testcase"):
            owner = case.get("classname") or suite.get("name") or ""
            status, message = _junit_end(case)
            yield Case(owner, case.get("name") or "", status, number(case.get("time")), message)


def _junit_end(case: Element) -> tuple[CaseStatus, str]:
    for found in case:
        if name(found) in _BAD:
            return _BAD[name(found)], _message(found.get("message"), text_of(found))
    skipped = child(case, "skipped")
    if skipped is not None:
        return CaseStatus.SKIPPED, _message(skipped.get("message"), text_of(skipped))
    return CaseStatus.SUCCEEDED, ""


def _message(*texts: str | None) -> str:
    """The short text and the long one, once where one begins with the other."""
    found = [text.strip() for text in texts if text and text.strip()]
    return found[1] if len(found) > 1 and found[1].startswith(found[0]) else "\n".join(found)


_NUNIT = {
    "Passed": CaseStatus.SUCCEEDED, "Success": CaseStatus.SUCCEEDED, "Warning": CaseStatus.SUCCEEDED,
    "Failed": CaseStatus.FAILED, "Failure": CaseStatus.FAILED, "Error": CaseStatus.ERROR, "Skipped": CaseStatus.SKIPPED,
    "Ignored": CaseStatus.SKIPPED, "NotRunnable": CaseStatus.ERROR, "Inconclusive": CaseStatus.UNKNOWN,
}  # fmt: skip


def nunit3(data: bytes) -> Iterator[Case]:
    root = report(data, "NUNIT3XML", "NUnit 3")
    for case in below(root, "test-case"):
        status = _NUNIT.get(case.get("result") or "", CaseStatus.UNKNOWN)
        if status is CaseStatus.FAILED and case.get("label") == "Error":
            status = CaseStatus.ERROR
        why = child(case, "failure", "reason")
        words = _parts(why)
        yield Case(case.get("classname") or "", case.get("name") or "", status, number(case.get("duration")), words)


def _parts(why: Element | None) -> str:
    return _message(*(text_of(part) for part in why)) if why is not None else ""


def nunit(data: bytes) -> Iterator[Case]:
    root = report(data, "NUNITXML", "NUnit")
    for case in below(root, "test-case"):
        status = _NUNIT.get(case.get("result") or "", CaseStatus.UNKNOWN)
        if not case.get("result"):
            status = CaseStatus.SUCCEEDED if case.get("success") == "True" else CaseStatus.FAILED
            status = CaseStatus.SKIPPED if case.get("executed") == "False" else status
        why = child(case, "failure", "reason")
        owner, _, short = (case.get("name") or "").rpartition(".")
        yield Case(owner, short, status, number(case.get("time")), _parts(why))


_TESTNG = {"PASS": CaseStatus.SUCCEEDED, "FAIL": CaseStatus.FAILED, "SKIP": CaseStatus.SKIPPED}


def testng(data: bytes) -> Iterator[Case]:
    root = report(data, "TESTNGXML", "TestNG")
    for owner in below(root, "class"):
        for method in children(owner, "test-method"):
            status = _TESTNG.get(method.get("status") or "", CaseStatus.UNKNOWN)
            if method.get("is-config") == "true" and not status.bad:
                continue  # what prepares tests is no test, unless it fails
            exception = child(method, "exception")
            took = number(method.get("duration-ms"))
            yield Case(
                owner.get("name") or "",
                method.get("name") or "",
                status,
                None if took is None else took / 1000,
                text_of(exception),
            )


_TRX = {
    "Passed": CaseStatus.SUCCEEDED, "PassedButRunAborted": CaseStatus.SUCCEEDED, "Warning": CaseStatus.SUCCEEDED,
    "Failed": CaseStatus.FAILED, "Error": CaseStatus.ERROR, "Timeout": CaseStatus.ERROR, "Aborted": CaseStatus.ERROR,
    "NotExecuted": CaseStatus.SKIPPED, "NotRunnable": CaseStatus.SKIPPED, "Disconnected": CaseStatus.ERROR,
}  # fmt: skip


def trx(data: bytes) -> Iterator[Case]:
    root = report(data, "VISUALSTUDIOTRX", "Visual Studio TRX")
    methods = ((test.get("id"), child(test, "TestMethod")) for test in below(root, "UnitTest"))
    owners = {test: method.get("className") or "" for test, method in methods if method is not None}
    for case in below(root, "UnitTestResult"):
        status = _TRX.get(case.get("outcome") or "", CaseStatus.UNKNOWN)
        words = _message(*(text_of(found) for found in below(case, "Message", "StackTrace")))
        owner = owners.get(case.get("testId"), "").partition(",")[0]
        test = (case.get("testName") or "").removeprefix(f"{owner}.")
        yield Case(
            owner, test, status, _clock(case.get("duration")), words if status is not CaseStatus.SUCCEEDED else ""
        )


def _clock(text: str | None) -> float | None:
    """`00:01:02.5`."""
    seconds = 0.0
    for part in (text or "").split(":"):
        value = number(part)
        if value is None:
            return None
        seconds = seconds * 60 + value
    return seconds


_CUCUMBER = {
    "passed": CaseStatus.SUCCEEDED, "failed": CaseStatus.FAILED, "ambiguous": CaseStatus.ERROR, "undefined": CaseStatus.FAILED,
    "skipped": CaseStatus.SKIPPED, "pending": CaseStatus.SKIPPED, "disabled": CaseStatus.SKIPPED,
}  # fmt: skip
_WORST = (CaseStatus.ERROR, CaseStatus.FAILED, CaseStatus.UNKNOWN, CaseStatus.SKIPPED)


def cucumber(data: bytes) -> Iterator[Case]:
    """A scenario is as bad as the worst of its steps, its hooks and its background among them."""
    try:
        features = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    if not isinstance(features, list):
        raise Unreadable("it is no Cucumber report: it is no list of features")
    for feature in _mappings(features):
        background: list[object] = []
        for element in _mappings(feature.get("elements")):
            if element.get("type") == "background":
                background = list(_mappings(element.get("steps")))
                continue
            steps = [*background, *(s for key in ("before", "steps", "after") for s in _mappings(element.get(key)))]
            yield _scenario(str(feature.get("name") or ""), str(element.get("name") or ""), steps)


def _scenario(feature: str, scenario: str, steps: list[object]) -> Case:
    ends = [step["result"] for step in steps if isinstance(step, dict) and isinstance(step.get("result"), dict)]
    statuses = [_CUCUMBER.get(str(end.get("status")).lower(), CaseStatus.UNKNOWN) for end in ends]
    status = next((worst for worst in _WORST if worst in statuses), CaseStatus.SUCCEEDED)
    took = sum(end["duration"] for end in ends if isinstance(end.get("duration"), int | float))
    words = next((str(end["error_message"]) for end in ends if end.get("error_message")), "") or _undefined(steps)
    return Case(feature, scenario, status, min(max(took / 1e9, 0.0), 1e9), words)


def _undefined(steps: list[object]) -> str:
    """Which step nobody has defined: of that Cucumber says no error."""
    undefined = (
        step
        for step in _mappings(steps)
        if next(iter(_mappings([step.get("result")])), {}).get("status") == "undefined"
    )
    return next((f"Undefined: {step.get('keyword') or ''}{step.get('name') or ''}" for step in undefined), "")


def _mappings(value: object) -> Iterator[dict[str, object]]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))
