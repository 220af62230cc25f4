"""Each of the eleven formats read (REP-3, REP-5, REP-7), and what a hostile file comes to."""

import time

import pytest

from bot.model.results import Case, CaseStatus, Coverage, ReportGroup
from bot.results import File, read_report
from bot.results.read import LARGEST

S, F, E, K = CaseStatus.SUCCEEDED, CaseStatus.FAILED, CaseStatus.ERROR, CaseStatus.SKIPPED

TESTS = {
    "JUNITXML": (
        """<?xml version="1.0" encoding="UTF-8"?><testsuites><testsuite name="s"><testcase classname="a.B" name="ok" time="0.5"/>
        <testcase name="bad"><failure message="1 != 2" type="x">1 != 2
at line 3</failure></testcase><testcase classname="a.B" name="err"><error message="boom"/></testcase>
        <testsuite name="inner"><testcase name="skip"><skipped message="later"/></testcase></testsuite></testsuite></testsuites>""",
        [
            Case("a.B", "ok", S, 0.5),
            Case("s", "bad", F, None, "1 != 2\nat line 3"),
            Case("a.B", "err", E, None, "boom"),
            Case("inner", "skip", K, None, "later"),
        ],
    ),
    "NUNIT3XML": (
        """<test-run><test-suite><test-case classname="N.T" name="ok" result="Passed" duration="0.25"/>
        <test-case classname="N.T" name="bad" result="Failed"><failure><message><![CDATA[no]]></message><stack-trace>here</stack-trace></failure></test-case>
        <test-case classname="N.T" name="err" result="Failed" label="Error"/>
        <test-case classname="N.T" name="skip" result="Skipped"><reason><message>later</message></reason></test-case></test-suite></test-run>""",
        [
            Case("N.T", "ok", S, 0.25),
            Case("N.T", "bad", F, None, "no\nhere"),
            Case("N.T", "err", E),
            Case("N.T", "skip", K, None, "later"),
        ],
    ),
    "NUNITXML": (
        """<test-results><test-suite><results><test-case name="N.T.ok" executed="True" success="True" time="0.25"/>
        <test-case name="N.T.bad" executed="True" result="Failure"><failure><message>no</message></failure></test-case>
        <test-case name="N.T.skip" executed="False"/></results></test-suite></test-results>""",
        [Case("N.T", "ok", S, 0.25), Case("N.T", "bad", F, None, "no"), Case("N.T", "skip", K)],
    ),
    "TESTNGXML": (
        """<testng-results><suite><test><class name="a.B"><test-method name="setUp" status="PASS" is-config="true"/>
        <test-method name="ok" status="PASS" duration-ms="250"/><test-method name="bad" status="FAIL"><exception class="X"><message>no</message></exception></test-method>
        <test-method name="skip" status="SKIP"/></class></test></suite></testng-results>""",
        [Case("a.B", "ok", S, 0.25), Case("a.B", "bad", F, None, "no"), Case("a.B", "skip", K)],
    ),
    "VISUALSTUDIOTRX": (
        """<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
        <UnitTestResult testId="1" testName="N.T.ok" outcome="Passed" duration="00:00:01.5"/>
        <UnitTestResult testId="1" testName="bad" outcome="Failed"><Output><ErrorInfo><Message>no</Message><StackTrace>here</StackTrace></ErrorInfo></Output></UnitTestResult>
        <UnitTestResult testId="2" testName="skip" outcome="NotExecuted"/></Results>
        <TestDefinitions><UnitTest id="1"><TestMethod className="N.T, asm"/></UnitTest></TestDefinitions></TestRun>""",
        [Case("N.T", "ok", S, 1.5), Case("N.T", "bad", F, None, "no\nhere"), Case("", "skip", K)],
    ),
    "CUCUMBERJSON": (
        """[{"name": "Sum", "elements": [
        {"type": "background", "steps": [{"result": {"status": "passed", "duration": 500000000}}]},
        {"name": "ok", "steps": [{"result": {"status": "passed", "duration": 500000000}}]},
        {"name": "bad", "steps": [{"result": {"status": "failed", "error_message": "no"}}, {"result": {"status": "skipped"}}]},
        {"name": "todo", "steps": [{"result": {"status": "pending"}}]},
        {"name": "new", "steps": [{"keyword": "When ", "name": "it sums", "result": {"status": "undefined"}}]}]}]""",
        [
            Case("Sum", "ok", S, 1.0),
            Case("Sum", "bad", F, 0.5, "no"),
            Case("Sum", "todo", K, 0.5),
            Case("Sum", "new", F, 0.5, "Undefined: When it sums"),
        ],
    ),
}

