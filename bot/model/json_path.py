"""JSON paths as webhooks use them (RFC 9535): which are taken, and what one finds."""

import json
from functools import lru_cache

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

MOST_MATCHES = 100

_PATHS = JSONPathEnvironment(strict=True)


class PathInvalid(Exception):
    """The text is no JSON path that is taken here; it says why."""


def check_path(path: str) -> None:
    """Raises PathInvalid. What could take long on a large body is not taken: conditions, and looking everywhere twice."""
    if "?" in path:
        raise PathInvalid("it has a condition")
    if path.count("..") + path.count("*") > 1:
        raise PathInvalid("it looks through everything more than once")
    try:
        _PATHS.compile(path)
    except (JSONPathError, ValueError, RecursionError):
        raise PathInvalid("it cannot be read") from None


def found(path: str, body: object) -> list[str]:
    """What the path finds in parsed JSON, as text: a text as it is, all else as JSON."""
    matches = _compiled(path).finditer(body)  # type: ignore[arg-type]
    values = [match.value for match, _ in zip(matches, range(MOST_MATCHES), strict=False)]
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]


@lru_cache(maxsize=256)
def _compiled(path: str) -> JSONPath:
    compiled = _PATHS.compile(path)
    assert isinstance(compiled, JSONPath)  # noqa: S101  strict paths are never compound
    return compiled
