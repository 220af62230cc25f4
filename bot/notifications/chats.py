"""Notifications to people: mail, Slack, Teams, Discord and whatever else Apprise knows, by its addresses.

https://github.com/caronc/apprise/wiki lists them. Apprise blocks and says no more than whether it has worked.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import apprise

from bot.ports import HostUnavailable, Notice, Tone

_TYPES = {
    Tone.INFO: apprise.NotifyType.INFO,
    Tone.SUCCESS: apprise.NotifyType.SUCCESS,
    Tone.WARNING: apprise.NotifyType.WARNING,
    Tone.FAILURE: apprise.NotifyType.FAILURE,
}


_THREADS = ThreadPoolExecutor(8, "notifications")
"""Its own: a plug-in sleeps between two messages for as long as its service wants it, mail for more than five seconds, and those that all else
shares are few.
"""


class UnknownAddress(ValueError):
    """Apprise makes nothing of the address. The text does not hold it: it has secrets in it."""


class Chat:
    """One address. Messages to it go one after another: what a library's plug-in keeps is not made for several threads, and whoever has to wait
    keeps no thread from others.
    """

    def __init__(self, url: str) -> None:
        """Raises UnknownAddress."""
        asset = apprise.AppriseAsset(app_id="Penstock", app_desc="Penstock", secure_logging=True, async_mode=False)
        self._apprise = apprise.Apprise(asset=asset)
        self._turn = asyncio.Lock()
        if not self._apprise.add(url):
            raise UnknownAddress("Apprise knows no such address: https://github.com/caronc/apprise/wiki lists them")

    async def send(self, notice: Notice) -> None:
        """Raises HostUnavailable."""
        async with self._turn:
            told = await asyncio.get_running_loop().run_in_executor(_THREADS, self._send, notice)
        if not told:
            raise HostUnavailable("it did not take the message")

    def _send(self, notice: Notice) -> bool:
        told = self._apprise.notify(
            body=notice.text,
            title=notice.title,
            notify_type=_TYPES[notice.tone],
            body_format=apprise.NotifyFormat.TEXT,
            interpret_escapes=False,
        )
        return bool(told)
