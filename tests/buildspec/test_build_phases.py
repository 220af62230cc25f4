"""How a build's shell works its phases off: one shell, what a failure leads to, what a command can do to it. Real shells, no bot."""

import os
from pathlib import Path

import pytest

from bot.actions.building.build import write_driver
from bot.actions.building.driver import Driver
from bot.actions.building.ended import Ended, artifacts_due, made_outputs, read_values
from bot.actions.outputs import LIMIT, OutputsInvalid
from bot.ports import Job
from tests.buildspec.shells import SHELLS, run, spec_of

EVERY_SHELL = pytest.mark.parametrize("shell", SHELLS)


@EVERY_SHELL
def test_phs_2_phs_8_one_shell_from_the_first_command_to_the_last(tmp_path: Path, shell: str) -> None:
    spec = spec_of(
        "{install: {commands: [pwd, mkdir sub, cd sub, export A=1, B=2, 'f() { echo f $1; }']},"
        " post_build: {commands: [pwd, 'echo $A $B', f x]}}",
        shell,
    )
    ran = run(spec, tmp_path)
    source = tmp_path / "source"
    assert (ran.status, ran.printed) == (0, [str(source), str(source / "sub"), "1 2", "f x"])


def test_phs_2_a_declaration_is_the_whole_builds(tmp_path: Path) -> None:
    spec = spec_of("{build: {commands: ['declare -A m=([a]=1)', 'local_to_none=2', 'echo ${m[a]}']}}", "bash")
    assert run(spec, tmp_path).printed == ["1"]


def test_phs_2_in_version_0_1_each_command_has_its_own(tmp_path: Path) -> None:
    spec = spec_of("{build: {commands: [cd /, export A=1, 'echo ${A-unset}', pwd]}}", version="0.1")
    assert run(spec, tmp_path).printed == ["unset", str(tmp_path / "source")]


def test_phs_1_phs_11_phases_are_told_though_they_are_empty(tmp_path: Path) -> None:
    ran = run(spec_of("{build: {commands: ['echo out; echo err >&2']}}"), tmp_path)
    assert ran.log == [
        "[Container] Phase is DOWNLOAD_SOURCE",
        "[Container] Entering phase INSTALL",
        "[Container] Phase complete: INSTALL State: SUCCEEDED",
        "[Container] Entering phase PRE_BUILD",
        "[Container] Phase complete: PRE_BUILD State: SUCCEEDED",
        "[Container] Entering phase BUILD",
        "[Container] Running command echo out; echo err >&2",
        "out",
        "err",
        "[Container] Phase complete: BUILD State: SUCCEEDED",
        "[Container] Entering phase POST_BUILD",
        "[Container] Phase complete: POST_BUILD State: SUCCEEDED",
    ]
    assert ran.ended.phases == dict.fromkeys(("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"), "SUCCEEDED")


@EVERY_SHELL
def test_phs_3_4_5_7_10_a_failure_skips_the_rest_but_not_what_stands_under_finally(tmp_path: Path, shell: str) -> None:
    spec = spec_of(
        "{build: {commands: ['echo a$CODEBUILD_BUILD_SUCCEEDING', (exit 7), echo never],"
        " finally: ['echo f$CODEBUILD_BUILD_SUCCEEDING']}, post_build: {commands: ['echo p$CODEBUILD_BUILD_SUCCEEDING']}}",
        shell,
    )
    ran = run(spec, tmp_path)
    assert (ran.status, ran.printed) == (1, ["a1", "f0", "p0"])
    message = "Error while executing command: (exit 7). Reason: exit status 7"
    assert f"[Container] Phase context status code: COMMAND_EXECUTION_ERROR Message: {message}" in ran.log
    assert ran.ended.message == f"BUILD: {message}"
    assert ran.ended.phases["BUILD"] == "FAILED"


def test_phs_4_5_b8_finally_alone_can_fail_a_phase_and_its_own_failure_skips_the_rest_of_it(tmp_path: Path) -> None:
    ran = run(spec_of("{build: {commands: [echo a], finally: [echo b, false, echo never]}}"), tmp_path)
    assert (ran.status, ran.printed, ran.ended.phases["BUILD"]) == (1, ["a", "b"], "FAILED")


FAILURES = [
    # Section 6: the phase that fails, its on-failure, the phases that run, whether artifacts are due.
    ("install", "", "install", False),
    ("install", "ABORT", "install", False),
    ("install", "CONTINUE", "install pre_build build post_build", True),
    ("pre_build", "", "install pre_build", False),
    ("pre_build", "ABORT", "install pre_build", False),
    ("pre_build", "CONTINUE", "install pre_build build post_build", True),
    ("build", "", "install pre_build build post_build", True),
    ("build", "ABORT", "install pre_build build", False),
    ("build", "CONTINUE", "install pre_build build post_build", True),
    ("post_build", "", "install pre_build build post_build", True),
    ("post_build", "CONTINUE", "install pre_build build post_build", True),
    ("post_build", "ABORT", "install pre_build build post_build", False),
]


