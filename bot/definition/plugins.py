"""Actions that plug-ins do, against what is installed where the file is going to be run: a type (`use`) and its configuration, a callable (`invoke`)."""

from collections.abc import Iterator, Mapping

from bot.definition.document import Document, Finding, Map, native, quoted
from bot.definition.outline import ActionOutline, outline, text_at
from bot.definition.suggest import closest
from bot.model.plugin import Plugins, PluginType

_OPEN = "#{"


def check(document: Document, plugins: Plugins) -> Iterator[Finding]:
    if not isinstance(document.root, Map):
        return
    for action in outline(document.root).actions:
        if "use" in action.body:
            yield from _action(action, action.body["use"], plugins.types)
        invoked = action.body.get("invoke")
        name = text_at(invoked, "callable") if isinstance(invoked, Map) else None
        if name is not None and name not in plugins.callables:
            remedy = _remedy(name, tuple(sorted(plugins.callables)))
            yield Finding(
                (*action.path, "invoke", "callable"), f"No callable {quoted(name)} is installed with the bot.", remedy
            )


def _remedy(name: str, known: tuple[str, ...]) -> str:
    if meant := closest(name, known):
        return f"Did you mean {quoted(meant)}?"
    there = f"There are {', '.join(map(quoted, known))}." if known else "There is none at all."
    return f"{there} Install it where Penstock is (docs/extending.md), or have its operator do so."


def _action(action: ActionOutline, body: object, plugins: Mapping[str, PluginType]) -> Iterator[Finding]:
    path = (*action.path, "use")
    name = body if isinstance(body, str) else body.get("type") if isinstance(body, Map) else None
    if not isinstance(name, str):
        return
    at = path if isinstance(body, str) else (*path, "type")
    plugin = plugins.get(str(name))
    if plugin is None:
        remedy = _remedy(name, tuple(plugins))
        yield Finding(at, f"No plug-in for {quoted(str(name))} is installed with the bot.", remedy)
    elif plugin.schema is None:
        reason = f"The plug-in for {quoted(str(name))} can't be loaded: {plugin.problem}."
        yield Finding(at, reason, "The bot's operator mends it.")
    else:
        configuration = body.get("configuration", Map(body.mark)) if isinstance(body, Map) else {}
        where = (*path, "configuration") if isinstance(body, Map) and "configuration" in body else at
        yield from _configuration(where, configuration, plugin)


def _configuration(path: tuple[str | int, ...], value: object, plugin: PluginType) -> Iterator[Finding]:
    # Here, since it takes as long to load as all of the grammar, and most bots have no plug-ins.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    given = native(value) if isinstance(value, Map) else value
    for error in Draft202012Validator(plugin.schema or {}).iter_errors(given):
        if isinstance(error.instance, str) and _OPEN in error.instance:
            continue  # what a reference stands for is known when the action begins; the plug-in looks again then
        words = error.message[:300]
        yield Finding(
            (*path, *error.absolute_path), f"{words}.", f"The plug-in for {quoted(plugin.name)} asks for it so."
        )
