"""What the hosts' pydantic models of JSON have in common: how strict they are, and what an id or a commit looks like."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Id = Annotated[int, Field(ge=1, lt=2**63)]
Sha = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]


def moment(told: object) -> float | None:
    """A time as hosts tell it, in seconds since 1970: as their number, or as text after ISO 8601, or as GitLab's `2017-09-15 16:50:55 UTC`.

    None for everything else: a time that can't be read must not make a payload one that can't.
    """
    at = -1.0
    with suppress(ValueError, OverflowError):
        if isinstance(told, int | float) and not isinstance(told, bool):
            at = float(told)
        elif isinstance(told, str):
            read = datetime.fromisoformat(told[:40].replace(" UTC", "+00:00"))
            at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    return at if 0 <= at < _END_OF_TIME else None


_END_OF_TIME = 1e11
Moment = Annotated[float | None, BeforeValidator(moment)]


class Model(BaseModel):
    """Only what is named is read; a value of another type is an error, never converted."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")
