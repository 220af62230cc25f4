"""Questions that are asked again and again, with what was answered last: where that is still so, GitHub says no more, and counts nothing.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
The other hosts count such a question like any other, so nothing would be saved there.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from github import Github

REMEMBERED = 1000
"""Answers; a list of open pull requests has up to 100 of them in each."""


@dataclass(frozen=True, slots=True)
class _Kept:
    tag: str
    answer: Any


class Conditional:
    """Shared by threads. A tag is good for the token that it was given to alone: after an hour, when an App's is another, all is told anew."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, github: Github, url: str, query: Mapping[str, Any]) -> Any:
        """What GitHub answers now, in whichever way it says so. Raises GithubException."""
        key = "&".join([url, *(f"{name}={value}" for name, value in query.items())])
        with self._lock:
            known = self._kept.get(key)
        asked = {"If-None-Match": known.tag} if known is not None else {}
        headers, answer = github.requester.requestJsonAndCheck("GET", url, parameters=dict(query), headers=asked)
        if answer is None and known is not None:
            return known.answer  # 304: it has no body
        self._keep(key, {name.lower(): value for name, value in headers.items()}.get("etag", ""), answer)
        return answer

    def _keep(self, key: str, tag: str, answer: Any) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if tag:
                self._kept[key] = _Kept(tag, answer)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
