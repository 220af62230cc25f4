"""`approve`: what a manual approval asks for (section 17)."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from bot.definition.grammar.durations import LongTimeout
from bot.definition.grammar.text import ONE_OR_MANY, Boolean, Count, Given, Noun, Null
from bot.model import pipeline as model

PRINCIPAL = r"^(user:[^\s/]+|team:[^\s/]+(/[^\s/]+)+|role:(write|admin)|codeowners)$"
LINK = r"^(https?://|#\{)\S*$"

Principal: TypeAlias = Annotated[str, Field(min_length=1, max_length=255, pattern=PRINCIPAL)]


class Approve(Noun):
    """A manual approval. `approve: {}` is enough: whoever may write to the repository may answer, one answer decides."""

    by: Given[
        Annotated[
            tuple[Principal, ...],
            Field(min_length=1, max_length=50),
            ONE_OR_MANY,
        ]
    ] = Field(
        default=None, description="Who may answer: user:ada, team:acme/release, role:write, role:admin, codeowners."
    )
    count: Count = Field(default=1, description="How many must approve.")
    self_approval: Boolean = Field(
        default=True, alias="self", description="Whether the author of the change may answer too."
    )
    timeout: Given[LongTimeout] = Field(
        default=None, description="How long to wait before it fails; 7 days when left out."
    )
    message: str = Field(default="", max_length=1000, description="What to tell those who answer.")
    link: Given[Annotated[str, Field(max_length=2048, pattern=LINK)]] = Field(
        default=None, description="A page for those who answer."
    )

    def to_model(self, timeout: float | None) -> model.Approve:
        """`timeout` is the one given on the action itself."""
        return model.Approve(
            by=self.by or (),
            count=self.count,
            self_approval=self.self_approval,
            timeout=self.timeout or timeout or model.APPROVAL_TIMEOUT,
            message=self.message,
            link=self.link or "",
        )


def _empty(value: object) -> object:
    return {} if value is None else value


ApproveEntry: TypeAlias = Annotated[Approve | None, BeforeValidator(_empty, json_schema_input_type=Approve | Null)]
