"""Asks the process that evaluates CEL expressions (`bot.rules.cel`), and ends it when it takes too long. One question at a time."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress

LONGEST = 10.0
"""Seconds for one expression. An honest one takes a thousandth of one; the rest is patience with a busy machine."""

ANSWER_LIMIT = 1 << 16


class Unanswered(Exception):
    """The expression has no value; the text says why, in words for whoever wrote it."""


class Judge:
    """The process is started with the first question, and again after one that it did not survive."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def value(self, expression: str, names: Mapping[str, object]) -> bool:
        """What the expression comes to. Raises Unanswered."""
        question = json.dumps({"expression": expression, "names": names}).encode() + b"\n"
        async with self._turn:
            try:
                answer = json.loads(await self._ask(question))
            except BaseException:  # cancelled, too: what is half asked can't be asked again of the same process
                await self._end()
                raise
        if "value" not in answer:
            raise Unanswered(answer["error"])
        return bool(answer["value"])

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _ask(self, question: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  both are pipes
        try:
            async with asyncio.timeout(self._longest):
                process.stdin.write(question)
                await process.stdin.drain()
                answer = await process.stdout.readline()
        except TimeoutError:
            raise Unanswered(f"it was not evaluated within {self._longest:g} seconds: make it simpler") from None
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
        if not answer:
            raise Unanswered("it asks for more memory than an expression may use: make it simpler")
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                "bot.rules.cel",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=ANSWER_LIMIT,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
