"""What compilers, linters and test runners write is read; and no line of theirs takes long."""

import time

import pytest

from bot.matchers import annotations_of
from bot.matchers.read import LONGEST_MESSAGE, MOST
from bot.model.annotation import Annotation
from tests.matchers.formats import FORMATS, ROOT, E

FILES = {
    "src/a.c",
    "lib/b.c",
    "src/A.java",
    "src/A.kt",
    "src/a.ts",
    "src/a.tsx",
    "src/a.js",
    "src/A.cs",
    "web/App.vbproj",
    "app/a.py",
    "tests/test_a.py",
    "app/a.rb",
    "run.sh",
    "main.go",
    "pkg/p.go",
    "pkg/p_test.go",
    "src/a.test.js",
    "src/a.test.ts",
    "node_modules/x/i.js",
    "spec/a_spec.rb",
    "tests/AdderTest.php",
    "src/main.rs",
    "src/lib.rs",
    "main.tf",
    "conf/a.yml",
    ".github/workflows/ci.yml",
}


def read(text: str) -> list[Annotation]:
    return list(annotations_of(text, ROOT, ROOT, FILES.__contains__))


@pytest.mark.parametrize("name", FORMATS)
def test_what_tools_write_is_read(name: str) -> None:
    text, found = FORMATS[name]
    assert read(text) == found


def test_the_same_remark_is_kept_once_and_errors_before_warnings() -> None:
    warnings = "".join(f"src/a.c:{line}:1: warning: old\n" for line in range(1, 100))
    found = read(warnings + "src/a.c:7:1: error: new\n" * 3)
    assert found[0] == Annotation("src/a.c", 7, E, "new", 1, "", "cc")
    assert len(found) == MOST
    assert len(set(found)) == MOST


def test_a_long_message_is_cut() -> None:
    (found,) = read(f"src/a.c:1:1: error: {'x' * 5000}\n")
    assert len(found.message) == LONGEST_MESSAGE


HOSTILE = (
    "a.c:" * 400,
    "src/a.c:1:1: error: " + "[" * 1900,
    "src/a.js:1:1: " + "x [" * 600,
    " " * 1990 + "a.go:1",
    "  1:1  error  " + "  x" * 600,
    "::error file=" + ",=" * 900 + "::x",
    "::error " + "::" * 900,
    "a(" * 900 + "a.ts(1,1): error TS1: x",
    "E  " + " " * 1900,
    "error: x\n --> " + " " * 1900,
    "thread '" + "'" * 1900,
    '  File "' + "a" * 1900,
    "make[1]: Entering directory '" + "x/" * 900,
    "a.py:" + "1" * 1900,
    "PHP Warning:  " + " in a" * 380 + ".php on line 1",
    "   at " + " in a" * 380,
    "TypeError: x\n    at " + "(" * 1900,
    "FAIL\t" + "a/" * 140,
    ".a:1" * 480,
)


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_no_line_takes_long(line: str) -> None:
    """Twice the lines take about twice the time; a million characters a few seconds at the very most."""
    text = "Traceback (most recent call last):\n" + (line + "\n") * max(1, 250_000 // len(line))
    began = time.process_time()
    assert len(read(text)) <= MOST
    assert time.process_time() - began < 2
