"""A pipeline's secrets as its actions are given them: opened when an action begins, never written anywhere, masked in what comes back."""

from collections.abc import Iterable, Mapping

from bot.logs.mask import Masker, forbidden
from bot.ports import ActionContext, SealBroken, Secrets


def opened(secrets: Secrets, context: ActionContext) -> Mapping[str, str]:
    """The secrets by name; none for an execution that may not have them. Raises SealBroken, naming the secret."""
    if not context.execution.may_have_secrets:
        return {}
    found = {}
    for name, sealed in context.pipeline.secrets.items():
        try:
            found[name] = secrets.open(context.execution.lane.repository, name, sealed)
        except SealBroken as broken:
            raise SealBroken(f"the secret {name} does not open: {broken}") from None
    return found


def masked(values: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Output variables are shown on pages and in comments, so no secret may get out through them."""
    texts = forbidden(secrets)
    return {name: _masked(value, texts) for name, value in values.items()} if texts else dict(values)


def _masked(value: str, texts: list[bytes]) -> str:
    masker = Masker(texts)
    return (masker.feed(value.encode()) + masker.flush()).decode(errors="replace")
