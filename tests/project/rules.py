"""The tables of rules, one a reference: what they say, and what the tests say of themselves. Judging them is `test_project_rules`.

A test, or a class of tests, carries a rule's id in its name (`test_ret_10_11_...` is RET-10 and RET-11), in its docstring, or in the name of one of its
cases, which the table then names in brackets.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Reference:
    """`last` says how many rules each part has, numbered from 1 without gaps; `decisions` how many decisions where the sources
    are silent, which are named by `letter`.
    """

    readme: str
    last: Mapping[str, int]
    letter: str
    decisions: int

    def ids(self) -> list[str]:
        """All its rules, in their order."""
        rules = [f"{part}-{n}" for part, last in self.last.items() for n in range(1, last + 1)]
        return rules + [f"{self.letter}{n}" for n in range(1, self.decisions + 1)]

    def table(self) -> "list[Row]":
        """What its page says of each."""
        return [Row(*found) for found in _ROW.findall((ROOT / self.readme).read_text())]


REFERENCES = {
    "codepipeline": Reference(
        "bot/core/README.md",
        {
            "TYP": 3, "VER": 9, "STR": 29, "SRC": 4, "BLD": 5, "INV": 2, "ART": 11, "VAR": 14, "RUN": 10, "TRG": 12, "ST": 3,
            "STG": 5, "SUP": 7, "QUE": 6, "PAR": 6, "TRN": 6, "INB": 2, "STP": 6, "RET": 15, "RBK": 10, "CND": 7, "RUL": 8,
            "APR": 11, "CUS": 4, "JOB": 11, "LMB": 5, "EVT": 2,
        },
        "C",
        25,
    ),
    "buildspec": Reference(
        "bot/buildspec/README.md",
        {
            "FIL": 7, "GRM": 4, "ENV": 10, "PRX": 1, "PHS": 12, "ONF": 5, "AFT": 5, "ARF": 11, "CAC": 10, "REP": 9, "BAT": 12,
            "BLO": 10, "WBH": 6, "PIP": 7,
        },
        "B",
        11,
    ),
    "appspec": Reference(
        "bot/appspec/README.md",
        {
            "APS": 7, "INS": 11, "PRM": 5, "HOK": 5, "REV": 5, "SCR": 8, "FLR": 4, "DPL": 11, "HLT": 12, "RLB": 6, "STO": 1,
            "ALM": 1, "BGR": 7,
        },
        "A",
        7,
    ),
}  # fmt: skip

EXCUSES = ("not applicable: ", "later: ")

_PARTS = {part for reference in REFERENCES.values() for part in reference.last}
_ID = re.compile(rf"\b((?:{'|'.join(sorted(_PARTS))})-\d+|[ABC]\d+)\b")
_ROW = re.compile(r"^\| ([A-Z]+-?\d+) \| (.*) \| (.*) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:\[([^\]]+)\])?`")


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    short: str
    proof: str

    @property
    def tests(self) -> list[tuple[str, str, str]]:
        """File, test and case ("" for all of it) of each proof."""
        return _TEST.findall(self.proof)


@dataclass(frozen=True, slots=True)
class TestFile:
    """`tests` says of each test which ids it carries; `cases` are those that any other text of the file names, or of a table in a
    folder below it that it imports.
    """

    tests: dict[str, frozenset[str]]
    cases: frozenset[str]


@cache
def read(path: Path) -> TestFile:
    tree = ast.parse(path.read_text())
    tests: dict[str, frozenset[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name.lower().startswith(
            "test"
        ):
            tests[node.name] = frozenset([*_in_name(node.name), *_ID.findall(ast.get_docstring(node) or "")])
    trees = [tree, *(ast.parse(table.read_text()) for table in _tables(path, tree))]
    nodes = (node for each in trees for node in ast.walk(each))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return TestFile(tests, frozenset(found for text in texts for found in _ID.findall(text)))


def _tables(path: Path, tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            folder = ROOT.joinpath(*node.module.split("."))
            if path.parent in folder.parents:
                yield from (found for name in node.names if (found := folder / f"{name.name}.py").exists())


def _in_name(name: str) -> Iterator[str]:
    """`test_que_4_par_1_the_ceiling` carries QUE-4 and PAR-1, `test_c5_...` C5."""
    part = ""
    for word in name.upper().split("_")[1:]:
        if word in _PARTS:
            part = word
        elif part and word.isdigit():
            yield f"{part}-{word}"
        elif re.fullmatch(r"[ABC]\d+", word):
            yield word
        else:
            part = ""
