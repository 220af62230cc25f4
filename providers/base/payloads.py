"""What the hosts' pydantic models of JSON have in common: how strict they are, and what an id or a commit looks like."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[int, Field(ge=1, lt=2**63)]
Sha = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]


class Model(BaseModel):
    """Only what is named is read; a value of another type is an error, never converted."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")
