"""A load of signed deliveries, as light on the processor as can be: requests made beforehand, raw connections kept alive."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator, Sequence

from tests.bench.bot_process import SECRET


def signed(url: str, event: str, body: bytes) -> bytes:
    """One HTTP request with a delivery of its own."""
    host = url.removeprefix("http://")
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /webhooks/github HTTP/1.1\r\nHost: {host}\r\nUser-Agent: GitHub-Hookshot/044aadd\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nX-GitHub-Event: {event}\r\n"
        f"X-GitHub-Delivery: {uuid.uuid4()}\r\nX-GitHub-Hook-ID: 292430182\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\n\r\n"
    )
    return head.encode() + body


def an_issue(number: int) -> bytes:
    """A payload of a usual size (8 kB) and content whose event is not for us: what is measured is the intake, not what follows."""
    people = [_account(f"person-{number}-{each}") for each in range(3)]
    issue = {
        "url": f"https://api.github.com/repos/acme/web/issues/{number}",
        "number": number,
        "title": f"It leaks {hashlib.sha256(str(number).encode()).hexdigest()}",
        "user": people[0],
        "assignees": people[1:],
        "labels": [{"id": number * 100 + each, "name": f"label-{each}", "color": f"{each:06x}"} for each in range(8)],
        "body": " ".join(hashlib.sha256(f"{number}/{each}".encode()).hexdigest()[:9] for each in range(150)),
    }
    repository = {
        "id": 186853002,
        "full_name": "acme/web",
        "owner": _account("acme"),
        "html_url": "https://github.com/acme/web",
    }
    return json.dumps(
        {"action": "labeled", "issue": issue, "repository": repository, "sender": people[0]}, indent=1
    ).encode()


def _account(login: str) -> dict[str, object]:
    api = f"https://api.github.com/users/{login}"
    links = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events")
    return {
        "login": login,
        "id": abs(hash(login)) % 10**8,
        "url": api,
        "type": "User",
        **{f"{link}_url": f"{api}/{link}" for link in links},
    }


async def send(url: str, requests: Sequence[bytes], connections: int) -> float:
    """Send them all, so many at once; the seconds it took come back. Raises when one is not answered 202."""
    host, _, port = url.removeprefix("http://").partition(":")
    streams = [await asyncio.open_connection(host, int(port)) for _ in range(connections)]
    waiting = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*(_work(reader, writer, waiting) for reader, writer in streams))
    took = time.perf_counter() - began
    for _, writer in streams:
        writer.close()
    return took


async def _work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: Iterator[bytes]) -> None:
    for request in waiting:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(f"answered {head.splitlines()[0].decode()}")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if length:
            await reader.readexactly(length)
