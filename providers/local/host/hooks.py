"""The conversation between the host and Git's two hooks during a push: asked before refs move, told after they have.

The hooks are one shell script that only carries bytes over two pipes inherited from the host; what to answer is decided in
`pushes.py`. When the host dies, the script reads the end of the pipe instead of "go", and Git refuses the push.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from providers.local.host.errors import Invalid
from providers.local.host.git import RefUpdate

REPORT_LIMIT = 4 << 20
MOST_OPTIONS = 20

# GIT_PUSH_OPTION_COUNT is Git's own number; `eval` sees only names made from it, never a value.
SCRIPT = """\
#!/bin/sh
# Carries what a push does to the host, and the host's answer back. Written anew whenever the host starts.
set -eu
count=${GIT_PUSH_OPTION_COUNT:-0}
[ "$count" -le MOST ] || { echo "At most MOST push options, please."; exit 1; }
{
	cat
	printf '\\0%s\\0' "$count"
	i=0
	while [ "$i" -lt "$count" ]; do
		eval "printf '%s\\0' \\"\\$GIT_PUSH_OPTION_$i\\""
		i=$((i + 1))
	done
} >"/dev/fd/$PENSTOCK_REPORT"
if [ "${0##*/}" = pre-receive ]; then
	IFS= read -r answer <"/dev/fd/$PENSTOCK_ANSWER"
	[ "$answer" = go ] && exit 0
	printf '%s\\n' "$answer" >&2
	exit 1
fi
cat "/dev/fd/$PENSTOCK_ANSWER"
""".replace("MOST", str(MOST_OPTIONS))


def install(folder: Path) -> None:
    """Write the hooks. The folder is the host's own; nothing that is pushed ever lands there.

    Each is replaced whole: a push may be running the one that is there, and its owner may not write to it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("pre-receive", "post-receive"):
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.write_text(SCRIPT, encoding="ascii")
        fresh.chmod(0o500)
        fresh.replace(folder / name)


@dataclass(frozen=True, slots=True)
class Report:
    """What one hook said: the refs that are to move or have moved, and the push options as given."""

    updates: tuple[RefUpdate, ...]
    options: tuple[str, ...]


class HookChannel:
    """Both pipes of one push. Hand `descriptors` and `environment` to the process, call `spawned`, then talk."""

    def __init__(self) -> None:
        self._report, self._hook_report = os.pipe()
        self._hook_answer, self._answer = os.pipe()
        self._reader = asyncio.StreamReader(limit=REPORT_LIMIT)
        self._transport: asyncio.ReadTransport | None = None

    @property
    def descriptors(self) -> tuple[int, int]:
        return self._hook_report, self._hook_answer

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PENSTOCK_REPORT": str(self._hook_report), "PENSTOCK_ANSWER": str(self._hook_answer)}

    async def spawned(self) -> None:
        """The process has its ends of the pipes: let go of ours, so that its end is seen."""
        self._close_hook_ends()
        loop = asyncio.get_running_loop()
        pipe = os.fdopen(self._report, "rb", buffering=0)
        self._report = -1
        self._transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self._reader), pipe)

    async def hear(self) -> Report | None:
        """What the next hook says; None when there is none: the push ended. Raises Invalid."""
        try:
            refs = (await self._reader.readuntil(b"\0"))[:-1]
            count = int((await self._reader.readuntil(b"\0"))[:-1])
            options = [(await self._reader.readuntil(b"\0"))[:-1] for _ in range(count)]
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            raise Invalid("This push moves too many refs at once. Push fewer at a time.") from None
        try:
            updates = tuple(_update(line.decode()) for line in refs.split(b"\n") if line)
            return Report(updates, tuple(option.decode() for option in options))
        except UnicodeDecodeError:
            raise Invalid("Names of branches and tags, and push options, must be UTF-8.") from None

    def answer(self, text: str) -> None:
        """Answer the hook that spoke last; short enough to fit the pipe without waiting."""
        if text and self._answer >= 0:
            with suppress(BrokenPipeError):
                os.write(self._answer, text.encode()[:4000] + b"\n")

    def finish(self) -> None:
        """Nothing more will be answered: the hook sees the end."""
        if self._answer >= 0:
            os.close(self._answer)
            self._answer = -1

    def close(self) -> None:
        self.finish()
        self._close_hook_ends()
        if self._report >= 0:
            os.close(self._report)
            self._report = -1
        if self._transport is not None:
            self._transport.close()

    def _close_hook_ends(self) -> None:
        for descriptor in (self._hook_report, self._hook_answer):
            if descriptor >= 0:
                os.close(descriptor)
        self._hook_report = self._hook_answer = -1


def _update(line: str) -> RefUpdate:
    before, after, ref = line.split(" ", 2)
    return RefUpdate(ref, before=_known(before), after=_known(after))


def _known(commit: str) -> str | None:
    return None if set(commit) == {"0"} else commit
