"""Which events are to be passed over, because what they tell has been found by looking, or because what was found has been told since.

A host may deliver late what it could not deliver: with many pushes, all of them, after the newest has run already. Only what is so now is run.
"""

from collections.abc import Mapping

from bot.messages import missed as words
from bot.model.delivery import Delivery
from bot.model.host_event import PullRequestChanged, Pushed
from bot.model.intake import Intake
from bot.model.repository import Ref
from bot.ports import HostedSources, Provider, Store
from bot.runtime.missed.differences import of_number, same_commit
from bot.runtime.missed.found import since, stamp


class Overtaken:
    """Judges every event before it is handled. Only after something was found, or asked for again, is the host asked how things are now."""

    def __init__(self, store: Store, sources: HostedSources, providers: Mapping[str, Provider]) -> None:
        self._store = store
        self._sources = sources
        self._providers = providers
        self._late: set[str] = set()

    def expect(self, key: str) -> None:
        """The delivery of that key comes late: its host was asked for it again."""
        self._late.add(key)

    async def reason(self, delivery: Delivery, event: Pushed | PullRequestChanged) -> str:
        """Why it is to be passed over; "" when it is not. Raises ProviderError when the host can't say."""
        ref = event.ref if isinstance(event, Pushed) else of_number(event.pull_request.number)
        heard = await self._store.intake(event.repository, ref)
        if event.found:
            return "" if stamp(heard) == since(delivery) else words.TOLD_MEANWHILE
        late = delivery.key in self._late
        self._late.discard(delivery.key)
        if not late and (heard is None or not heard.caught_up):
            return ""
        if isinstance(event, Pushed):
            return await self._push(event, heard, ref, late=late)
        return await self._pull_request(event, heard) if heard is not None else ""

    async def _push(self, event: Pushed, heard: Intake | None, ref: Ref, *, late: bool) -> str:
        known = None if heard is None or heard.is_last else heard.commit
        if event.after == known:
            return words.FOUND_BEFORE
        if not late and event.before is not None and event.before == known:
            return ""  # it goes on from what was found
        now = (await self._sources.refs(event.repository)).get(ref)
        return "" if now == event.after else words.MOVED_ON

    async def _pull_request(self, event: PullRequestChanged, heard: Intake) -> str:
        told = event.pull_request
        same = same_commit(heard.commit, told.head) and heard.target_branch in ("", told.target_branch)
        if same and heard.is_last is not told.open:
            return words.FOUND_BEFORE
        now = await self._providers[event.repository.provider].pull_request(event.repository, told.number)
        if now is None or (same_commit(now.head, told.head) and now.open is told.open):
            return ""
        return words.MOVED_ON
