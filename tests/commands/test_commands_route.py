"""Which executions a command addresses, and how an answer's place is told from its reason."""

import pytest

from bot.commands.addressed import Addressed, Live
from bot.commands.command import (
    Approve,
    Continue,
    Order,
    Override,
    Place,
    Reject,
    Rerun,
    Retry,
    Rollback,
    Stop,
)
from bot.commands.near import nearest
from bot.commands.places import resolve_stage
from bot.commands.route import route
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import ExecutionStatus
from bot.model.pipeline import RetryMode
from tests.world.builders import Built, built, entering

KNOWN = [
    Place("web", "build", "unit"),
    Place("web", "production", "go-live"),
    Place("web", "production", "roll-out"),
    Place("api", "production", "go-live"),
]

PLACES = [
    ("", Place(), ""),
    ("looks good", Place(), "looks good"),
    ("production", Place(stage="production"), ""),
    ("production looks good", Place(stage="production"), "looks good"),
    ("Production ok", Place(stage="production"), "ok"),
    ("production/go-live ship it", Place(stage="production", action="go-live"), "ship it"),
    ("api:production", Place("api", "production"), ""),
    ("api:production/go-live yes", Place("api", "production", "go-live"), "yes"),
    ("api: yes", Place("api"), "yes"),
    ("note: tested by hand", Place(), "note: tested by hand"),
    ("and/or whatever", Place(), "and/or whatever"),
    ("https://example.org is up", Place(), "https://example.org is up"),
    ("x" * 600, Place(), "x" * 512),
    ("production " + "x" * 600, Place(stage="production"), "x" * 512),
]


@pytest.mark.parametrize(("words", "place", "reason"), PLACES, ids=[words[:25] for words, _, _ in PLACES])
def test_a_place_is_told_from_a_reason_by_the_pipelines_at_hand(words: str, place: Place, reason: str) -> None:
    assert resolve_stage(Approve(words), KNOWN) == Approve(reason, place)
    assert resolve_stage(Reject(words), KNOWN) == Reject(reason, place)


@pytest.mark.parametrize(
    "word", ["prodution", "productoin", "production/golive", "api:build", "web:prod", "aip:production"]
)
def test_a_mistyped_place_is_no_reason(word: str) -> None:
    """It would approve whatever else waits."""
    refusal = Refusal(RefusalReason.UNKNOWN_STAGE, {"stage": word, "known": "build, production"})
    assert resolve_stage(Approve(f"{word} looks good"), KNOWN) == refusal


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("stop", "stop"),
        ("sotp", "stop"),
        ("stp", "stop"),
        ("stopp", "stop"),
        ("step", "stop"),
        ("top", "stop"),
        ("pots", ""),
        ("st", ""),
        ("unstop", ""),
        ("", ""),
    ],
)
def test_one_letter_off_is_mistyped_two_are_another_word(word: str, found: str) -> None:
    assert nearest(word, ["stop"]) == found


def live(*all_built: Built) -> list[Live]:
    return [Live(one.pipeline, one.execution) for one in all_built]


def reached(routed: tuple[Addressed, ...] | Refusal) -> list[str] | Refusal:
    """`web-12 production/go-live` for each address."""
    if isinstance(routed, Refusal):
        return routed
    found = []
    for one in routed:
        place = getattr(one.command, "place", Place())
        where = f"{place.stage}/{place.action}" if place.action else place.stage
        found.append(f"{one.execution.id if one.execution else one.pipeline} {where}".strip())
    return found


def refused(why: RefusalReason, **details: str) -> Refusal:
    return Refusal(why, details)


WAITS = built("build: unit=ok; production: go-live=waiting, legal=ok")
WAITS_TWICE = built("build: unit=ok; production: go-live=waiting, legal=waiting")
API_WAITS = built("build: unit=ok; production: go-live=waiting", name="api")
RUNS = built("build: unit=running; production: go-live")
FAILED = built("build: unit=failed; production: go-live")
API_FAILED = built("build: unit=failed; production: go-live", name="api")
REJECTED = built("build: unit=ok; production: go-live=rejected")
STOPPING = RUNS.changed(status=ExecutionStatus.STOPPING)
READY = built("build: unit=ok; production: roll-out=ready")
READY_TWICE = built("build: unit=ok; production: east=ready, west=kept")
STOPPED = built("build: unit=abandoned; production: go-live")
QUEUED = entering("build: unit=ok; production: go-live", "production", number=13)
HALF_FAILED = built("build: unit=failed, lint=running; production: go-live")
OLDER_FAILED = built("build: unit=ok; production: go-live=rejected", number=11)

