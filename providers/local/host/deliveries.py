"""Webhooks on their way out: written with the change they tell of, sent in order per repository, kept until answered 2xx."""

import asyncio
import random
import uuid
from dataclasses import dataclass

import aiohttp
import structlog
from pydantic import BaseModel
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from providers.local.host.database import Database
from providers.local.host.repositories import Repo
from providers.local.host.schema import deliveries
from providers.local.webhooks import DELIVERY, EVENT, SIGNATURE, signature

log = structlog.get_logger(__name__)

FIRST_RETRY = 0.5
LONGEST_RETRY = 60.0
LOOK_EVERY = 1.0
"""Seconds between two looks for what another process, the command line, has put here to be sent."""

TIMEOUT = aiohttp.ClientTimeout(total=30)
HTTP_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Outgoing:
    id: int
    uuid: str
    event: str
    body: bytes
    attempts: int


def enqueue(connection: Connection, repo: Repo, event: str, body: BaseModel) -> None:
    """Part of the transaction of the change itself: neither is there without the other."""
    row = {
        "uuid": str(uuid.uuid4()),
        "repository_id": repo.id,
        "event": event,
        "body": body.model_dump_json().encode(),
        "attempts": 0,
    }
    connection.execute(insert(deliveries).values(row))


def _repositories_with_some(connection: Connection) -> set[int]:
    return set(connection.execute(select(deliveries.c.repository_id).distinct()).scalars())


def _first(connection: Connection, repository: int) -> Outgoing | None:
    columns = deliveries.c
    query = (
        select(columns.id, columns.uuid, columns.event, columns.body, columns.attempts)
        .where(columns.repository_id == repository)
        .order_by(columns.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Outgoing(*row)


class Sender:
    """One line a repository: a delivery that is not taken is tried again before the next one is."""

    def __init__(self, database: Database, secret: str) -> None:
        self._database = database
        self._secret = secret
        self._url = ""
        self._client: aiohttp.ClientSession | None = None
        self._lines: dict[int, asyncio.Task[None]] = {}
        self._more: set[int] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._watch: asyncio.Task[None] | None = None

    async def start(self, url: str) -> None:
        """Send what a former life left, and from now on what `wake` tells of."""
        self._url = url
        self._client = aiohttp.ClientSession(timeout=TIMEOUT)
        await self._wake_all()
        self._watch = asyncio.create_task(self._watch_others())

    def wake(self, repository: int) -> None:
        """There is something new to send; before `start` it just waits."""
        if self._client is None:
            return
        self._more.add(repository)
        if repository not in self._lines:
            self._idle.clear()
            task = asyncio.create_task(self._send_line(repository))
            self._lines[repository] = task
            task.add_done_callback(lambda ended: self._ended(repository, ended))

    async def settled(self) -> None:
        """Wait until nothing is left to send."""
        await self._idle.wait()

    async def close(self) -> None:
        tasks = [*self._lines.values(), *([self._watch] if self._watch else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _wake_all(self) -> None:
        for repository in await self._database.run(_repositories_with_some):
            self.wake(repository)

    async def _watch_others(self) -> None:
        seen = None
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                if (version := await self._database.version()) != seen:
                    await self._wake_all()
                    seen = version
            except SQLAlchemyError:
                log.exception("no look at what others have written")  # a disk that fails now is asked again

    def _ended(self, repository: int, line: asyncio.Task[None]) -> None:
        del self._lines[repository]
        if not line.cancelled() and (error := line.exception()) is not None:
            log.error("webhooks stopped until the next one", repository=repository, exc_info=error)
        elif not line.cancelled() and repository in self._more:
            self.wake(repository)
        if not self._lines:
            self._idle.set()

    async def _send_line(self, repository: int) -> None:
        while repository in self._more:
            self._more.discard(repository)
            while (outgoing := await self._database.run(_first, repository)) is not None:
                await self._send(outgoing)

    async def _send(self, outgoing: Outgoing) -> None:
        problem = await self._post(outgoing)
        if problem is None:
            await self._database.run(_remove, outgoing.id)
            return
        pause = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(outgoing.attempts, 10)) * random.uniform(0.8, 1.2)  # noqa: S311
        log.warning("webhook not taken", delivery=outgoing.uuid, problem=problem, again_in=round(pause, 1))
        await self._database.run(_count_attempt, outgoing.id)
        await asyncio.sleep(pause)

    async def _post(self, outgoing: Outgoing) -> str | None:
        """None when it was taken, otherwise what went wrong."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Penstock-Host",
            EVENT: outgoing.event,
            DELIVERY: outgoing.uuid,
            SIGNATURE: signature(self._secret, outgoing.body),
        }
        assert self._client is not None  # noqa: S101  set before the first line starts
        try:
            async with self._client.post(
                self._url, data=outgoing.body, headers=headers, allow_redirects=False
            ) as response:
                return None if response.status in HTTP_OK else f"answered {response.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__


def _remove(connection: Connection, number: int) -> None:
    connection.execute(delete(deliveries).where(deliveries.c.id == number))


def _count_attempt(connection: Connection, number: int) -> None:
    row = update(deliveries).where(deliveries.c.id == number)
    connection.execute(row.values(attempts=deliveries.c.attempts + 1))