COVERAGE = {
    "CLOVERXML": """<coverage><project><metrics statements="9"/><package name="p"><file path="a.js" name="a"><metrics statements="4" coveredstatements="3" conditionals="2" coveredconditionals="1"/>
        <line num="1"/></file></package></project></coverage>""",
    "COBERTURAXML": """<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd"><coverage><packages><package><classes>
        <class filename="a.js" name="a"><methods><method><lines><line number="1" hits="1"/></lines></method></methods>
        <lines><line number="1" hits="1"/><line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/><line number="3" hits="2"/></lines></class>
        <class filename="a.js" name="a$1"><lines><line number="3" hits="2"/><line number="4" hits="1"/></lines></class></classes></package></packages></coverage>""",
    "JACOCOXML": """<?xml version="1.0"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD ReportGroup 1.1//EN" "report.dtd"><report><package name="">
        <class name="X"><counter type="LINE" missed="9" covered="9"/></class><sourcefile name="a.js"><counter type="LINE" missed="1" covered="3"/><counter type="BRANCH" missed="1" covered="1"/></sourcefile></package></report>""",
    "SIMPLECOV": '{"RSpec": {"coverage": {"a.js": {"lines": [1, null, 0, 2, 0], "branches": {"x": {"y": 1, "z": 0}}}}}, "other": {"coverage": {"a.js": {"lines": [1, null, 5, 2, 0], "branches": {"x": {"y": 1, "z": 0}}}}}}',
    "LCOV": "TN:\nSF:a.js\nDA:1,1\nDA:2,0\nDA:3,7\nDA:4,1\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nLF:4\nLH:3\nend_of_record\n",
}


def read(kind: str, *texts: str) -> ReportGroup:
    return read_report("unit", kind, [File(f"r{n}.xml", text.encode()) for n, text in enumerate(texts)])


@pytest.mark.parametrize("kind", TESTS)
def test_rep_3_rep_5_tests_of_every_format(kind: str) -> None:
    text, cases = TESTS[kind]
    report = read(kind, text)
    assert not report.problems
    assert sorted(report.cases, key=lambda case: case.name) == sorted(cases, key=lambda case: case.name)
    assert report.cases[0].status.bad, "the bad ones first"
    bad = sum(1 for case in cases if case.status.bad)
    assert (report.counts.total, report.counts.failed) == (len(cases), bad)
    assert report.slowest[0].name == "ok"


@pytest.mark.parametrize("kind", COVERAGE)
def test_rep_3_rep_7_coverage_of_every_format(kind: str) -> None:
    report = read(kind, COVERAGE[kind])
    assert not report.problems
    assert report.files == (Coverage(3, 4, 1, 2, "a.js"),)
    assert report.coverage == Coverage(3, 4, 1, 2)
    assert report.coverage.percent == 75.0


def test_rep_6_500_cases_are_kept_and_the_failed_ones_first() -> None:
    many = "".join(f'<testcase name="ok{n}" time="{n}"/>' for n in range(700))
    report = read(
        "JUNITXML", f"<testsuite>{many}<testcase name='bad'><failure/></testcase></testsuite>", "<testsuite/>"
    )
    assert (len(report.cases), report.truncated, report.cases[0].name) == (500, True, "bad")
    assert (report.counts.total, report.slowest[0].name) == (701, "ok699")
    long = read(
        "JUNITXML", f"<testsuite><testcase name='{'n' * 2000}'><failure>{'m' * 9000}</failure></testcase></testsuite>"
    )
    assert (len(long.cases[0].name), len(long.cases[0].message)) == (1000, 5000)


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]><testsuite name='&c;'/>"
OUTSIDE = (
    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><testsuite><testcase name='a'>&a;</testcase></testsuite>"
)

