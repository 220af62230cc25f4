"""JSON paths as webhooks use them (RFC 9535): which are taken, and what one finds."""

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment

MOST_MATCHES = 100


class PathInvalid(Exception):
    """The text is no JSON path that is taken here; it says why."""


def check_path(path: str) -> None:
    """Raises PathInvalid. What could take long on a large body is not taken: conditions, and looking everywhere twice."""
    if "?" in path:
        raise PathInvalid("it has a condition")
    if path.count("..") + path.count("*") > 1:
        raise PathInvalid("it looks through everything more than once")
    from jsonpath.exceptions import JSONPathError  # noqa: PLC0415  as below

    try:
        _paths().compile(path)
    except (JSONPathError, ValueError, RecursionError):
        raise PathInvalid("it cannot be read") from None


def found(path: str, body: object) -> list[str]:
    """What the path finds in parsed JSON, as text: a text as it is, all else as JSON."""
    matches = _compiled(path).finditer(body)  # type: ignore[arg-type]
    values = [match.value for match, _ in zip(matches, range(MOST_MATCHES), strict=False)]
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]


@cache
def _paths() -> "JSONPathEnvironment":
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415  few files have a path, and all commands would start slower

    return JSONPathEnvironment(strict=True)


@lru_cache(maxsize=256)
def _compiled(path: str) -> "JSONPath":
    from jsonpath import JSONPath  # noqa: PLC0415  as above

    compiled = _paths().compile(path)
    assert isinstance(compiled, JSONPath)  # noqa: S101  strict paths are never compound
    return compiled
