"""From a comment's text to commands: what counts, what does not, and what is answered with a hint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.command import (
    Approve,
    Command,
    Continue,
    Help,
    Hold,
    Misread,
    OkToTest,
    Override,
    Place,
    Reject,
    Release,
    Rerun,
    Retry,
    Rollback,
    Status,
    Stop,
    Why,
)
from bot.commands.lines import LONGEST
from bot.commands.parse import MOST, parse
from bot.commands.table import BY_NAME, TABLE
from bot.core.refusal import Refusal, RefusalReason
from bot.model.pipeline import RetryMode

READS: list[tuple[str, Command]] = [
    ("/approve", Approve()),
    ("/approve production", Approve("production")),
    ("/approve production/go-live looks good", Approve("production/go-live looks good")),
    ("/reject   too   risky", Reject("too risky")),
    ("/retry", Retry()),
    ("/retry build", Retry(Place(stage="build"))),
    ("/retry all", Retry(mode=RetryMode.ALL_ACTIONS)),
    ("/retry web:build FAILED", Retry(Place("web", "build"))),
    ("/retry build all", Retry(Place(stage="build"), RetryMode.ALL_ACTIONS)),
    ("/rerun", Rerun()),
    ("/rerun web", Rerun("web")),
    ("/rerun VERSION=1.2 NOTE='two words' EMPTY=", Rerun("", {"VERSION": "1.2", "NOTE": "two words", "EMPTY": ""})),
    ("/rerun @main", Rerun(revision="main")),
    ("/rerun web @release/1.2 A=1", Rerun("web", {"A": "1"}, "release/1.2")),
    ("/rerun A=1 @4f2c1e9", Rerun("", {"A": "1"}, "4f2c1e9")),
    ("/rerun @A=1", Rerun("", {"@A": "1"})),
    ("/rerun web A=b=c", Rerun("web", {"A": "b=c"})),
    ("/stop", Stop()),
    ("/stop it burns", Stop(reason="it burns")),
    ("/stop abandon", Stop(abandon=True)),
    ("/stop Abandon now", Stop(abandon=True, reason="now")),
    ("/stop " + "x" * 300, Stop(reason="x" * 200)),
    ("/rollback production", Rollback(Place(stage="production"))),
    ("/rollback web:production #12", Rollback(Place("web", "production"), "12")),
    ("/hold production until Monday", Hold(Place(stage="production"), "until Monday")),
    ("/release production", Release(Place(stage="production"))),
    ("/continue", Continue()),
    ("/continue web:production/go", Continue(Place("web", "production", "go"))),
    ("/override production I know", Override(Place(stage="production"), "I know")),
    ("/ok-to-test", OkToTest()),
    ("/ok-to-test 4F2C1E9", OkToTest("4f2c1e9")),
    ("/status", Status()),
    ("/why did nothing start?", Why()),
    ("/help", Help()),
    ("/penstock", Help()),
    ("/penstock approve production", Approve("production")),
    ("/Penstock Approve", Approve()),
    ("/Approve Production", Approve("Production")),
]


@pytest.mark.parametrize(("line", "command"), READS, ids=[line[:40] for line, _ in READS])
def test_a_line_is_read_as_the_table_says(line: str, command: Command) -> None:
    assert parse(line) == (command,)


def test_every_command_of_the_table_is_read_here() -> None:
    assert {command.name for _, command in READS} == set(BY_NAME)


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
def test_a_command_reads_into_its_own_class(entry: object) -> None:
    assert isinstance(entry, type(TABLE[0]))
    places = {"rollback", "hold", "release", "override"}
    [command] = parse(f"/{entry.name}" + (" prod" if entry.name in places else ""))
    assert not isinstance(command, Misread)
    assert command.name == entry.name


WORDS_DO_NOT_FIT = [
    "/retry build all please",
    "/retry build/unit",
    "/rerun web VERSION",
    "/rerun 'open",
    "/rerun A=1 A=2",
    "/rerun a:b",
    "/rerun A=" + "x" * 1001,
    "/rerun " + " ".join(f"V{n}=1" for n in range(51)),
    "/rollback",
    "/rollback prod 1 2",
    "/hold",
    "/release prod now",
    "/continue prod please",
    "/override",
    "/ok-to-test main",
]


@pytest.mark.parametrize("line", WORDS_DO_NOT_FIT, ids=lambda line: line[:30])
def test_words_that_do_not_fit_are_answered_with_the_usage(line: str) -> None:
    name = line.split(maxsplit=1)[0][1:]
    details = {"command": name, "usage": BY_NAME[name].typed}
    assert parse(line) == (Misread(Refusal(RefusalReason.BAD_ARGUMENTS, details)),)


@pytest.mark.parametrize(
    "body",
    [
        "Looks good.\n/approve",
        "Looks good.\n\n/approve\n",
        "Checked:\n- tests\n- docs\n/approve",
        "- tests\n\n  /approve",
        "> was this tested?\n\nYes.\n\n/approve",
        "```\nlog\n```\n/approve",
        "/approve\n--\nAda Lovelace",
        "\ufeff/approve",
        "\u200b/app\u200brove",
        "\u00a0/approve",
        "   /approve",
        "text\r\r/approve",
        "first  \n/approve",
        "use List<String> here\n/approve",
        "<details>log</details>\n\n/approve",
        "<!-- a form's hint -->\n/approve",
        "<!-- one --> text\n\n<b>bold</b>\n/approve",
        "/usr/bin/env is missing\n/lgtm\n/approve",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n/approve",
    ],
)
def test_a_line_of_ones_own_counts(body: str) -> None:
    assert parse(body) == (Approve(),)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "please /approve",
        "- /approve",
        "1. /approve",
        "# /approve",
        "**/approve**",
        "> /approve",
        "> quoted\n/approve",
        "- > quoted\n  > /approve",
        "On Monday ada wrote:\n> /approve\n> \n> /stop",
        "```\n/approve\n```",
        "~~~\n/approve\n~~~",
        "```\n/approve",
        "- list\n  ```\n  /approve\n  ```",
        "1. a\n   - b\n     ~~~sh\n     /approve\n     ~~~",
        "    /approve",
        "\t/approve",
        "`/approve`",
        "`some\n/approve\ncode`",
        "<!-- \n/approve\n -->",
        "<!--\n\n/approve\n\n",
        "text <!-- \n/approve --> text",
        "<details>\n/approve\n</details>",
        "<details><summary>Mail</summary>\n\n/approve\n\n</details>",
        "<details>\n\n/approve",
        "<blockquote>\n\n/approve\n\n</blockquote>",
        "<BLOCKQUOTE/>\n\n/approve",
        "<pre>\n/approve\n</pre>",
        "text <code>\n/approve</code>",
        "<div>\n/approve\n</div>",
        "~~no\n/approve~~",
        "[text\n/approve](https://example.org)",
        '[text](https://example.org "title\n/approve")',
        '[ref]: https://example.org "title\n/approve"',
        "![alt\n/approve](x.png)",
        "a | b\n---|---\n/approve | x",
        "\\/approve",
        "&#47;approve",
        "text\n\\/approve",
        "text\n&#47;approve",
        "//approve",
        "/ approve",
        "\uff0fapprove",
        "\u202e/approve",
    ],
)
def test_what_is_not_said_in_ones_own_voice_does_not_count(body: str) -> None:
    assert parse(body) == ()


@pytest.mark.parametrize(
    "word", ["lgtm", "retest", "unapprove", "unhold", "test", "cc", "rebase", "usr/bin/env", "why?"]
)
def test_other_bots_commands_are_none_of_ours(word: str) -> None:
    assert parse(f"/{word} something") == ()


@pytest.mark.parametrize(
    ("line", "command", "closest"),
    [
        ("/aprove", "aprove", "approve"),
        ("/apporve it", "apporve", "approve"),
        ("/approved", "approved", "approve"),
        ("/approve,", "approve,", "approve"),
        ("/rejct", "rejct", "reject"),
        ("/sotp", "sotp", "stop"),
        ("/\u0455top", "\u0455top", "stop"),
        ("/\u017ftop", "\u017ftop", "stop"),
        ("/penstok approve", "penstok", "help"),
        ("/penstock", None, None),
        ("/penstock deploy", "deploy", "help"),
        ("/penstock stauts", "stauts", "status"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_closest(line: str, command: str | None, closest: str | None) -> None:
    expected = (
        Help() if command is None else Misread(Refusal(RefusalReason.UNKNOWN_COMMAND, _details(command, closest)))
    )
    assert parse(line) == (expected,)


def _details(command: str, closest: str | None) -> dict[str, str]:
    return {"command": command, "closest": closest or ""}


def test_several_commands_are_read_in_order_whatever_ends_their_lines() -> None:
    assert parse("/approve\r\n/reject no\r/stop\n/status") == (Approve(), Reject("no"), Stop(), Status())


def test_text_that_reorders_itself_is_refused() -> None:
    refusal = Refusal(RefusalReason.HIDDEN_CHARACTERS, {"command": "approve"})
    assert parse("/approve \u202egnigats\u202c") == (Misread(refusal),)
    assert parse("/lgtm \u202ex") == ()


def test_a_comment_of_too_many_commands_has_none() -> None:
    assert len(parse("/status\n" * MOST)) == MOST
    refusal = Refusal(RefusalReason.TOO_MANY_COMMANDS, {"limit": str(MOST)})
    assert parse("/status\n" * (MOST + 1)) == (Misread(refusal),)


def test_emphasis_and_code_in_a_reason_stay_as_they_were_written() -> None:
    assert parse("/reject the `x_y` is *wrong*, see <https://example.org> &amp; co") == (
        Reject("the `x_y` is *wrong*, see https://example.org & co"),
    )


HOSTILE = {
    "megabytes": "/approve\n" * (1 << 20),
    "quotes": ">" * 60_000 + "\n/approve",
    "brackets": "[" * 20_000 + "\n/approve",
    "lists": "- " * 30_000 + "\n/approve",
    "backticks": "".join("`" * n + " " for n in range(300)) + "\n/approve",
    "tags": "<a" * 20_000 + "\n/approve",
    "newlines": "\n" * 60_000 + "/approve",
    "spaces": " " * 60_000 + "/approve",
    "nulls": "\x00" * 60_000 + "\n/approve",
    "long word": "/" + "a" * 60_000,
    "long arguments": "/rerun " + "a=" * 30_000,
    "surrogates": "/approve \ud800\udfff",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_comments_do_no_harm(body: str) -> None:
    found = parse(body)
    assert len(found) <= 1
    assert len(body) <= LONGEST or not found


@given(st.text(alphabet=st.sampled_from("/approve `~>-<!>\n\t[]()*_\\|#&;=\u200b\u202e1.details\"'\r"), max_size=300))
def test_no_text_breaks_the_parser(body: str) -> None:
    assert len(parse(body)) <= MOST


@given(st.text(max_size=200))
def test_nothing_inside_a_fence_is_a_command(text: str) -> None:
    inside = text.replace("`", "'").replace("\r", "\n")
    assert parse(f"````\n/approve\n{inside}\n/approve\n````") == ()
