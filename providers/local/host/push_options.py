"""What `git push -o …` can ask for: a pull request for the pushed branch. Pure: options and refs in, a purpose or a refusal out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson

from providers.local.host.errors import Invalid
from providers.local.host.git import RefUpdate
from providers.local.host.repositories import is_branch_name

FLAG = "pull_request"
KEYS = ("title", "target")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a push is to do beyond moving refs: with a `source`, open a pull request. Empty title: the commit's subject."""

    source: str = ""
    target: str = ""
    title: str = ""

    def dump(self) -> str:
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, text: str) -> "Purpose":
        return cls(**orjson.loads(text))


def read(options: Sequence[str], updates: Sequence[RefUpdate], default_branch: str) -> Purpose:
    """Options that are not about pull requests are other people's. Raises Invalid with what would be right."""
    ours = [option for option in options if option == FLAG or option.startswith((f"{FLAG}.", f"{FLAG}="))]
    if not ours:
        return Purpose()
    given = dict(_key(option) for option in ours if option != FLAG)
    source = _only_source(updates)
    target = given.get("target", default_branch)
    if not is_branch_name(target):
        raise Invalid("The target of a pull request is a branch's name, as in: -o pull_request.target=main")
    if target == source:
        raise Invalid(
            f"A pull request joins two different branches: push another branch than {source}, or name a target."
        )
    return Purpose(source, target, " ".join(given.get("title", "").split()))


def _key(option: str) -> tuple[str, str]:
    key, _, value = option.removeprefix(f"{FLAG}.").partition("=")
    if key not in KEYS:
        raise Invalid("Push options for a pull request are: pull_request, pull_request.title=…, pull_request.target=…")
    return key, value


def _only_source(updates: Sequence[RefUpdate]) -> str:
    sources = [update.source for update in updates if update.source and update.after]
    if len(sources) != 1 or sources[0] is None:
        raise Invalid("To open a pull request, push exactly one branch.")
    return sources[0]
