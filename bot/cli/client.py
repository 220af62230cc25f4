"""Asking a running bot over HTTP, for `penstock status` and `penstock logs`."""

import http.client
import json
import shutil
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import click

from bot.messages.text import one_line
from bot.security.keys import OPERATOR_TOKEN
from bot.settings import LOOPBACK, Settings

TIMEOUT = 30.0

_BROKEN = (OSError, http.client.HTTPException)


class BotUnreachable(click.ClickException):
    """The bot could not be asked; the text says where it was looked for and what to do."""

    exit_code = 2


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the page token to wherever it points."""

    def redirect_request(self, *_: object) -> None:
        return None


class Client:
    """Reads from the bot that the settings describe, with the page token where there is one."""

    def __init__(self, settings: Settings, url: str | None) -> None:
        self._url = (url or settings.url).rstrip("/")
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.UsageError(
                f"--url takes an http or https URL, such as https://penstock.example.org, not {url!r}"
            )
        self._token = settings.page_token.get_secret_value() if settings.page_token else ""
        # What is in the data folder is for the bot that has it, on this machine, and for nobody else.
        self._folder = settings.data_dir if parts.hostname in LOOPBACK else None
        # A proxy of the environment does not know what this machine's loopback is.
        proxies = [urllib.request.ProxyHandler({})] if parts.hostname in LOOPBACK else []
        self._opener = urllib.request.build_opener(_NoRedirect, *proxies)

    def json(self, path: str, **query: str) -> Any:
        """A JSON answer; None when there is no such thing."""
        words = urlencode({name: value for name, value in query.items() if value})
        try:
            with self._open(f"{path}?{words}" if words else path, TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 404 and error.headers.get_content_type() == "application/json":  # noqa: PLR2004  the standard's number
                return None
            raise self._refused(error) from None
        except ValueError:
            raise BotUnreachable(f"What answers at {self._url} is not Penstock.") from None

    def order(self, path: str, words: str) -> Any:
        """The answer to an order; with `error` in it, why the bot refused."""
        return self.post(path, {"words": words}, "The bot knows no such execution. `penstock status` lists them.")

    def post(self, path: str, body: Mapping[str, str], missing: str = "") -> Any:
        """What the bot answers to whoever operates it; with `error` in it, why it refused. `missing`: what to say of a 404."""
        token = self._token or self._kept_token()
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            with self._open(path, TIMEOUT, json.dumps(dict(body)).encode(), headers) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            ours = error.headers.get_content_type() == "application/json"
            if ours and error.code == 404 and missing:  # noqa: PLR2004  the standard's number
                raise click.UsageError(missing) from None
            if ours and error.code in (400, 404, 409):
                with error:
                    return json.load(error)
            if error.code == 401:  # noqa: PLR2004  as above
                said = "set PENSTOCK_PAGE_TOKEN to the bot's page token, or PENSTOCK_DATA_DIR to its data folder."
                raise BotUnreachable(f"The bot at {self._url} answered 401: {said}") from None
            raise self._refused(error) from None
        except ValueError:
            raise BotUnreachable(f"What answers at {self._url} is not Penstock.") from None

    def _kept_token(self) -> str:
        try:
            return (self._folder / OPERATOR_TOKEN).read_text().strip() if self._folder else ""
        except OSError:
            return ""

    def lines(self, path: str, missing: str) -> Iterator[bytes]:
        """An answer's lines as they come, however long it is silent between them. `missing`: what to say of a 404."""
        try:
            with self._open(path, None) as response:
                yield from response
        except urllib.error.HTTPError as error:
            if error.code == 404:  # noqa: PLR2004  the standard's number
                raise click.UsageError(missing) from None
            raise self._refused(error) from None
        except _BROKEN:
            raise BotUnreachable(f"The bot at {self._url} went away.") from None

    def save(self, path: str, file: Path) -> None:
        """An answer's bytes into a file, which appears only when it is whole; `-` is standard output."""
        part = file.with_name(f"{file.name}.part")
        try:
            with self._open(path, TIMEOUT) as response:
                if str(file) == "-":
                    shutil.copyfileobj(response, sys.stdout.buffer)
                    return
                with part.open("wb") as out:
                    shutil.copyfileobj(response, out)
            part.replace(file)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except _BROKEN as error:
            part.unlink(missing_ok=True)
            raise BotUnreachable(f"{file} could not be saved: {error}") from None

    def _open(
        self, path: str, timeout: float | None, data: bytes | None = None, more: Mapping[str, str] | None = None
    ) -> Any:
        headers = {"Accept": "application/json, text/plain"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        headers |= more or {}
        request = urllib.request.Request(f"{self._url}{path}", data, headers)  # noqa: S310  checked to be http
        try:
            return self._opener.open(request, timeout=timeout)
        except urllib.error.HTTPError:
            raise
        except _BROKEN as error:
            reason = getattr(error, "reason", error)
            raise BotUnreachable(
                f"No bot answers at {self._url} ({reason}). Start one with `penstock serve`, or name another with --url."
            ) from None

    def _refused(self, error: urllib.error.HTTPError) -> BotUnreachable:
        with error:
            return BotUnreachable(f"The bot at {self._url} answered {error.code}: {_reason(error)}")


def _reason(error: urllib.error.HTTPError) -> str:
    if error.code == 401:  # noqa: PLR2004  the standard's number
        return "set PENSTOCK_PAGE_TOKEN to the bot's page token."
    if error.code == 404:  # noqa: PLR2004  as above
        return "there is no Penstock at this address."
    said = error.read(1000).decode(errors="replace") if error.headers.get_content_type() == "text/plain" else ""
    return one_line(said) or f"{error.reason}."
