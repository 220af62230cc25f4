"""What plug-ins are written against. How they are run is beside this.

A type of action is one class, found by the entry point group `penstock.actions`:

```python
class Banner(ActionPlugin):
    class Configuration(BaseModel):
        text: str

    def perform(self, call: Call) -> Result:
        print(call.configuration.text)          # into the action's log
        return Result(outputs={"SHOWN": "yes"}, summary="the banner was shown")
```

What an `invoke` action calls is one function, found by the entry point group `penstock.callables`. It is given the document that an endpoint would get:

```python
def smoke(event: Mapping[str, Any]) -> Result:
    return Result(outputs={"ASKED": event["parameters"]})
```
"""

from bot.plugins.api import ActionFailed, ActionPlugin, Call, Result

__all__ = ["ActionFailed", "ActionPlugin", "Call", "Result"]
