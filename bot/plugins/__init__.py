"""What plug-ins are written against: one class, found by the entry point group `penstock.actions`. How they are run is beside this.

```python
class Banner(ActionPlugin):
    class Configuration(BaseModel):
        text: str

    def perform(self, call: Call) -> Result:
        print(call.configuration.text)          # into the action's log
        return Result(outputs={"SHOWN": "yes"}, summary="the banner was shown")
```
"""

from bot.plugins.api import ActionFailed, ActionPlugin, Call, Result

__all__ = ["ActionFailed", "ActionPlugin", "Call", "Result"]