R = RefusalReason
TABLE: list[tuple[str, Order, list[Live], list[str] | Refusal]] = [
    ("the one approval that waits", Approve("ship it"), live(WAITS), ["web-12 production/go-live"]),
    ("a named stage", Approve("production ok"), live(WAITS), ["web-12 production/go-live"]),
    ("a rejection", Reject("production no"), live(WAITS), ["web-12 production/go-live"]),
    (
        "two approvals in one stage",
        Approve("production"),
        live(WAITS_TWICE),
        refused(R.SEVERAL_WAIT, choices="production/go-live, production/legal"),
    ),
    ("one of two, named", Approve("production/legal"), live(WAITS_TWICE), ["web-12 production/legal"]),
    (
        "two pipelines",
        Approve("production"),
        live(WAITS, API_WAITS),
        refused(R.SEVERAL_WAIT, choices="web:production/go-live, api:production/go-live"),
    ),
    ("one of two pipelines, named", Approve("api:production"), live(WAITS, API_WAITS), ["api-12 production/go-live"]),
    (
        "another stage than the one that waits",
        Approve("build"),
        live(WAITS),
        refused(R.NOTHING_WAITS_THERE, stage="build", waiting="production/go-live"),
    ),
    ("nothing waits", Approve(""), live(RUNS), refused(R.NOTHING_WAITS)),
    ("nothing runs at all", Approve("production"), [], refused(R.NOTHING_WAITS)),
    ("an execution before the stage does not ask", Approve(""), live(QUEUED), refused(R.NOTHING_WAITS)),
    ("the core knows what was answered already", Approve("production"), live(REJECTED), ["web-12 production"]),
    (
        "a mistyped stage",
        Approve("prodction"),
        live(WAITS),
        refused(R.UNKNOWN_STAGE, stage="prodction", known="build, production"),
    ),
    ("retry what failed", Retry(), live(FAILED), ["web-12 build"]),
    ("retry what was stopped", Retry(), live(STOPPED), ["web-12 build"]),
    ("retry beside what runs (RET-2)", Retry(), live(HALF_FAILED), ["web-12 build"]),
    ("retry the newest", Retry(), live(OLDER_FAILED, FAILED), ["web-12 build"]),
    ("retry a named stage", Retry(Place(stage="Production")), live(OLDER_FAILED, FAILED), ["web-11 production"]),
    (
        "retry in two pipelines",
        Retry(),
        live(FAILED, API_FAILED),
        refused(R.SEVERAL_PIPELINES, choices="web:build, api:build"),
    ),
    ("retry in one of two pipelines", Retry(Place("api", "build")), live(FAILED, API_FAILED), ["api-12 build"]),
    ("nothing failed", Retry(), live(RUNS), refused(R.NOTHING_TO_RETRY)),
    ("nothing failed there", Retry(Place(stage="production")), live(FAILED), refused(R.NOTHING_TO_RETRY)),
    ("nothing is there", Retry(Place(stage="build")), [], refused(R.NOTHING_TO_RETRY)),
    (
        "retry an unknown stage",
        Retry(Place(stage="deploy")),
        live(FAILED),
        refused(R.UNKNOWN_STAGE, stage="deploy", known="build, production"),
    ),
    (
        "one stopped before a stage has nothing to retry (INB-1)",
        Retry(),
        live(QUEUED.changed(status=ExecutionStatus.STOPPED)),
        refused(R.NOTHING_TO_RETRY),
    ),
    ("stop all that runs, those in line first", Stop(), live(WAITS, QUEUED), ["web-13", "web-12"]),
    ("stop leaves what has ended", Stop(), live(FAILED, API_WAITS), ["api-12"]),
    ("stop one pipeline", Stop(reason="api: it burns"), live(WAITS, API_WAITS), ["api-12"]),
    ("a reason with a colon", Stop(reason="note: it burns"), live(WAITS, API_WAITS), ["web-12", "api-12"]),
    ("stop again", Stop(), live(STOPPING), refused(R.ALREADY_STOPPING, number="12")),
    ("stop what does not stop yet", Stop(), live(STOPPING, API_WAITS), ["api-12"]),
    ("abandon what stops", Stop(abandon=True), live(STOPPING), ["web-12"]),
    ("stop nothing", Stop(), live(FAILED), refused(R.NOTHING_RUNS)),
    ("roll back", Rollback(Place(stage="production"), "9"), live(OLDER_FAILED, FAILED), ["web-12 production"]),
    (
        "roll back a stage that two pipelines have",
        Rollback(Place(stage="Production")),
        live(RUNS, API_FAILED),
        refused(R.SEVERAL_PIPELINES, choices="web:production, api:production"),
    ),
    ("roll back in one of two", Rollback(Place("api", "production")), live(RUNS, API_FAILED), ["api-12 production"]),
    ("roll back where nothing ran", Rollback(Place(stage="x")), [], refused(R.ROLLBACK_NOWHERE, stage="x")),
    (
        "roll back an unknown stage",
        Rollback(Place(stage="x")),
        live(RUNS),
        refused(R.UNKNOWN_STAGE, stage="x", known="build, production"),
    ),
    ("let go on what waits", Continue(), live(RUNS, READY), ["web-12 production/roll-out"]),
    ("let go on the stage", Continue(Place(stage="Production")), live(READY), ["web-12 production/roll-out"]),
    (
        "let go on one of two",
        Continue(Place(stage="production")),
        live(READY_TWICE),
        refused(R.SEVERAL_TO_CONTINUE, choices="production/east, production/west"),
    ),
    (
        "let go on the one of two that is named",
        Continue(Place("", "production", "west")),
        live(READY_TWICE),
        ["web-12 production/west"],
    ),
    (
        "let go on another stage than the one that waits",
        Continue(Place(stage="build")),
        live(READY),
        refused(R.NOTHING_TO_CONTINUE_THERE, stage="build", waiting="production/roll-out"),
    ),
    (
        "let go on an unknown stage",
        Continue(Place(stage="x")),
        live(READY),
        refused(R.UNKNOWN_STAGE, stage="x", known="build, production"),
    ),
    ("let go on what runs", Continue(), live(RUNS, WAITS), refused(R.NOTHING_TO_CONTINUE)),
    ("let go on nothing", Continue(Place(stage="x")), [], refused(R.NOTHING_TO_CONTINUE)),
    ("override nothing", Override(Place(stage="build")), live(RUNS), refused(R.NOTHING_TO_OVERRIDE, stage="build")),
]


