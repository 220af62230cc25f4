"""Drafts: pull requests that their authors have not made ready. They run like any other, unless the settings say that they are held."""

from bot.model.host_event import PullRequestChanged, PullRequestEdit, PullRequestEdited
from bot.model.intake import Intake
from bot.model.triggers import PullRequestKind
from bot.ports import Clock, Store
from bot.runtime.intake.case import ref_of, words_of

HELD = "it is a draft, and the settings hold drafts until they are made ready (PENSTOCK_DRAFTS)"


class Drafts:
    """What is held is remembered with the intake of the pull request, so that it runs once it is made ready, and only then."""

    def __init__(self, store: Store, clock: Clock, *, held: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._held = held

    def hold(self, event: PullRequestChanged) -> Intake | None:
        """What is to be remembered of a draft that is held; None: it may run. `/rerun` and `/ok-to-test` run it all the same."""
        if not self._held or not event.pull_request.draft or event.kind is PullRequestKind.CLOSED:
            return None
        return Intake(
            event.pull_request.head, words_of(event), self._clock.now(), problem=HELD, by=event.by, held_draft=True
        )

    async def made_ready(self, event: PullRequestChanged | PullRequestEdited) -> PullRequestChanged | None:
        """The opening that was held back, where the event makes it ready; hosts tell that by an edit, or as an update."""
        if isinstance(event, PullRequestChanged):
            told = event.kind is PullRequestKind.UPDATED
        else:
            told = event.edit is PullRequestEdit.READY
        if not told or event.pull_request.draft:
            return None
        opened = PullRequestChanged(
            event.repository, event.pull_request, PullRequestKind.OPENED, event.by, event.default_branch
        )
        before = await self._store.intake(event.repository, ref_of(opened))
        return opened if before is not None and before.held_draft else None
