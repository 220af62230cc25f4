"""The formats, each with the tools that write it. A line is tried against them in this order; the first that fits has it.

Every pattern is anchored, and what it repeats can't contain what must follow, so that none goes back and forth over a line.
"""

import re

from bot.matchers.matcher import Matcher, Pair

_FILE = r"(?P<file>(?:[A-Za-z]:[\\/])?[^:()\[\]\"'<>|*?]{1,250})"
_AT = rf"{_FILE}:(?P<line>\d{{1,7}}):(?P<column>\d{{1,6}})"
_AT_LINE = rf"{_FILE}:(?P<line>\d{{1,7}})(?::(?P<column>\d{{1,6}}))?"
_MESSAGE = r"(?P<message>\S.*)"


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _suffixed(suffixes: str) -> str:
    """A file of such a kind: `_AT_LINE`, looked at again at its end."""
    return rf"(?P<file>[^:()\[\]\"'<>|*?]{{1,250}}(?<=\.)(?:{suffixes})):(?P<line>\d{{1,7}})(?::(?P<column>\d{{1,6}}))?"


LINES = (
    # mypy: https://mypy.readthedocs.io/en/stable/command_line.html#configuring-error-messages
    Matcher("mypy", _of(rf"{_suffixed('pyi?')}: (?P<severity>error|warning|note): {_MESSAGE}")),
    # javac; Maven's own form of it: [ERROR] /src/A.java:[3,5] cannot find symbol
    Matcher("javac", _of(rf"{_suffixed('java')}: (?:(?P<severity>error|warning): )?{_MESSAGE}")),
    Matcher(
        "maven",
        _of(rf"\[(?P<severity>ERROR|WARNING)\] {_FILE}:\[(?P<line>\d{{1,7}}),(?P<column>\d{{1,6}})\] {_MESSAGE}"),
    ),
    # kotlinc: e: file:///src/A.kt:3:5 unresolved reference
    Matcher("kotlinc", _of(rf"(?P<severity>[ew]): (?:file://)?{_AT} {_MESSAGE}")),
    # rubocop --format emacs: https://docs.rubocop.org/rubocop/formatters.html
    Matcher(
        "rubocop",
        _of(rf"{_AT}: (?P<severity>[CRWEFI]): (?:\[Correctable\] )?(?P<code>[A-Z]\w{{1,60}}/\w{{1,80}}): {_MESSAGE}"),
    ),
    # ruff --output-format concise, flake8, pycodestyle: a.py:1:8: F401 [*] `os` imported but unused
    Matcher("python", _of(rf"{_AT}: (?P<code>[A-Z]{{1,6}}\d{{1,5}}):? (?:\[\*\] )?{_MESSAGE}")),
    # tsc --pretty: https://www.typescriptlang.org/tsconfig/#pretty
    Matcher("tsc", _of(rf"{_AT} - (?P<severity>error|warning) (?P<code>TS\d{{1,6}}): {_MESSAGE}")),
    # tsc; msbuild, dotnet: https://learn.microsoft.com/visualstudio/msbuild/msbuild-diagnostic-format-for-tasks
    Matcher(
        "tsc",
        _of(
            rf"(?P<file>[^:()]{{1,250}})\((?P<line>\d{{1,7}}),(?P<column>\d{{1,6}})\): (?P<severity>error|warning) (?P<code>TS\d{{1,6}}): {_MESSAGE}"
        ),
    ),
    Matcher(
        "msbuild",
        _of(
            rf"\s{{0,8}}(?:\d{{1,4}}>)?(?P<file>(?:[A-Za-z]:)?[^:()]{{1,250}})\((?P<line>\d{{1,7}})(?:,(?P<column>\d{{1,6}}))?(?:,\d{{1,7}},\d{{1,7}})?\):"
            rf" (?P<severity>error|warning) (?P<code>[A-Z]{{1,12}}\d{{1,6}}): {_MESSAGE}"
        ),
    ),
    # PHP's own: PHP Parse error:  syntax error, unexpected token in /src/a.php on line 3
    Matcher(
        "php",
        _of(
            r"(?:PHP )?(?P<severity>Fatal error|Parse error|Warning|Notice|Deprecated):\s{1,4}(?P<message>.{1,1500}) in (?P<file>[^:\s]{1,250}\.php)"
            r"(?: on line |:)(?P<line>\d{1,7})"
        ),
    ),
    # yamllint --format parsable
    Matcher("yamllint", _of(rf"{_AT}: \[(?P<severity>error|warning)\] {_MESSAGE}")),
    # gcc, clang, and what writes like them, such as shellcheck --format gcc:
    # https://gcc.gnu.org/onlinedocs/gcc/Diagnostic-Message-Formatting-Options.html
    Matcher(
        "cc",
        _of(rf"{_AT_LINE}: (?P<severity>fatal error|error|warning|note)(?: (?P<code>[A-Z]\d{{1,6}}))?: {_MESSAGE}"),
    ),
    # eslint --format unix: a.js:1:5: Missing semicolon. [Error/semi]
    Matcher(
        "eslint",
        _of(
            rf"{_suffixed('[cm]?[jt]sx?|vue|svelte')}: (?P<message>\S[^\[]{{0,800}}) \[(?P<severity>Error|Warning)(?:/(?P<code>[^\]\s]{{1,100}}))?\]"
        ),
    ),
    # actionlint: https://github.com/rhysd/actionlint/blob/main/docs/usage.md
    Matcher("actionlint", _of(rf"{_suffixed('ya?ml')}: {_MESSAGE}")),
    # go build, go vet, golangci-lint: ./main.go:3:5: undefined: x (typecheck). The tests' own lines are indented.
    Matcher("go", _of(rf"(?:vet: )?\s{{0,12}}{_suffixed('go')}: {_MESSAGE}")),
)

