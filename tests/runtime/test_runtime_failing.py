"""How often an action is tried for which something of the bot's own fails, and when no more. The story is in `test_stories_regions`."""

import pytest

from bot.core.effects import StartAction
from bot.messages.words import outage_words
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, ExecutionStatus
from bot.model.failing import Failing
from bot.ports import ActionContext, ActionOutcome, HostRefused, StorageUnavailable
from bot.runtime.failing import LONGEST_PAUSE, Failures
from tests.runtime.test_runtime_let_go import NOW, Keeps, Scene

ERROR = StorageUnavailable("packs/1: no route to 192.0.2.1")

_UNFORESEEN = "Penstock can't run it (PermissionError)"


def test_pauses_grow_to_a_minute_and_the_last_try_is_when_patience_ends() -> None:
    failures, now, failing, pauses = Failures(900.0), 5000.0, None, []
    while failing := failures.failed("job", "", failing, ERROR, now):
        pauses.append(failing.at - now)
        assert len(pauses) < 45, "patience begins no new count with each failure"
        now = failing.at
    assert now == 5900.0
    assert pauses[0] <= 1.0
    assert max(pauses) <= LONGEST_PAUSE
    assert len(pauses) > 15
    assert not failures.waiting


def test_a_restart_begins_no_new_count() -> None:
    before = Failing(since=5000.0, at=5880.0, tries=20)
    assert Failures(900.0).failed("job", "", before, ERROR, 5950.0) is None


def test_without_patience_the_first_failure_is_the_last() -> None:
    assert Failures(0.0).failed("job", "", None, ERROR, 5000.0) is None
    assert Failures(0.0).given_up("", ERROR).startswith("the bot's artifact store could not be used, however often")


@pytest.mark.parametrize(
    ("error", "told", "words"),
    [
        (
            ERROR,
            "the bot's artifact store in eu-west-1 can't be used",
            "waits for the bot's artifact store in eu-west-1, which can't be used",
        ),
        (PermissionError(13, "Permission denied", "/srv/penstock/work/x"), _UNFORESEEN, _UNFORESEEN),
    ],
)
async def test_what_everybody_may_read_names_no_place_of_the_machine(error: Exception, told: str, words: str) -> None:
    failures = Failures(900.0)
    assert await failures.check() == ""
    failing = failures.failed("one", "eu-west-1", None, error, 5000.0)
    assert failing is not None
    outage = failures.told("eu-west-1", error, failing, 5001.0)
    assert outage_words(outage) == f"{words}: it is tried again until Thu 1 Jan, 01:38 UTC"
    assert await failures.check() == f"1 action waits: {told}; `penstock doctor` and the log say why"
    failures.failed("two", "eu-west-1", None, error, 5000.0)
    assert (await failures.check()).startswith("2 actions wait: ")
    failures.over("one")
    failures.over("two")
    assert await failures.check() == ""


class _Refused(Keeps):
    """An action that lets its host's refusal through."""

    async def perform(self, _context: ActionContext) -> ActionOutcome:
        raise HostRefused("GitHub refuses acme/env: not found (404)")


async def test_an_action_that_its_host_refuses_fails_with_the_host_s_words_and_its_execution_goes_on() -> None:
    """The outbox settles what a host refuses: an action would be in progress for ever."""
    scene = Scene(_Refused)
    await scene.begin()
    found = await scene.engine.execution("e1")
    assert found is not None
    run = found[0].current.action("go")
    assert (run.status, run.error) == (ActionStatus.FAILED, ErrorCode.PERMISSION)
    assert run.summary == "GitHub refuses acme/env: not found (404)"
    assert found[0].status is ExecutionStatus.FAILED
    assert not [entry for entry in await scene.store.pending_effects(NOW) if isinstance(entry.effect, StartAction)]
