"""Check runs, brought up to date on the host like the statuses that they stand beside. The words are `bot.messages`'."""

from collections.abc import Mapping, Sequence

import structlog

from bot.model.check import CheckRun
from bot.model.status import StatusState
from bot.ports import Checks, HostRefused, Reported, Store
from bot.runtime.reported import ABOUT_TO_BE, all_of, check_key, digest_of, status_key

log = structlog.get_logger(__name__)


class CheckReports:
    """Tells those that have changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._said: set[str] = set()

    async def tell(self, checks: Checks, told: Sequence[CheckRun], before: Mapping[str, Reported]) -> None:
        """`before` has what was told by its keys. Beside statuses they are an ornament, which a host may refuse."""
        try:
            await all_of(*(self._put(checks, check, before) for check in told))
        except HostRefused as refusal:
            if checks.instead:
                raise
            if str(refusal) not in self._said:
                log.warning("check run or report refused", error=str(refusal))
            self._said.add(str(refusal))

    async def _put(self, checks: Checks, check: CheckRun, before: Mapping[str, Reported]) -> None:
        key = check_key(status_key(check.status))
        known, now = before.get(key), _digest(check)
        if known is None and not checks.instead and not _adds(check):
            return
        if known is None or known.digest != now:
            if known is None:
                await self._store.set_reported({key: ABOUT_TO_BE})
            remote = await checks.put(check, known.remote_id if known else None)
            await self._store.set_reported({key: Reported(now, remote)})


def _adds(check: CheckRun) -> bool:
    """Whether it says more than the status beside it: buttons, or how it all ended. Until then it would be requests for nothing."""
    return check.status.state.final or check.status.state is StatusState.WAITING or bool(check.buttons)


def _digest(check: CheckRun) -> str:
    """While it runs its page is told anew with its status only: what happens in between is on the bot's own page."""
    status = check.status
    parts = [status.state, status.description, status.url, check.subject, *(one.button for one in check.buttons)]
    if status.state.final:
        parts += [check.summary, check.details, *(repr(one) for one in check.annotations)]
    return digest_of(*parts)