HOSTILE = [
    ("JUNITXML", LAUGHS, "defines entities"),
    ("JUNITXML", OUTSIDE, "defines entities"),
    ("COBERTURAXML", "<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><coverage/>", "defines entities"),
    ("JUNITXML", "", "no XML"),
    ("JUNITXML", "<testsuite>", "no XML"),
    ("JUNITXML", "<html/>", "root is <html>"),
    ("JUNITXML", "<testng-results/>", "root is <testng-results>. Write `file-format: TESTNGXML`"),
    ("COBERTURAXML", "<coverage><project/></coverage>", "Write `file-format: CLOVERXML`"),
    ("CLOVERXML", "<coverage><packages/></coverage>", "Write `file-format: COBERTURAXML`"),
    ("TESTNGXML", "<testsuite/>", "no TestNG"),
    ("NUNITXML", "<testsuite/>", "no NUnit"),
    ("NUNIT3XML", "<testsuite/>", "no NUnit 3"),
    ("VISUALSTUDIOTRX", "<testsuite/>", "TRX"),
    ("CUCUMBERJSON", "{", "no JSON"),
    ("CUCUMBERJSON", "{}", "no list of features"),
    ("CUCUMBERJSON", "[" * 100_000, "no JSON"),
    ("SIMPLECOV", "[]", "no mapping"),
    ("SIMPLECOV", "{}", "no `coverage`"),
    ("CLOVERXML", "<report/>", "no Clover"),
    ("JACOCOXML", "<coverage/>", "no JaCoCo"),
    ("LCOV", "DA:1,1", "names no source file"),
    ("JUNITXML", "x" * (LARGEST + 1), "is larger than 20 MB"),
]


@pytest.mark.parametrize(("kind", "text", "words"), HOSTILE, ids=[f"{row[0]} {row[2]}" for row in HOSTILE])
def test_rep_4_b9_what_cant_be_read_is_a_problem_of_the_report_and_no_error(kind: str, text: str, words: str) -> None:
    report = read(kind, text)
    assert len(report.problems) == 1
    assert words in report.problems[0], report.problems


def test_rep_4_what_is_read_no_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures may be among it, so nobody may take the rest for the whole."""
    monkeypatch.setattr("bot.results.read.MOST_READ", 2)
    suite = "<testsuite><testcase/><testcase/></testsuite>"
    assert not read("JUNITXML", suite).problems
    report = read("JUNITXML", suite, suite, suite)
    assert report.counts.total == 2
    assert report.problems == ("r1.xml goes beyond the 2 entries that are read of a report",)


STRANGE = [
    (
        "JUNITXML",
        "<testsuite><testcase/><testcase time='nan'/><testcase time='-1'/><testcase time='1e400'/></testsuite>",
    ),
    (
        "CUCUMBERJSON",
        '[1, {"elements": 3}, {"elements": [null, {"steps": [{"result": 1}, {"result": {"duration": "x"}}]}]}]',
    ),
    ("SIMPLECOV", '{"a": {"coverage": {"x": 1, "y": [true, "a", 1], "z": {"lines": {}, "branches": {"q": 1}}}}}'),
    ("LCOV", "SF:\nDA:\nDA:1\nDA:x,y\nBRDA:1\nend_of_record\n"),
    ("CLOVERXML", "<coverage><project><file/><file><metrics statements='x'/></file></project></coverage>"),
    ("VISUALSTUDIOTRX", "<TestRun><UnitTestResult duration='1:x'/></TestRun>"),
    ("JUNITXML", "<testsuite>" * 20_000 + "</testsuite>" * 20_000),
]


@pytest.mark.parametrize(("kind", "text"), STRANGE)
def test_rep_4_a_strange_file_is_read_as_far_as_it_goes(kind: str, text: str) -> None:
    began = time.process_time()
    read(kind, text)
    assert time.process_time() - began < 5.0