@pytest.mark.parametrize(("failing", "on_failure", "told", "due"), FAILURES)
def test_aft_2_b1_b2_b3_what_runs_after_a_failure(
    tmp_path: Path, failing: str, on_failure: str, told: str, due: bool
) -> None:
    """ONF-5's last row as well: with retries used up, it is as if nothing were said."""
    phases = ", ".join(
        f"{name}: {{commands: [echo {name}{', false' if name == failing else ''}]"
        f"{f', on-failure: {on_failure}' if on_failure and name == failing else ''}}}"
        for name in ("install", "pre_build", "build", "post_build")
    )
    spec = spec_of(f"{{{phases}}}")
    ran = run(spec, tmp_path)
    assert ran.printed == told.split()
    assert (ran.status, artifacts_due(spec, ran.ended)) == (1, due)


@pytest.mark.parametrize(
    ("on_failure", "attempt", "again"),
    [
        ("RETRY", 0, True),
        ("RETRY", 2, True),
        ("RETRY", 3, False),
        ("RETRY-1", 0, True),
        ("RETRY-1", 1, False),
        ("RETRY-0", 0, False),
        ("RETRY-status 7", 0, True),
        ("RETRY-status 8", 0, False),
        (r"RETRY-2-status \d$", 0, True),
    ],
)
def test_onf_2_onf_5_when_a_build_is_done_again(tmp_path: Path, on_failure: str, attempt: int, again: bool) -> None:
    spec = spec_of(
        f"{{build: {{on-failure: '{on_failure}', commands: [(exit 7)], finally: [echo f]}}, post_build: {{commands: [echo p]}}}}"
    )
    ran = run(spec, tmp_path, attempt)
    assert (ran.ended.again, ran.printed) == (again, ["f"] if again else ["f", "p"])


@EVERY_SHELL
@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("exit 3", 3),
        ("exit", 0),
        ("set -e; false; true", 1),
        ("set -e; trap - EXIT; exit 4", 4),
        ("exec sh -c 'exit 5'", 5),
        ("kill -9 $$", 137),
        ("set -u; echo ${none}", None),
    ],
)
def test_phs_12_a_command_that_ends_the_shell_ends_its_phase(
    tmp_path: Path, shell: str, ending: str, status: int | None
) -> None:
    spec = spec_of(
        f'{{install: {{commands: [export A=1, mkdir sub, cd sub]}}, build: {{commands: ["{ending}", echo never], finally: [echo f]}},'
        " post_build: {commands: ['echo $A $(basename $PWD) $CODEBUILD_BUILD_SUCCEEDING']}}",
        shell,
    )
    ran = run(spec, tmp_path)
    failed = status != 0
    assert [line for line in ran.printed if "none" not in line and line != "Killed"] == [
        "f",
        f"1 sub {0 if failed else 1}",
    ]
    assert ran.ended.phases["BUILD"] == ("FAILED" if failed else "SUCCEEDED")
    if failed and status is not None:
        assert ran.ended.message.endswith(f"Reason: exit status {status}")


@EVERY_SHELL
@pytest.mark.parametrize(
    "command",
    ["set -e", "set -u", "set -x", "set -f", "IFS=abc0123", "set -- 1 2 3", "exec 2>/dev/null", "set -a", "unset PATH"],
)
def test_phs_12_what_a_command_sets_in_the_shell_does_not_disturb_the_build(
    tmp_path: Path, shell: str, command: str
) -> None:
    spec = spec_of(f"{{install: {{commands: ['{command}', echo one]}}, build: {{commands: [echo two]}}}}", shell)
    ran = run(spec, tmp_path)
    assert ran.status == 0, ran.log
    assert [line for line in ran.printed if not line.startswith("+")] == ["one", "two"]


@EVERY_SHELL
def test_user_text_is_never_part_of_our_script(tmp_path: Path, shell: str) -> None:
    """Quotes, line breaks and expansions in a command mean what they mean in a file of its own."""
    text = 'echo "it\'s $(echo fine)" \\\n  && echo `echo really`; # }; fi; exit 9\n'
    spec = spec_of("{build: {commands: [echo x]}}", shell)
    command = spec.phases[2]
    spec = type(spec)(spec.version, (*spec.phases[:2], type(command)("BUILD", (text,)), spec.phases[3]), spec.env)
    assert run(spec, tmp_path).printed[-2:] == ["it's fine", "really"]


