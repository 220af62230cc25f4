"""A stage: actions, and the conditions around them."""

from pydantic import Field

from bot.definition.grammar.action import Action
from bot.definition.grammar.condition import EntryCondition, OnFailure, SuccessCondition
from bot.definition.grammar.text import Given, Name, Noun
from bot.model import pipeline as model


class Stage(Noun):
    """A gated part of the pipeline: one execution at a time is inside."""

    name: Name = Field(description="Unique in the pipeline.")
    # Lists, not tuples, in the schema's words: at least one action (STR-2), at most 50.
    actions: tuple[Action, ...] = Field(min_length=1, max_length=50, description="Its steps.")
    environment: Given[Name] = Field(default=None, description="What it occupies across all branches.")
    before_entry: Given[EntryCondition] = Field(default=None, description="Judged before its first action.")
    on_success: Given[SuccessCondition] = Field(default=None, description="Judged after all its actions succeeded.")
    on_failure: Given[OnFailure] = Field(default=None, description="What follows when it fails.")

    def to_model(self) -> model.Stage:
        return model.Stage(
            name=self.name,
            actions=tuple(action.to_model() for action in self.actions),
            environment=self.environment or "",
            before_entry=self.before_entry.to_model() if self.before_entry else None,
            on_success=self.on_success.to_model() if self.on_success else None,
            on_failure=self.on_failure.to_model() if self.on_failure else None,
        )
