"""Reading large deliveries in a process of its own: what holds the interpreter holds the event loop, in a thread as well.

A JSON parser does not let go of the interpreter before it is done. A process costs a fifth of a second, and nobody waits.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence

from bot.model.delivery import Delivery
from bot.model.host_event import HostEvent
from bot.ports import Reading

_READER = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from bot.runtime.apart import read_one; read_one()"


class NotRead(Exception):
    """The process ended without an answer, for want of memory perhaps. The text says how."""


def read_apart(reading: Reading, delivery: Delivery) -> Sequence[HostEvent]:
    """What `reading` makes of the delivery. Blocks: call it in a thread. Raises NotRead.

    The process reads to the end of its input and answers once, so none is left behind by a bot that is killed.
    """
    program = [sys.executable, "-c", _READER, json.dumps(sys.path)]
    asked = pickle.dumps((reading, delivery))
    try:
        done = subprocess.run(program, input=asked, capture_output=True, check=True)
        events: Sequence[HostEvent] = pickle.loads(done.stdout)  # noqa: S301  our own process wrote it
    except (OSError, subprocess.CalledProcessError, pickle.UnpicklingError, EOFError) as error:
        raise NotRead(str(error)) from error
    return events


def read_one() -> None:
    """The other side: one delivery from standard input, its events to standard output."""
    reading, delivery = pickle.load(sys.stdin.buffer)  # noqa: S301  our own process wrote it
    sys.stdout.buffer.write(pickle.dumps(reading(delivery)))
