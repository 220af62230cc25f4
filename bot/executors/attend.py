"""One running job, attended from first to last by a thread of its own: what it prints goes to its log, its end is awaited.

A thread, because writing a log may block for as long as the disk likes, and neither pages nor webhooks shall wait for it. All
waiting is for the kernel: a job that is silent costs nothing.
"""

import contextlib
import errno
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.executors.limits import Limits
from bot.executors.spawn import Keeper, Order, output_pipe
from bot.ports import Clock, Job, JobEnd, JobResult

PIPE = 1 << 20
"""Bytes of a job's output that are read at once, if so many wait."""

INTERRUPTED = "Interrupted: Penstock stopped while this was running."
"""The last line of such a job's log."""

_OVER = {
    "pids": "Ended: it wanted more than {0.processes} processes and threads at once, the most that PENSTOCK_ACTION_PROCESSES allows.",
    "memory": "Ended: it wanted more than {0.memory} bytes of memory, the most that PENSTOCK_ACTION_MEMORY allows.",
}
"""The last line of the log of a job that wanted too much of something, and why it failed."""

_FIRST_READ = 1 << 16
_LONGEST_WAIT = 86400.0  # seconds; poll takes no more than 24 days
_NOT_STARTED = {
    "script": "its script could not be written",
    "pipe": "its output could not be opened",
    "keeper": "the process that starts jobs could not be reached",
    "limits": "its limits could not be set",
    "workdir": "its working folder could not be entered",
    "program": "sh could not be run",
}


