"""Orders come in as lines of JSON, answers go out as such: `{"log": …}` while an order is at work, `{"end": …}` when it is done.

Nothing else may be on the way out, so what this prints by mistake goes to the other output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from bot.targets.agent import archive, balancer, install, scripts
from bot.targets.agent.failure import Failure
from bot.targets.agent.state import LAST, State

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OLD = ("ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic")
"""REV-1: these are the last successful revision's."""


class Agent:
    """One connection: `hello` names the group, and then event after event of one deployment."""

    def __init__(self) -> None:
        self._in = b""
        self._state: State
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)

    def serve(self) -> None:
        while (order := self._line()) is not None:
            began = time.time()
            try:
                answer = self._obey(order)
            except scripts.Gone:
                return
            except Failure as failure:
                answer = {
                    "end": "Failed",
                    "code": failure.code,
                    "script": failure.script,
                    "message": str(failure),
                    "tail": failure.tail,
                }
            except OSError as error:
                where = f"{error.filename}: " if error.filename else ""
                answer = {
                    "end": "Failed",
                    "code": "UnknownError",
                    "script": "",
                    "message": f"{where}{error.strerror or error}",
                    "tail": "",
                }
            self._say({**answer, "took": time.time() - began})

    def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["do"] == "hello":
            return self._hello(order)
        if order["do"] == "download":
            archive.receive(self._state, order, lambda numbers: self._say({"need": numbers}), self._read)
            install.prepare(
                self._state, order["deployment"], order["directory"]
            )  # A1: what would be refused is refused now
            return {"end": "Succeeded"}
        if order["do"] == "install":
            words = install.install(self._state, order["deployment"], order["directory"])
            self._state.prune()
            return {"end": "Succeeded", "message": words}
        if order["do"] == "read balancer":
            return {"end": "Succeeded", "text": balancer.read(order["file"])}
        if order["do"] == "write balancer":
            return {"end": "Succeeded", "message": balancer.write(order, self._env())}
        return self._event(order)

    def _hello(self, order: dict[str, Any]) -> dict[str, Any]:
        own = "/var/lib/penstock" if os.geteuid() == 0 else os.path.expanduser("~/.local/share/penstock")
        self._state = State(os.path.join(order["state"] or own, *order["place"]), order["wait"])
        return {"end": "Succeeded", "last": self._state.marked(LAST), "system": os.uname().sysname}

    def _event(self, order: dict[str, Any]) -> dict[str, Any]:
        event = order["event"]
        deployment = self._state.marked(LAST) if event in OLD else order["deployment"]
        hooks = self._state.spec(deployment)["hooks"].get(event, []) if deployment else []
        if not hooks:
            return {"end": "Skipped"}
        self._tell(f"LifecycleEvent - {event}")
        env = {**self._env(), **order["env"], "LIFECYCLE_EVENT": event}
        scripts.run(self._state.archive(deployment), self._state.folder, hooks, env, self._tell, self._connected)
        return {"end": "Succeeded", "code": "Success"}

    def _env(self) -> dict[str, str]:
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": os.path.expanduser("~")}

    def _tell(self, words: str) -> None:
        self._say({"log": words})

    def _say(self, words: dict[str, Any]) -> None:
        try:
            self._out.write(json.dumps(words).encode() + b"\n")
        except BrokenPipeError:
            raise scripts.Gone from None

    def _connected(self) -> bool:
        data = os.read(0, 1 << 16)
        self._in += data
        return bool(data)

    def _line(self) -> dict[str, Any] | None:
        parts = [self._in]
        while b"\n" not in parts[-1]:
            data = os.read(0, 1 << 16)
            if not data:
                return None
            parts.append(data)
        line, _, self._in = b"".join(parts).partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def _read(self, count: int) -> bytes:
        """As many bytes as that, or fewer; never none while the other side is there."""
        if not self._in:
            self._in = os.read(0, 1 << 20)
            if not self._in:
                raise scripts.Gone
        data, self._in = self._in[:count], self._in[count:]
        return data


def main() -> None:
    try:
        Agent().serve()
    except (scripts.Gone, BrokenPipeError):
        sys.exit(1)
