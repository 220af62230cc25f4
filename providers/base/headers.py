"""Looking into the headers of a delivery. No I/O."""

from collections.abc import Mapping


def header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever the case of its name; "" when it is missing."""
    value = headers.get(name)
    if value is not None:
        return value
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
