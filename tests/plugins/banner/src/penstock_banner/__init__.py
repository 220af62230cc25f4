"""An example of a plug-in: a type of action that shows a text in its log, and a callable that measures one; both hand on what they have found."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.plugins import ActionFailed, ActionPlugin, Call, Result


class Banner(ActionPlugin):
    class Configuration(BaseModel):
        model_config = ConfigDict(extra="forbid")

        text: Annotated[str, Field(min_length=1)]
        width: Annotated[int, Field(ge=1, le=200)] = 40

    def perform(self, call: Call) -> Result:
        asked = call.configuration
        if len(asked.text) > asked.width:
            raise ActionFailed(f"the text has {len(asked.text)} characters, and the banner {asked.width}")
        shown = asked.text.center(asked.width, "*")
        print(shown)  # noqa: T201  what is printed is the action's log
        (call.workspace / "banner.txt").write_text(f"{shown}\n")
        return Result({"SHOWN": shown}, f"shown in {asked.width} columns")


def width(event: Mapping[str, Any]) -> Result:
    """For `invoke: {callable: width, parameters: "a text"}`: how wide a banner the text needs."""
    text = str(event["parameters"])
    if not text:
        raise ActionFailed("there is no text: write it as `parameters`")
    return Result({"WIDTH": str(len(text))}, f"{len(text)} columns are enough")
