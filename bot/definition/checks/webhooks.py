"""Webhooks: how a caller proves itself, and that what a webhook names is there (section 7.5)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Path, quoted
from bot.definition.outline import Outline, items, mapping_at, text_at
from bot.definition.suggest import closest
from bot.model.webhook import PLACEHOLDER, PLACEHOLDERS

_NEEDS = {"hmac": "secret", "ip": "allowed_ips"}


def check(outline: Outline) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, webhook in items(mapping_at(outline.root, "triggers").get("webhooks"), ("triggers", "webhooks")):
        name = text_at(webhook, "name")
        if name in seen:
            reason = f"Webhook name {quoted(name or '')} is used twice."
            yield Finding((*path, "name"), reason, "Give each its own name in the pipeline.")
        seen.add(name or "")
        yield from _proof(outline, webhook, path)
        yield from _named(outline, webhook, path)


def _proof(outline: Outline, webhook: Map, path: Path) -> Iterator[Finding]:
    kind = text_at(webhook, "authentication")
    for other, key in _NEEDS.items():
        if kind == other and key not in webhook:
            yield Finding(path, f"A webhook of authentication {quoted(kind)} needs {quoted(key)}.", f"Add `{key}:`.")
        if kind in (*_NEEDS, "none") and kind != other and key in webhook:
            reason = f"A webhook of authentication {quoted(kind or '')} has no {quoted(key)}."
            yield Finding((*path, key), reason, f"Remove it, or use authentication `{other}`.", on_key=True)
    secret, known = text_at(webhook, "secret"), tuple(mapping_at(outline.root, "secrets"))
    if secret is not None and secret not in known:
        meant = closest(secret, known)
        remedy = f"Did you mean {quoted(meant)}?" if meant else f"Seal it: `{secret}:` under `secrets:`."
        yield Finding((*path, "secret"), f"There is no secret {quoted(secret)}.", remedy)


def _named(outline: Outline, webhook: Map, path: Path) -> Iterator[Finding]:
    declared = tuple(mapping_at(outline.root, "variables"))
    for name in mapping_at(webhook, "variables"):
        if name not in declared:
            meant = closest(name, declared)
            remedy = f"Did you mean {quoted(meant)}?" if meant else f"Declare it: `{name}:` under `variables:`."
            yield Finding((*path, "variables", name), f"There is no variable {quoted(name)}.", remedy, on_key=True)
    source, sources = text_at(webhook, "source"), [a.name for a in outline.actions if "source" in a.body and a.name]
    if source is not None and source not in sources:
        meant = closest(source, tuple(sources))
        remedy = f"Did you mean {quoted(meant)}?" if meant else "Remove the key: the pushed commit is meant then."
        yield Finding((*path, "source"), f"There is no source action {quoted(source)}.", remedy)
    for place, each in items(webhook.get("filters"), (*path, "filters")):
        for placeholder in PLACEHOLDER.findall(text_at(each, "equals") or ""):
            if placeholder.lower() not in PLACEHOLDERS:
                remedy = "There are `{branch}`, `{repository}`, `{bucket}`, `{key}` and `{tag}`."
                yield Finding((*place, "equals"), f"{quoted('{' + placeholder + '}')} stands for nothing.", remedy)
