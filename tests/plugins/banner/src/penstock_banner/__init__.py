"""An example of a plug-in: an action that shows a text in its log, and hands on what it has shown."""

from typing import Annotated

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
