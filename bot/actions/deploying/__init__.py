"""The `deploy` action, which has a form for each thing that is deployed to; a form is a folder here, and a class of the shape of `DeployForm`.

To add one, give it

- its noun in `bot.model`: a frozen class whose `kind` is `deploy`, which stands for what the pipeline file says; and its grammar in `bot.definition`,
- a folder here, with the class in its `action`, that does what `DeployForm` says below; nothing in it knows the other forms,
- its line in `bot.composition.deployments`, where the class meets its noun.

All else is here, and the same for each: `action` chooses the form and tells how its errors end the action; `attempts` opens the log and knows the pages that
are to hear of progress; `revision` brings what is deployed. Who deploys in steps that people see, and goes back to what was there before, finds more:
`identity` names a deployment and its group, `told` keeps and tells how far it is, `turns` lets one of a group run at a time and tells it to stop,
`beginning`, `going_back` and `outcome` have what is the same in its first, its last and its only words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model.error import ErrorCode
from bot.ports import ActionContext, ActionOutcome

Line = Callable[[str], None]
"""Takes a line for an action's log, without its end."""

_TOLD = 5
"""Lines of a problem in an action's summary; the log has them all."""


class RevisionInvalid(Exception):
    """What is to be deployed is no such thing. `lines` has every reason, the text the first few."""

    def __init__(self, lines: Sequence[str], rest: str = "the log has all") -> None:
        more = len(lines) - _TOLD
        super().__init__(" ".join(lines[:_TOLD]) + (f" And {more} more: {rest}." if more > 0 else ""))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How one kind of error ends the action: by which code, and behind which word of CodeDeploy's (FLR-4), if any."""

    code: ErrorCode
    word: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a form is given: one attempt at one action, and who hears of it.

    `began` is in seconds since 1970: when it was performed first where it has waited since, otherwise now. `changed` is called after progress that
    pages show has been kept.
    """

    context: ActionContext
    began: float
    line: Line
    changed: Callable[[], None]


class DeployForm(Protocol):
    """One form. It may be killed at any moment, and `deploy` is then called again in the next life of the bot, for the same attempt.

    What it must keep for that: what has been done is found again, by names that follow from the attempt's job (`identity`, a commit's trailer, a key),
    or by what is in the store before it is done. Performing twice does no harm; what can't be known is said to have failed. Memory holds nothing that
    counts but who waits for whom.

    How long: `context.action.timeout`, or what it was made with. One that waits for people or for time takes no place: it ends with
    `ActionOutcome.again` (`turns.later`), and `deploy` is called again then.
    """

    @property
    def refusals(self) -> Mapping[type[Exception], Refusal]:
        """Its own errors whose texts are for a user, who can mend them; the action has failed with them. Any other error is ours, and tried again.

        RevisionInvalid, and what a reference, a commit, a host's refusal or an artifact may come to, are known to all forms.
        """

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        """To its end, whichever. Cancelled, it leaves nothing behind that goes on by itself."""

    async def stop(self, job: str) -> None:
        """Somebody wants no more of it (STO-1); `deploy` may be at work, may wait, or have been left by an earlier life. Returns when it has been
        stopped, and rolled back where that is asked for. `deploy` is cancelled afterwards: a form that has nothing to clear up does nothing here.
        """
