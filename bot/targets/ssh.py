"""Hosts over SSH. Whoever answers must be known (known_hosts) before anything is said; no password, no agent, no forwarding."""

import asyncio
import contextlib
import shlex
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from bot.ports import TargetLost
from bot.targets.bootstrap import LOADER, program
from bot.targets.session import LONGEST_LINE

CONNECT_TIMEOUT = 20.0
KEEPALIVE = 15.0
"""Seconds without a word after which a host is asked whether it is there; three times, and it counts as lost."""


@dataclass(frozen=True, slots=True)
class Address:
    """`python` is the interpreter there."""

    host: str
    port: int
    user: str
    key_file: Path | None
    known_hosts: Path
    python: str = "python3"


class NotKnown(TargetLost):
    """Whoever answers there is nobody that `known_hosts` has, or there is no such file."""


class SshChannel:
    def __init__(self, connection: asyncssh.SSHClientConnection, process: "asyncssh.SSHClientProcess[bytes]") -> None:
        self._connection = connection
        self._process = process
        self._read = b""

    async def write(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (OSError, asyncssh.Error):
            raise TargetLost(await self._why()) from None

    async def line(self) -> bytes:
        """Of any length up to the longest: the library's own reader ends lines at its window."""
        parts = [self._read]
        size = 0
        try:
            while b"\n" not in parts[-1]:
                data = await self._process.stdout.read(1 << 16)
                size += len(data)
                if not data or size > LONGEST_LINE:
                    raise TargetLost(await self._why())
                parts.append(data)
        except (OSError, asyncssh.Error):
            raise TargetLost(await self._why()) from None
        line, _, self._read = b"".join(parts).partition(b"\n")
        return line + b"\n"

    async def _why(self) -> str:
        """What the other side said last, if it had anything to say."""
        said = b""
        with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
            said = await asyncio.wait_for(self._process.stderr.read(2000), 2.0)
        words = said.decode(errors="replace").strip().replace("\n", " ")
        return f"the connection was lost{f': {words}' if words else ''}"

    async def close(self) -> None:
        with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
            self._process.stdin.write_eof()
            await asyncio.wait_for(self._process.wait_closed(), 15.0)
        self._connection.close()
        with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
            await asyncio.wait_for(self._connection.wait_closed(), 5.0)


async def connect(address: Address) -> SshChannel:
    """Raises TargetLost, and where the host is not known NotKnown."""
    try:
        connection = await asyncssh.connect(
            address.host,
            address.port,
            username=address.user,
            client_keys=[str(address.key_file)] if address.key_file else (),
            known_hosts=str(address.known_hosts),
            agent_path=None,
            config=None,
            password_auth=False,
            kbdint_auth=False,
            gss_auth=False,
            connect_timeout=CONNECT_TIMEOUT,
            login_timeout=CONNECT_TIMEOUT,
            keepalive_interval=KEEPALIVE,
        )
    except asyncssh.HostKeyNotVerifiable:
        known = f"its key is not in {address.known_hosts}"
        raise NotKnown(f"{address.host} is not known: {known}. Put it there once you are sure of it.") from None
    except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
        raise TargetLost(f"{address.host} can't be reached: {_words(error)}") from None
    try:
        command = f"exec {shlex.quote(address.python)} -I -c {shlex.quote(LOADER)}"
        process = await connection.create_process(command, encoding=None)
    except (asyncssh.Error, OSError) as error:
        connection.close()
        raise TargetLost(f"{address.host} does not run the agent: {_words(error)}") from None
    channel = SshChannel(connection, process)
    await channel.write(program())
    return channel


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error) or "no answer"
