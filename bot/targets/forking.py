"""A process that has the agents' program ready, and becomes an agent at each word: what comes with the word is the agent's connection.

Python's own library only, as the agents themselves. It ends with whoever started it, and so do the agents, whose connections end.
"""

import gc
import os
import signal
import socket

from bot.targets.agent.main import main as be_agent


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for an agent
    gc.freeze()
    while True:
        word, files, _, _ = socket.recv_fds(control, 1, 1)
        if not word:
            return
        ended, ends = os.pipe()  # closed by the agent's end, since nobody else has the other side of it
        pid = os.fork()
        if pid == 0:
            control.close()
            os.close(ended)
            _begin(files[0])
        os.close(files[0])
        os.close(ends)
        socket.send_fds(control, [b"%d" % pid], [ended])
        os.close(ended)


def _begin(connection: int) -> None:
    """Never returns."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(connection, 0)
        os.dup2(connection, 1)
        os.close(connection)
        be_agent()
        status = 0
    finally:
        os._exit(status)
