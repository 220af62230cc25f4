"""What takes a look at all files of a commit: pipelines that start each other, and secrets that open."""

import pytest

from bot.definition import Definitions, read_definitions
from bot.model.plugin import Plugins

STAGES = "stages: [{name: a, actions: [{name: b, run: c}]}]\n"


def read(starters: dict[str, str], *, whole: bool = True) -> Definitions:
    """Pipelines by name, each with those that start it."""
    files = {
        f".pipelines/{name}.yml": (f"triggers: {{pipelines: {named}}}\n" if named else "").encode() + STAGES.encode()
        for name, named in starters.items()
    }
    return read_definitions(files, "shop", whole=whole)


@pytest.mark.parametrize(
    "starters",
    [
        {"a": "", "b": "a", "c": "[a, b]", "d": "c"},
        {"a": "", "b": "a", "c": "a", "d": "[b, c]"},
    ],
    ids=["chain", "diamond"],
)
def test_what_comes_to_an_end_is_right(starters: dict[str, str]) -> None:
    definitions = read(starters)
    assert definitions.problems == ()
    assert len(definitions.pipelines) == len(starters)


@pytest.mark.parametrize(
    ("starters", "told"),
    [
        ({"a": "a"}, {"a": "would start itself"}),
        ({"a": "[b]", "b": "a"}, {"a": "a → b → a", "b": "b → a → b"}),
        ({"a": "c", "b": "a", "c": "b", "d": "a"}, {"a": "a → c → b → a", "b": "b → a", "c": "c → b"}),
    ],
    ids=["itself", "two", "three, and one that only follows"],
)
def test_a_circle_is_told_at_each_of_its_triggers(starters: dict[str, str], told: dict[str, str]) -> None:
    problems = read(starters).problems
    assert {problem.file[11:12]: problem.path for problem in problems} == {
        name: "triggers.pipelines[0]" if starters[name].startswith("[") else "triggers.pipelines" for name in told
    }
    for problem in problems:
        assert told[problem.file[11:12]] in problem.reason
        assert problem.line == 1
        assert problem.remedy


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a": ("", "a")}, {"a": "would start itself"}),
        ({"a": ("", "b"), "b": ("", "a")}, {"a": "b → a → b", "b": "a → b → a"}),
        ({"a": ("b", "b"), "b": ("", "")}, {"a": "b → a → b"}),
        ({"a": ("", "bb"), "b": ("", "")}, {"a": "There is no pipeline `bb`"}),
    ],
    ids=["itself", "two", "by both ways", "one that is not there"],
)
def test_inv_2_invocations_are_links_of_the_chain(files: dict[str, tuple[str, str]], told: dict[str, str]) -> None:
    """INV-2: what a pipeline invokes is there, and does not lead back to it."""
    texts = {
        f".pipelines/{name}.yml": (
            f"triggers: {{pipelines: {starter or '[other]'}}}\n"
            f"stages: [{{name: s, actions: [{{name: i, {f'invoke: {{pipeline: {invoked}}}' if invoked else 'run: x'}}}]}}]\n"
        ).replace("triggers: {pipelines: [other]}\n", "")
        for name, (starter, invoked) in files.items()
    }
    problems = read_definitions({path: text.encode() for path, text in texts.items()}, "shop", whole=True).problems
    assert {problem.file[11:12] for problem in problems} == set(told)
    for problem in problems:
        name = problem.file[11:12]
        assert told[name] in problem.reason or problem.path == "triggers.pipelines", problem


def test_a_name_that_is_not_there_is_told_only_where_all_files_are_known() -> None:
    (problem,) = read({"build": "", "deploy": "biuld"}).problems
    assert (problem.reason, problem.remedy) == (
        "There is no pipeline `biuld` in this commit.",
        "Did you mean `build`?",
    )
    assert read({"build": "", "deploy": "biuld"}, whole=False).problems == ()


def test_a_pipeline_whose_file_is_broken_is_there_all_the_same() -> None:
    files = {
        ".pipelines/build.yml": STAGES.encode() + b"mood: good\n",
        ".pipelines/deploy.yml": b"triggers: {pipelines: build}\n" + STAGES.encode(),
    }
    (problem,) = read_definitions(files, "shop", whole=True).problems
    assert problem.path == "mood"


def test_a_secret_that_does_not_open_is_told_where_it_stands() -> None:
    text = "secrets:\n  GOOD: {sealed: yes-it-is}\n  BAD: {sealed: no}\n  WRONG: 7\n" + STAGES
    asked = []

    def unsealed(name: str, sealed: str) -> str:
        asked.append((name, sealed))
        return "" if name == "GOOD" else "it is damaged"

    problems = read_definitions({".pipeline.yml": text.encode()}, "shop", unsealed=unsealed).problems
    assert asked == [("GOOD", "yes-it-is"), ("BAD", "no")]
    bad, wrong = problems
    assert (bad.path, bad.line, bad.reason) == ("secrets.BAD.sealed", 3, "The secret does not open: it is damaged.")
    assert "penstock seal BAD" in bad.remedy
    assert wrong.path == "secrets.WRONG"


@pytest.mark.parametrize(
    ("name", "remedy"), [("widht", "Did you mean `width`?"), ("x", "There are `height`, `width`. Install it where")]
)
def test_a_callable_that_is_not_installed_is_told_where_it_is_known_what_is(name: str, remedy: str) -> None:
    text = f"stages: [{{name: build, actions: [{{name: measure, invoke: {{callable: {name}}}}}]}}]\n"
    plugins = Plugins(callables=frozenset({"width", "height"}))
    [problem] = read_definitions({".pipeline.yml": text.encode()}, "shop", plugins=plugins).problems
    assert problem.path == "stages[0].actions[0].invoke.callable"
    assert problem.reason == f"No callable `{name}` is installed with the bot."
    assert problem.remedy.startswith(remedy)
    assert not read_definitions({".pipeline.yml": text.encode()}, "shop").problems