@pytest.mark.parametrize(("command", "candidates", "expected"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE])
def test_a_command_reaches(command: Order, candidates: list[Live], expected: list[str] | Refusal) -> None:
    assert reached(route(command, candidates)) == expected


def test_what_is_addressed_has_its_words_apart_from_its_place() -> None:
    routed = route(Approve("production ship it"), live(WAITS))
    assert not isinstance(routed, Refusal)
    assert routed[0].command == Approve("ship it", Place("web", "production", "go-live"))
    stopped = route(Stop(reason="web: it burns"), live(WAITS))
    assert not isinstance(stopped, Refusal)
    assert stopped[0].command == Stop(reason="it burns")
    retried = route(Retry(mode=RetryMode.ALL_ACTIONS), live(FAILED))
    assert not isinstance(retried, Refusal)
    assert retried[0].command == Retry(Place("web", "build"), RetryMode.ALL_ACTIONS)


@pytest.mark.parametrize(
    ("named", "known", "expected"),
    [
        ("", ["web"], ["web"]),
        ("api", ["web", "api"], ["api"]),
        ("", ["web", "api"], refused(R.SEVERAL_PIPELINES, choices="web, api")),
        ("wbe", ["web", "api"], refused(R.UNKNOWN_PIPELINE, pipeline="wbe", known="web, api")),
        ("", [], refused(R.NO_PIPELINE, reason="there is no pipeline file")),
    ],
)
def test_a_rerun_goes_to_a_pipeline(named: str, known: list[str], expected: list[str] | Refusal) -> None:
    routed = route(Rerun(named, {"A": "1"}), [], known, "there is no pipeline file")
    assert reached(routed) == expected
    if not isinstance(routed, Refusal):
        assert routed[0].command == Rerun(routed[0].pipeline, {"A": "1"})