PAIRS = (
    # rustc, cargo, ruff --output-format full, and what else draws as they do.
    Pair(
        "rustc",
        _of(rf"(?P<severity>error|warning)(?:\[(?P<code>\w{{1,60}})\])?: {_MESSAGE}"),
        _of(rf"\s{{0,8}}--> {_AT}"),
    ),
    Pair(
        "ruff",
        _of(rf"(?P<code>[A-Z]{{1,6}}\d{{1,5}}) (?:\[\*\] )?{_MESSAGE}"),
        _of(rf"\s{{0,8}}--> {_AT}"),
    ),
    # A test that panicked: https://doc.rust-lang.org/std/macro.panic.html
    Pair("rust", _of(rf"thread '[^']{{1,200}}' (?:\(\d{{1,9}}\) )?panicked at {_AT}:"), _of(_MESSAGE)),
    # eslint's default, stylish: a line with the file, and below it a line for each of its remarks.
    Pair(
        "eslint",
        _of(r"(?P<file>[^\s:()\"'<>|*?][^:()\"'<>|*?]{0,250}\.(?:[cm]?[jt]sx?|vue|svelte|json|md|html))"),
        _of(
            rf"\s{{1,8}}(?P<line>\d{{1,7}}):(?P<column>\d{{1,6}})\s{{1,8}}(?P<severity>error|warning)\s{{1,8}}{_MESSAGE}"
        ),
        many=True,
    ),
    # pytest: the last line of what was expected, then the place. https://docs.pytest.org/en/stable/how-to/output.html
    Pair(
        "pytest",
        _of(rf"E\s{{1,8}}{_MESSAGE}"),
        _of(r"(?P<file>[^:()\"'<>|*?]{1,250}\.py):(?P<line>\d{1,7}): (?P<code>[A-Za-z_][\w.]{0,100})"),
        within=60,
        block=True,
    ),
    # pytest --tb=short: the place, the line, what was expected.
    Pair(
        "pytest",
        _of(r"(?P<file>[^:()\"'<>|*?]{1,250}\.py):(?P<line>\d{1,7}): in \S"),
        _of(rf"E\s{{1,8}}{_MESSAGE}"),
        within=3,
    ),
    # JavaScript's test runners, and its own errors: what was raised, or the test's name, and below it the stack.
    Pair(
        "node",
        _of(rf"\s{{0,8}}(?:Uncaught )?(?P<code>[A-Z]\w{{0,60}}(?:Error|Exception))(?: \[\w{{1,60}}\])?: {_MESSAGE}"),
        _of(
            r"\s{1,10}(?:at |\u276f )(?:[^()]{0,200}\()?(?P<file>(?:file://)?[^:()\s]{1,250}):(?P<line>\d{1,7}):(?P<column>\d{1,6})"
        ),
        within=30,
        frames=True,
    ),
    Pair(
        "jest",
        _of(rf"\s{{1,4}}● {_MESSAGE}"),
        _of(
            r"\s{1,10}at (?:[^()]{0,200}\()?(?P<file>(?:file://)?[^:()\s]{1,250}):(?P<line>\d{1,7}):(?P<column>\d{1,6})"
        ),
        within=60,
        frames=True,
    ),
    # rspec: https://rspec.info/features/3-13/rspec-core/formatters/
    Pair(
        "rspec",
        _of(rf"\s{{1,6}}Failure/Error: {_MESSAGE}"),
        _of(r"\s{1,8}# (?P<file>[^:\s]{1,250}):(?P<line>\d{1,7}):in "),
        within=40,
        frames=True,
    ),
    # phpunit: https://docs.phpunit.de
    Pair(
        "phpunit",
        _of(r"(?P<message>Failed asserting .+)"),
        _of(r"(?P<file>[^:\s]{1,250}\.php):(?P<line>\d{1,7})"),
        within=30,
        frames=True,
    ),
    # dotnet test: xunit, MSTest, and whatever was thrown.
    Pair(
        "dotnet",
        _of(r"\s{1,8}(?P<message>(?:Assert|System|Xunit)\.\S.+)"),
        _of(r"\s{1,8}at .{1,600} in (?P<file>[^:]{1,250}):line (?P<line>\d{1,7})"),
        within=30,
        frames=True,
    ),
    # terraform: https://developer.hashicorp.com/terraform/cli/commands/validate
    Pair(
        "terraform",
        _of(rf"(?:│ )?(?P<severity>Error|Warning): {_MESSAGE}"),
        _of(r"(?:│ )?\s{1,6}on (?P<file>[^\s:\"]{1,250}) line (?P<line>\d{1,7})"),
        within=3,
    ),
)

