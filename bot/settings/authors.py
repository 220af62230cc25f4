"""Settings that say who commits."""

import re
from typing import Annotated

from pydantic import AfterValidator

_AUTHOR = re.compile(r"[^<>\n]*[^<>\s] <[^<>\s@]+@[^<>\s@]+>")


def _author(text: str) -> str:
    if not _AUTHOR.fullmatch(text):
        raise ValueError("must be a name and an address, such as Penstock <penstock@example.org>")
    return text


Author = Annotated[str, AfterValidator(_author)]
