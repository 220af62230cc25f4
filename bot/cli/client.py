"""Asking a running bot over HTTP, for `penstock status` and `penstock logs`."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import click

from bot.settings import Settings

TIMEOUT = 30.0


class BotUnreachable(click.ClickException):
    """The bot could not be asked; the text says where it was looked for and what to do."""

    exit_code = 2


class Client:
    """Reads from the bot that the settings describe, with the page token where there is one."""

    def __init__(self, settings: Settings, url: str | None) -> None:
        self._url = (url or settings.url).rstrip("/")
        self._token = settings.page_token.get_secret_value() if settings.page_token else ""

    def json(self, path: str, **query: str) -> Any:
        """A JSON answer; None when there is no such thing."""
        words = urlencode({name: value for name, value in query.items() if value})
        try:
            with self._open(f"{path}?{words}" if words else path) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 404:  # noqa: PLR2004  the standard's number
                return None
            raise BotUnreachable(f"The bot at {self._url} answered {error.code}: {_reason(error)}") from None

    def lines(self, path: str) -> Iterator[bytes]:
        """An answer's lines as they come."""
        try:
            with self._open(path) as response:
                yield from response
        except urllib.error.HTTPError as error:
            raise BotUnreachable(f"The bot at {self._url} answered {error.code}: {_reason(error)}") from None

    def _open(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        request = urllib.request.Request(f"{self._url}{path}", headers=headers)  # noqa: S310  the URL comes from the settings
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310  as above
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise BotUnreachable(
                f"No bot answers at {self._url} ({reason}). Start one with `penstock serve`, or name another with --url."
            ) from None


def _reason(error: urllib.error.HTTPError) -> str:
    if error.code in (401, 403):
        return "set PENSTOCK_PAGE_TOKEN to the bot's page token."
    return str(error.reason)