# Python's own: https://docs.python.org/3/library/traceback.html
TRACEBACK = _of(r"Traceback \(most recent call last\):")
FRAME = _of(r"  File \"(?P<file>[^\"]{1,300})\", line (?P<line>\d{1,7})")
RAISED = _of(r"(?P<code>[A-Za-z_][\w.]{0,150})(?:: (?P<message>.*))?")

# GitHub Actions' own: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
COMMAND = _of(r"::(?P<severity>error|warning|notice) (?P<rest>.+)")

# GNU make says where it is: https://www.gnu.org/software/make/manual/html_node/_002dw-Option.html
ENTERED = _of(r"g?make(?:\[\d{1,4}\])?: Entering directory ['`](?P<folder>[^']{1,400})'")
LEFT = _of(r"g?make(?:\[\d{1,4}\])?: Leaving directory ['`]")

PLACE = re.compile(r"\.[A-Za-z]\w{0,9}(?::\[?|\(| on line )\d")
"""What every line of `LINES` has somewhere: the end of a file's name and a number. Most lines of a log have not."""

GO_PACKAGE = _of(r"(?:FAIL|ok  )\t(?P<package>[^\s\[]{1,300})")
"""Behind what its tests have said."""

CODE = _of(r"-?[A-Za-z][\w./:=+-]{0,100}")
"""What a tool calls its rule, in brackets at the end of a message: `[-Wunused-variable]`, `[name-defined]`, `(errcheck)`."""
