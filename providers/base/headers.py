"""Looking into the headers of a delivery: what names it, and whether that can be. No I/O."""

import re
from collections.abc import Mapping

from bot.ports import NotADelivery

DELIVERY_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
"""What hosts call their deliveries."""


def header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever the case of its name; "" when it is missing."""
    value = headers.get(name)
    if value is not None:
        return value
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def well_formed(headers: Mapping[str, str], name: str, form: re.Pattern[str], host: str) -> str:
    """A header without which there is no delivery of that host. Raises NotADelivery unless all of it has that form."""
    value = header(headers, name)
    if not form.fullmatch(value):
        raise NotADelivery(f"This is no delivery of {host}: the header {name} is missing or malformed")
    return value


def json_only(headers: Mapping[str, str], host: str) -> None:
    """Raises NotADelivery for a body that is said to be anything else than JSON."""
    if header(headers, "Content-Type").partition(";")[0].strip().lower() != "application/json":
        raise NotADelivery(
            f"This is no delivery of {host} that can be read: set the webhook's content type to application/json"
        )
