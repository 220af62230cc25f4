"""Orders come in as lines of JSON, answers go out as such: `{"log": …}` while an order is at work, `{"end": …}` when it is done.

Nothing else may be on the way out, so what this prints by mistake goes to the other output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from bot.targets.agent import archive, balancer, install, look, releases, scripts
from bot.targets.agent.failure import Failure
from bot.targets.agent.state import LAST, RECENT, State

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OLD = ("ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic")
"""REV-1: these are the last successful revision's."""
SWITCHES = "AfterInstall"
"""At whose end a release becomes the current one."""


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
        does: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "hello": self._hello,
            "download": self._download,
            "reuse": self._reuse,
            "install": self._install,
            "event": self._event,
            "look": lambda order: look.look([_kept(order), *order["folders"]]),
            "look at balancer": lambda order: {"end": "Succeeded", "text": balancer.look(order, self._env())},
            "read balancer": lambda order: {"end": "Succeeded", "text": balancer.read(order["file"])},
            "write balancer": lambda order: {"end": "Succeeded", "message": balancer.write(order, self._env())},
        }
        return does[order["do"]](order)

    def _download(self, order: dict[str, Any]) -> dict[str, Any]:
        archive.receive(self._state, order, lambda numbers: self._say({"need": numbers}), self._read)
        return self._prepared(order)

    def _reuse(self, order: dict[str, Any]) -> dict[str, Any]:
        """An earlier deployment's release can be gone back to where it is whole, and its scripts are here."""
        release = releases.of(self._state, order["spec"], order["directory"])
        here = release is not None and release.whole and archive.again(self._state, order)
        return self._prepared(order) if here else {"end": "Skipped"}

    def _prepared(self, order: dict[str, Any]) -> dict[str, Any]:
        """A1: what would be refused is refused now."""
        which, directory = order["deployment"], order["directory"]
        release = releases.of(self._state, self._state.spec(which), directory)
        if release is None:
            install.prepare(self._state, which, directory)
        elif not release.whole:
            releases.prepare(release, self._state, which, directory)
        return {"end": "Succeeded"}

    def _install(self, order: dict[str, Any]) -> dict[str, Any]:
        which, directory = order["deployment"], order["directory"]
        release = releases.of(self._state, self._state.spec(which), directory)
        if release is None:
            words = install.install(self._state, which, directory)
        else:
            words = releases.install(release, self._state, which, directory)
        self._state.prune()
        return {"end": "Succeeded", "message": words}

    def _hello(self, order: dict[str, Any]) -> dict[str, Any]:
        self._state = State(os.path.join(_kept(order), *order["place"]), order["wait"])
        return {"end": "Succeeded", "last": self._state.marked(LAST), "system": os.uname().sysname}

    def _event(self, order: dict[str, Any]) -> dict[str, Any]:
        event = order["event"]
        mark = {"last": LAST, "recent": RECENT}.get(order["whose"], LAST if event in OLD else "")
        deployment = self._state.marked(mark) if mark else order["deployment"]
        if not deployment:
            return {"end": "Skipped"}
        spec = self._state.spec(deployment)
        release = releases.of(self._state, spec, order["directory"])
        hooks = spec["hooks"].get(event, [])
        if hooks:
            self._hooks(order, deployment, hooks, release)
        if release is not None and event == SWITCHES:
            return {"end": "Succeeded", "code": "Success", "message": release.switch()}
        return {"end": "Succeeded", "code": "Success"} if hooks else {"end": "Skipped"}

    def _hooks(
        self, order: dict[str, Any], deployment: str, hooks: list[dict[str, Any]], release: releases.Release | None
    ) -> None:
        self._tell(f"LifecycleEvent - {order['event']}")
        own = {"RELEASE_PATH": release.folder} if release else {}
        env = {**self._env(), **order["env"], **own, "LIFECYCLE_EVENT": order["event"]}
        scripts.run(self._state.archive(deployment), self._state.folder, hooks, env, self._tell, self._connected)

    def _env(self) -> dict[str, str]:
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": os.path.expanduser("~")}

    def _tell(self, words: str) -> None:
        self._say({"log": words})

    def _say(self, words: dict[str, Any]) -> None:
        try:
            self._out.write(json.dumps(words).encode() + b"\n")
        except ConnectionError:
            raise scripts.Gone from None

    def _connected(self) -> bool:
        data = _take(1 << 16)
        self._in += data
        return bool(data)

    def _line(self) -> dict[str, Any] | None:
        parts = [self._in]
        while b"\n" not in parts[-1]:
            data = _take(1 << 16)
            if not data:
                return None
            parts.append(data)
        line, _, self._in = b"".join(parts).partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def _read(self, count: int) -> bytes:
        """As many bytes as that, or fewer; never none while the other side is there."""
        if not self._in:
            self._in = _take(1 << 20)
            if not self._in:
                raise scripts.Gone
        data, self._in = self._in[:count], self._in[count:]
        return data


def _kept(order: dict[str, Any]) -> str:
    """Where revisions are kept."""
    own = "/var/lib/penstock" if os.geteuid() == 0 else os.path.expanduser("~/.local/share/penstock")
    return order["state"] or own


def _take(most: int) -> bytes:
    """None when the other side is gone, in whichever way."""
    try:
        return os.read(0, most)
    except ConnectionError:
        return b""


def main() -> None:
    try:
        Agent().serve()
    except (scripts.Gone, ConnectionError):
        sys.exit(1)