@EVERY_SHELL
def test_env_7_aft_5_b4_variables_are_exported_as_they_are_at_the_end_of_a_success(tmp_path: Path, shell: str) -> None:
    env = "exported-variables: [A, B, EMPTY, NEVER]"
    spec = spec_of(
        "{install: {commands: [export A=1 EMPTY=]}, post_build: {commands: [export A=2, 'export B=\"x y\"']}}",
        shell,
        env=env,
    )
    assert run(spec, tmp_path / "a").ended.variables == {"A": "2", "B": "x y", "EMPTY": ""}
    failing = spec_of("{build: {commands: [export A=1, false]}}", shell, env=env)
    assert run(failing, tmp_path / "b").ended.variables == {}


@EVERY_SHELL
def test_arf_6_texts_are_evaluated_by_the_builds_own_shell_at_the_end(tmp_path: Path, shell: str) -> None:
    spec = spec_of("{build: {commands: [export V=1.2]}}", shell)
    ran = run(spec, tmp_path, texts=("app-$V", "$(echo $V)/`echo x`", "plain"))
    assert list(ran.ended.texts) == ["app-1.2", "1.2/x", "plain"]


def test_a_text_that_would_break_the_shell_stays_as_it_is(tmp_path: Path) -> None:
    texts = '"; exit 3; "', '$X/*.yml"', "$X/b"
    for number, shell in enumerate(SHELLS):
        spec = spec_of("{build: {commands: [set -eu, export X=a]}}", shell)
        ran = run(spec, tmp_path / str(number), texts=texts)
        assert (ran.status, list(ran.ended.texts)) == (0, [*texts[:2], "a/b"])


def test_env_8_a_shell_that_is_not_there_fails_the_build(tmp_path: Path) -> None:
    ran = run(spec_of("{build: {commands: [echo a]}}", "bash"), tmp_path, PATH=str(tmp_path))
    assert ran.status == 1
    assert "no command ended it" in ran.log[-1]


def test_env_8_python_is_one_interpreter(tmp_path: Path) -> None:
    spec = spec_of(
        "{install: {commands: ['import os', 'os.environ[\"A\"] = \"1\"', 'def f(x): print(\"f\", x)', 'raise SystemExit(0)', 'print(\"never\")']},"
        " build: {on-failure: CONTINUE, commands: ['print(os.environ[\"CODEBUILD_BUILD_SUCCEEDING\"])', f(2), 1/0, 'print(\"never\")'], finally: ['print(\"f\")']},"
        " post_build: {commands: ['os._exit(4)'], finally: ['import os; print(os.environ[\"A\"])']}}",
        "python",
    )
    ran = run(spec, tmp_path)
    shown = [line for line in ran.printed if not line.startswith((" ", "Trace", "Zero"))]
    assert (ran.status, shown) == (1, ["1", "f 2", "f", "1"])
    assert ran.ended.message == "BUILD: Error while executing command: 1/0. Reason: exit status 1"
    assert ran.ended.phases == {
        "INSTALL": "SUCCEEDED",
        "PRE_BUILD": "SUCCEEDED",
        "BUILD": "FAILED",
        "POST_BUILD": "FAILED",
    }


def test_what_a_build_leaves_is_read_with_care(tmp_path: Path) -> None:
    """A build may write what it likes into the folder: nothing of it stops the bot."""
    spec = spec_of(
        "{build: {commands: ['d=$(dirname $CODEBUILD_SRC_DIR)/build; rm $d/results; mkdir $d/results; head -c 3000000 /dev/zero > $d/message-BUILD']}}"
    )
    ran = run(spec, tmp_path)
    assert ran.status in (0, 1)
    assert not ran.ended.whole
    assert os.path.isdir(tmp_path / "build/results")  # noqa: PTH112  it did
    os.mkfifo(tmp_path / "build/values/1")
    assert read_values(tmp_path / "build", ["a text"]) == ["a text"], "nobody ever writes into that pipe"


def test_env_7_what_is_exported_has_a_limit_and_nothing_of_aws(tmp_path: Path) -> None:
    job = Job("job", "", tmp_path, {}, "job", 1.0)
    ended = Ended(variables={"A": "x" * (LIMIT - 1), "AWS_SESSION_TOKEN": "t"})
    assert made_outputs(job, ended) == {"A": "x" * (LIMIT - 1)}
    with pytest.raises(OutputsInvalid, match="OutputVariablesSizeExceeded"):
        made_outputs(job, Ended(variables={"A": "x" * LIMIT}))


def test_a_driver_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A life that ends over it leaves none, and the next one writes it anew: what is there is taken for a build that may have begun."""
    driver = Driver(spec_of("{build: {commands: [echo a, echo b]}}"), 0)
    with monkeypatch.context() as killed:
        killed.setattr("bot.actions.building.driver._ours", _killed)
        with pytest.raises(KeyboardInterrupt):
            write_driver(driver, tmp_path)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["build.new"]
    write_driver(driver, tmp_path)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["build"]
    assert (tmp_path / "build/steps.sh").exists()


def _killed(_: str) -> str:
    raise KeyboardInterrupt
