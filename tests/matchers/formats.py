"""What tools write, format by format, and the remarks that are read of it."""

from bot.model.annotation import Annotation, Severity

ROOT = "/work/job/source"


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTICE


FORMATS: dict[str, tuple[str, list[Annotation]]] = {
    "gcc": (
        (
            "src/a.c: In function 'main':\n"
            "src/a.c:3:12: error: 'x' undeclared (first use in this function)\n"
            "    3 |     return x;\n"
            "src/a.c:3:12: note: each undeclared identifier is reported only once\n"
            "src/a.c:2:9: warning: unused variable 'y' [-Wunused-variable]\n"
            "src/a.c:1:10: fatal error: nowhere.h: No such file or directory\n"
        ),
        [
            Annotation("src/a.c", 3, E, "'x' undeclared (first use in this function)", 12, "", "cc"),
            Annotation("src/a.c", 1, E, "nowhere.h: No such file or directory", 10, "", "cc"),
            Annotation("src/a.c", 2, W, "unused variable 'y'", 9, "-Wunused-variable", "cc"),
        ],
    ),
    "clang, by its whole path": (
        f"{ROOT}/src/a.c:3:12: error: use of undeclared identifier 'x'\n1 error generated.\n",
        [Annotation("src/a.c", 3, E, "use of undeclared identifier 'x'", 12, "", "cc")],
    ),
    "make, which has gone elsewhere": (
        (
            f"make[1]: Entering directory '{ROOT}/lib'\nb.c:7:1: error: expected ';'\nmake[1]: Leaving directory '{ROOT}/lib'\n"
            "b.c:8:1: error: no such file any more\n"
        ),
        [Annotation("lib/b.c", 7, E, "expected ';'", 1, "", "cc")],
    ),
    "shellcheck": (
        "run.sh:3:6: note: Double quote to prevent globbing and word splitting. [SC2086]\n",
        [Annotation("run.sh", 3, N, "Double quote to prevent globbing and word splitting.", 6, "SC2086", "shellcheck")],
    ),
    "javac": (
        "src/A.java:5: error: cannot find symbol\n    int x = y;\n            ^\n  symbol:   variable y\n1 error\n",
        [Annotation("src/A.java", 5, E, "cannot find symbol", 0, "", "javac")],
    ),
    "maven": (
        f"[ERROR] {ROOT}/src/A.java:[5,13] cannot find symbol\n[ERROR]   symbol:   variable y\n",
        [Annotation("src/A.java", 5, E, "cannot find symbol", 13, "", "maven")],
    ),
    "kotlinc": (
        f"e: file://{ROOT}/src/A.kt:3:5 Unresolved reference: y\n",
        [Annotation("src/A.kt", 3, E, "Unresolved reference: y", 5, "", "kotlinc")],
    ),
    "tsc": (
        "src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.\n",
        [Annotation("src/a.ts", 3, E, "Type 'string' is not assignable to type 'number'.", 5, "TS2322", "tsc")],
    ),
    "tsc --pretty": (
        "src/a.tsx:3:5 - error TS2322: Type 'string' is not assignable to type 'number'.\n\n3   a = 'x'\n",
        [Annotation("src/a.tsx", 3, E, "Type 'string' is not assignable to type 'number'.", 5, "TS2322", "tsc")],
    ),
    "dotnet": (
        (
            f"{ROOT}/src/A.cs(7,13): warning CS0219: The variable 'x' is assigned [{ROOT}/web/App.vbproj]\n"
            "  1>src/A.cs(9): error CS1002: ; expected\n"
        ),
        [
            Annotation("src/A.cs", 9, E, "; expected", 0, "CS1002", "msbuild"),
            Annotation(
                "src/A.cs", 7, W, f"The variable 'x' is assigned [{ROOT}/web/App.vbproj]", 13, "CS0219", "msbuild"
            ),
        ],
    ),
    "eslint": (
        (
            f"\n{ROOT}/src/a.js\n"
            "  1:10  error    'x' is defined but never used  no-unused-vars\n"
            "  2:1   warning  Unexpected console statement   no-console\n\n"
            "✖ 2 problems (1 error, 1 warning)\n"
        ),
        [
            Annotation("src/a.js", 1, E, "'x' is defined but never used", 10, "no-unused-vars", "eslint"),
            Annotation("src/a.js", 2, W, "Unexpected console statement", 1, "no-console", "eslint"),
        ],
    ),
    "eslint --format unix": (
        f"{ROOT}/src/a.js:1:10: 'x' is defined but never used. [Error/no-unused-vars]\n",
        [Annotation("src/a.js", 1, E, "'x' is defined but never used.", 10, "no-unused-vars", "eslint")],
    ),
    "mypy": (
        (
            'app/a.py:3: error: Name "x" is not defined  [name-defined]\n'
            'app/a.py:4:9: note: Revealed type is "builtins.int"\n'
            "Found 1 error in 1 file (checked 1 source file)\n"
        ),
        [
            Annotation("app/a.py", 3, E, 'Name "x" is not defined', 0, "name-defined", "mypy"),
            Annotation("app/a.py", 4, N, 'Revealed type is "builtins.int"', 9, "", "mypy"),
        ],
    ),
    "ruff": (
        (
            "F401 [*] `os` imported but unused\n --> app/a.py:1:8\n  |\n1 | import os\n  |        ^^\n  |\n"
            "help: Remove unused import: `os`\n\nFound 1 error.\n"
        ),
        [Annotation("app/a.py", 1, E, "`os` imported but unused", 8, "F401", "ruff")],
    ),
    "ruff, concise": (
        "app/a.py:1:8: F401 [*] `os` imported but unused\n",
        [Annotation("app/a.py", 1, E, "`os` imported but unused", 8, "F401", "python")],
    ),
    "flake8": (
        "./app/a.py:1:80: E501 line too long (91 > 79 characters)\n",
        [Annotation("app/a.py", 1, E, "line too long (91 > 79 characters)", 80, "E501", "python")],
    ),
    "a traceback": (
        (
            "Traceback (most recent call last):\n"
            f'  File "{ROOT}/app/a.py", line 9, in <module>\n    main()\n    ~~~~^^\n'
            '  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads\n    return _default_decoder.decode(s)\n'
            "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n"
            "app/a.py:3: error: once more  [misc]\n"
        ),
        [
            Annotation(
                "app/a.py",
                9,
                E,
                "Expecting value: line 1 column 1 (char 0)",
                0,
                "json.decoder.JSONDecodeError",
                "python",
            ),
            Annotation("app/a.py", 3, E, "once more", 0, "misc", "mypy"),
        ],
    ),
    "pytest": (
        (
            "    def test_it():\n>       assert one() == 2\nE       assert 1 == 2\nE        +  where 1 = one()\n\n"
            "tests/test_a.py:4: AssertionError\n"
            "=========================== short test summary info ============================\n"
            "FAILED tests/test_a.py::test_it - assert 1 == 2\n"
        ),
        [Annotation("tests/test_a.py", 4, E, "assert 1 == 2", 0, "AssertionError", "pytest")],
    ),
    "pytest --tb=short": (
        "tests/test_a.py:3: in test_it\n    assert one() == 2\nE   assert 1 == 2\nE    +  where 1 = one()\n",
        [Annotation("tests/test_a.py", 3, E, "assert 1 == 2", 0, "", "pytest")],
    ),
    "rubocop": (
        (
            "app/a.rb:3:5: C: [Correctable] Style/StringLiterals: Prefer single-quoted strings.\n"
            "app/a.rb:4:1: E: Lint/Syntax: unexpected token tIDENTIFIER\n"
        ),
        [
            Annotation("app/a.rb", 4, E, "unexpected token tIDENTIFIER", 1, "Lint/Syntax", "rubocop"),
            Annotation("app/a.rb", 3, N, "Prefer single-quoted strings.", 5, "Style/StringLiterals", "rubocop"),
        ],
    ),
    "go build": (
        "# example.com/web\n./main.go:3:5: undefined: x\n",
        [Annotation("main.go", 3, E, "undefined: x", 5, "", "go")],
    ),
    "go test": (
        "--- FAIL: TestX (0.00s)\n    main.go:12: got 1, want 2\nFAIL\n",
        [Annotation("main.go", 12, E, "got 1, want 2", 0, "", "go")],
    ),
    "go test, in a package below": (
        (
            "--- FAIL: TestP (0.00s)\n    p_test.go:7: no\nFAIL\nFAIL\texample.com/acme/web/pkg\t0.004s\n"
            "    main.go:9: elsewhere\nok  \texample.com/acme/web\t0.1s\n"
        ),
        [
            Annotation("pkg/p_test.go", 7, E, "no", 0, "", "go"),
            Annotation("main.go", 9, E, "elsewhere", 0, "", "go"),
        ],
    ),
    "jest": (
        (
            "  ● adds numbers\n\n    expect(received).toBe(expected) // Object.is equality\n\n    Expected: 3\n    Received: 2\n\n"
            "      3 | test('adds numbers', () => {\n    > 4 |   expect(1 + 1).toBe(3);\n        |                 ^\n\n"
            "      at Object.toBe (src/a.test.js:4:17)\n      at new Promise (src/a.js:9:9)\n"
        ),
        [Annotation("src/a.test.js", 4, E, "adds numbers", 17, "", "jest")],
    ),
    "vitest": (
        (
            " FAIL  src/a.test.ts > adds\nAssertionError: expected 2 to be 3 // Object.is equality\n\n- Expected\n+ Received\n\n"
            " \u276f src/a.test.ts:4:20\n      2| \n"
        ),
        [Annotation("src/a.test.ts", 4, E, "expected 2 to be 3 // Object.is equality", 20, "AssertionError", "node")],
    ),
    "node": (
        (
            f"TypeError: x is not a function\n    at f ({ROOT}/node_modules/x/i.js:1:1)\n    at Object.<anonymous> ({ROOT}/src/a.js:3:5)\n"
            f"    at {ROOT}/src/a.test.js:9:1\n    at node:internal/main:23:47\n"
        ),
        [Annotation("src/a.js", 3, E, "x is not a function", 5, "TypeError", "node")],
    ),
    "mocha": (
        "  1) adds:\n\n      AssertionError [ERR_ASSERTION]: 2 == 3\n      + expected - actual\n\n      at Context.<anonymous> (src/a.test.js:5:14)\n",
        [Annotation("src/a.test.js", 5, E, "2 == 3", 14, "AssertionError", "node")],
    ),
    "rspec": (
        (
            "  1) Adder adds\n     Failure/Error: expect(1 + 1).to eq(3)\n\n       expected: 3\n            got: 2\n\n"
            "     # ./vendor/x.rb:1:in `y'\n     # ./spec/a_spec.rb:5:in `block (2 levels) in <top (required)>'\n"
        ),
        [Annotation("spec/a_spec.rb", 5, E, "expect(1 + 1).to eq(3)", 0, "", "rspec")],
    ),
    "phpunit": (
        f"1) AdderTest::testAdd\nFailed asserting that 2 matches expected 3.\n\n{ROOT}/tests/AdderTest.php:12\n",
        [Annotation("tests/AdderTest.php", 12, E, "Failed asserting that 2 matches expected 3.", 0, "", "phpunit")],
    ),
    "php": (
        f"PHP Parse error:  syntax error, unexpected token in {ROOT}/tests/AdderTest.php on line 3\n",
        [Annotation("tests/AdderTest.php", 3, E, "syntax error, unexpected token", 0, "", "php")],
    ),
    "dotnet test": (
        (
            "  Failed Web.T.Adds [2 ms]\n  Error Message:\n   Assert.Equal() Failure: Values differ\nExpected: 3\nActual:   2\n"
            f"  Stack Trace:\n     at System.X() in /_/src/x.cs:line 1\n     at Web.T.Adds() in {ROOT}/src/A.cs:line 12\n"
        ),
        [Annotation("src/A.cs", 12, E, "Assert.Equal() Failure: Values differ", 0, "", "dotnet")],
    ),
    "golangci-lint": (
        "pkg/p.go:3:5: Error return value is not checked (errcheck)\n",
        [Annotation("pkg/p.go", 3, E, "Error return value is not checked", 5, "errcheck", "go")],
    ),
    "rustc": (
        (
            'error[E0308]: mismatched types\n --> src/main.rs:2:18\n  |\n2 |     let x: i32 = "a";\n  |\n\n'
            "warning: unused variable: `y`\n  --> src/lib.rs:3:9\n   |\n\nerror: could not compile `web`\n"
        ),
        [
            Annotation("src/main.rs", 2, E, "mismatched types", 18, "E0308", "rustc"),
            Annotation("src/lib.rs", 3, W, "unused variable: `y`", 9, "", "rustc"),
        ],
    ),
    "cargo test": (
        "thread 'tests::it' (123) panicked at src/lib.rs:10:9:\nassertion `left == right` failed\n  left: 1\n",
        [Annotation("src/lib.rs", 10, E, "assertion `left == right` failed", 9, "", "rust")],
    ),
    "yamllint": (
        "conf/a.yml:3:1: [error] wrong indentation: expected 2 but found 4 (indentation)\n",
        [Annotation("conf/a.yml", 3, E, "wrong indentation: expected 2 but found 4", 1, "indentation", "yamllint")],
    ),
    "actionlint": (
        '.github/workflows/ci.yml:5:9: property "oops" is not defined [expression]\n',
        [Annotation(".github/workflows/ci.yml", 5, E, 'property "oops" is not defined', 9, "expression", "actionlint")],
    ),
    "terraform": (
        '╷\n│ Error: Unsupported argument\n│ \n│   on main.tf line 4, in resource "x" "y":\n│    4:   oops = 1\n',
        [Annotation("main.tf", 4, E, "Unsupported argument", 0, "", "terraform")],
    ),
    "commands": (
        (
            "::warning file=app/a.py,line=3,col=5,title=Too slow::It took 5%25 more%0Athan before\n"
            "::error file=run.sh::No line is the first\n::error::No file\n::debug::Nothing\n"
        ),
        [
            Annotation("run.sh", 1, E, "No line is the first", 0, "", ""),
            Annotation("app/a.py", 3, W, "It took 5% more\nthan before", 5, "", "Too slow"),
        ],
    ),
    "no remarks": (
        "2026-11-28 12:30:15 INFO web.py:12 started\nhttp://127.0.0.1:8080: error: nothing\nok  \texample.com/web\t0.1s\n",
        [],
    ),
    "files of others": (
        (
            "/etc/passwd.c:1:1: error: no\n../../secret.c:1:1: error: no\nsrc/nowhere.c:1:1: error: no\n"
            "/work/job/source-2/src/a.c:1:1: error: no\n\x00.c:1:1: error: no\n"
        ),
        [],
    ),
}
