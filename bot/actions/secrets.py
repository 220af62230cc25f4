"""A pipeline's secrets as its actions are given them: opened when an action begins, never written anywhere, masked in what comes back."""

from collections.abc import Iterable, Mapping

from bot.logs.mask import Masker, forbidden
from bot.ports import ActionContext, SealBroken, Secrets


def opened(secrets: Secrets, context: ActionContext) -> Mapping[str, str]:
    """The secrets by name; none for an execution that may not have them. Raises SealBroken, naming each that does not open."""
    if not context.execution.may_have_secrets:
        return {}
    found, broken = {}, []
    for name, sealed in context.pipeline.secrets.items():
        try:
            found[name] = secrets.open(context.execution.lane.repository, name, sealed)
        except SealBroken as error:
            broken.append(f"the secret {name} does not open: {error}")
    if broken:
        raise SealBroken("; ".join(broken))
    return found


def masked(values: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Output variables are shown on pages and in comments, so no secret may get out through them."""
    texts = forbidden(secrets)
    return {name: _masked(value, texts) for name, value in values.items()} if texts else dict(values)


def _masked(value: str, texts: list[bytes]) -> str:
    masker = Masker(texts)
    return (masker.feed(value.encode()) + masker.flush()).decode(errors="replace")