class LogWriter(Protocol):
    """The open log of one job. Neither call raises for what a disk does."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def close(self, note: str = "") -> None: ...

    @property
    def failure(self) -> str: ...


class LogOpener(Protocol):
    """Where logs are written; `bot.logs` has it."""

    def open(self, key: str, limit: int, secrets: Sequence[str]) -> LogWriter: ...


class Attendance:
    """Starts one job, carries its output, and learns how it ended. `kill` may come from any thread, at any time."""

    def __init__(self, job: Job, keeper: Keeper, clock: Clock) -> None:
        self._job = job
        self._keeper = keeper
        self._clock = clock
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._buffer = memoryview(bytearray(_FIRST_READ))
        self._ending: JobEnd | None = None
        self._ended_well = False
        self._unwritten = ""
        self.lost = False
        """The supervisor died before it could say how the job ended: what it left has to be searched for."""

    def kill(self, end: JobEnd) -> None:
        """Have the job killed; the first to say so says how it is told."""
        if self._ending is None:
            self._ending = end
        with self._lock:
            self._hang_up()

    def run(self, order: Order, open_log: Callable[[], LogWriter]) -> JobResult:
        """Blocks until nothing of the job is left."""
        began = self._clock.now()
        try:
            reading, writing = output_pipe(PIPE)
        except OSError as error:
            return self._not_started(began, "pipe", error.errno)
        try:
            try:
                line = self._take_line()
            except OSError as error:
                os.close(writing)
                return self._not_started(began, "keeper", error.errno)
            try:
                self._send(order, line, writing)
                told = self._attend(reading, line, open_log())
            finally:
                self._leave_line(line)
        finally:
            os.close(reading)
        return self._result(began, told)

    def _take_line(self) -> socket.socket:
        line = self._keeper.line()
        with self._lock:
            self._line = line
            self._hang_up()
        return line

    def _hang_up(self) -> None:
        """Half of it, once the job is to be killed: its end will still be told."""
        if self._ending is not None and self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_WR)

    def _leave_line(self, line: socket.socket) -> None:
        """From here on nobody kills over it: it is another job's, or nobody's."""
        with self._lock:
            self._line = None
            reusable = self._ended_well and self._ending is None
        if reusable:
            self._keeper.give_back(line)
        else:
            line.close()

    @staticmethod
    def _send(order: Order, line: socket.socket, writing: int) -> None:
        try:
            with contextlib.suppress(OSError):  # killed already, or the supervisor died: there will be no answer
                order.send(line, writing)
        finally:
            os.close(writing)

    def _attend(self, reading: int, line: socket.socket, log: LogWriter) -> str:
        """Carry output until the supervisor has told the end, or can't any more (then "")."""
        told = ""
        try:
            told = self._carry_until_told(reading, line, log)
            self._drain(reading, log)
        finally:
            log.close(INTERRUPTED if self._ending is JobEnd.INTERRUPTED else _over(self._keeper.limits, told))
            self._unwritten = log.failure
        return told

    def _carry_until_told(self, reading: int, line: socket.socket, log: LogWriter) -> str:
        poller = select.poll()
        poller.register(reading, select.POLLIN)
        poller.register(line, select.POLLIN)
        deadline = time.monotonic() + self._job.timeout
        while True:
            left = deadline - time.monotonic()
            if left <= 0 and self._ending is None:
                self.kill(JobEnd.TIMED_OUT)
            wait = None if self._ending else min(left, _LONGEST_WAIT) * 1000 + 1
            ready = [descriptor for descriptor, _ in poller.poll(wait)]
            if reading in ready and self._carry(reading, log) == 0:
                poller.unregister(reading)
            if line.fileno() in ready:
                return self._hear(line)

    def _carry(self, reading: int, log: LogWriter) -> int | None:
        """One read into the log: how many bytes, 0 at the end of file, None when nothing waits."""
        try:
            count = os.readv(reading, [self._buffer])
        except BlockingIOError:
            return None
        if count:
            log.write(self._buffer[:count])
        if count == _FIRST_READ == len(self._buffer):
            self._buffer = memoryview(bytearray(PIPE))  # it prints much; most jobs never need this
        return count

    def _drain(self, reading: int, log: LogWriter) -> None:
        """All its processes are dead, so what they wrote is in the pipe, and that is at most PIPE.

        The end of file is not waited for: a stranger that was given the other end may hold it open for ever.
        """
        drained = 0
        while drained < PIPE and (count := self._carry(reading, log)):
            drained += count

    def _hear(self, line: socket.socket) -> str:
        """The supervisor's line, "" when it has died."""
        try:
            told = line.recv(1024).decode()
        except OSError:
            told = ""
        self.lost = not told
        self._ended_well = told.endswith(" 0")
        return told

    def _result(self, began: float, told: str) -> JobResult:
        match told.split():
            case ["failed", number, step]:
                return self._not_started(began, step, int(number))
            case ["ended", status, peak, _, _] if self._ending is None:
                over = _over(self._keeper.limits, told)
                return JobResult(JobEnd.OVER_LIMIT, int(status), began, self._clock.now(), int(peak) * 1024, over)
            case ["ended", status, peak, left, *_]:
                unwritten = f"its log could not be written: {self._unwritten}" if self._unwritten else ""
                reason = unwritten if left == "0" else f"{left} of its processes could not be killed"
                end = self._ending or JobEnd.EXITED
                return JobResult(end, int(status), began, self._clock.now(), int(peak) * 1024, reason)
            case _:
                end = self._ending or JobEnd.INTERRUPTED
                return JobResult(end, None, began, self._clock.now(), reason="the process that watched over it died")

    def _not_started(self, began: float, step: str, number: int | None) -> JobResult:
        why = f": {os.strerror(number)}" if number else ""
        if number == errno.E2BIG:
            why += f" ({_longest(self._job.env)})"
        reason = f"{_NOT_STARTED[step]}{why}"
        return JobResult(JobEnd.NOT_STARTED, None, began, self._clock.now(), reason=reason)


def _longest(env: Mapping[str, str]) -> str:
    """What is to be shortened where a program is given more than the kernel hands over, see execve(2)."""
    sizes = {name: len(f"{name}={value}".encode(errors="replace")) for name, value in env.items()}
    name = max(sizes, key=lambda each: sizes[each], default="")
    return f"its variables have {sum(sizes.values())} bytes, {sizes.get(name, 0)} of them {name}; Linux takes 131071 for one"


def _over(limits: Limits, told: str) -> str:
    """What to say of a job that wanted more than it may have; "" of any other."""
    match told.split():
        case ["ended", _, _, _, limit]:
            return _OVER[limit].format(limits)
        case _:
            return ""
