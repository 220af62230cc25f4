"""The grammar of one entry of `permissions` (section 3). Which files it means is known only where they are installed."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bot.appspec.paths import Absolute
from bot.definition.document import Map, quoted
from bot.definition.foreign import Part, Text
from bot.definition.grammar.text import ONE_OR_MANY, refuse
from bot.model import appspec as model

_SENSITIVITY = re.compile(r"s(\d{1,4})(?:-s(\d{1,4}))?")
_CATEGORIES = re.compile(r"c(\d{1,4})(?:\.c(\d{1,4}))?")
_MOST_CATEGORIES = 1023
_ACL = re.compile(
    r"(d(efault)?:)?(u(ser)?|g(roup)?|o(ther)?|m(ask)?):[^:\s,]*(:[rwxX-]{1,3}|:[0-7])?|(d(efault)?:)?(o|m):[rwxX-]{1,3}"
)


def _mode(value: str) -> str:
    """PRM-5."""
    if not re.fullmatch(r"[0-7]{1,4}", value):
        raise refuse(
            f"A mode is 1 to 4 octal digits, and not {quoted(value)} (PRM-5).", "Write it like `644` or `0755`."
        )
    return value


def _range(value: str) -> str:
    """PRM-5: `s0-s3:c0.c5,c7`: a low and a high sensitivity, and categories, each once."""
    sensitivities, colon, categories = value.partition(":")
    found = _SENSITIVITY.fullmatch(sensitivities)
    remedy = "Write it like `s0` or `s0-s3:c0.c5,c7`."
    if found is None or (colon and not categories):
        raise refuse(f"{quoted(value)} is no SELinux range (PRM-5).", remedy)
    if found[2] is not None and int(found[2]) < int(found[1]):
        raise refuse(f"The range {quoted(value)} ends below its beginning (PRM-5).", remedy)
    seen: set[int] = set()
    for part in categories.split(",") if categories else ():
        numbers = _CATEGORIES.fullmatch(part)
        first, last = (int(numbers[1]), int(numbers[2] or numbers[1])) if numbers else (1, 0)
        if not first <= last <= _MOST_CATEGORIES:
            raise refuse(f"{quoted(part)} are no SELinux categories: they go from c0 to c1023 (PRM-5).", remedy)
        if seen & set(range(first, last + 1)):
            raise refuse(f"The range {quoted(value)} names a category twice (PRM-5).", remedy)
        seen.update(range(first, last + 1))
    return value


def _acl(value: str) -> str:
    if not _ACL.fullmatch(value):
        raise refuse(
            f"{quoted(value)} is no entry of an access control list.", "Write it like `u:alice:rw` or `g:web:rx`."
        )
    return value


def _type(value: str) -> str:
    if value not in ("file", "directory"):
        raise refuse(f"The type cannot be {quoted(value)} (APS-5).", "Write `file` or `directory`, or both.")
    return value


def _pattern(value: str) -> str:
    if "/" in value:
        raise refuse(
            f"The pattern {quoted(value)} has a `/` (PRM-2): it means names of one folder.",
            "Name that folder as the object.",
        )
    return value


def _named_user(value: object) -> object:
    """PRM-5: documented as `user`, read as `name` by the agent. Either is taken."""
    if isinstance(value, Map) and "name" in value and "user" not in value:
        renamed = Map(value.mark)
        for key, child in value.items():
            meant = "user" if key == "name" else key
            renamed[meant], renamed.marks[meant] = child, value.marks[key]
        return renamed
    return value


class Context(Part):
    """An SELinux context."""

    type: Text = Field(description="Its type.")
    user: Text = Field(default="")
    range: Annotated[Text, AfterValidator(_range)] = Field(default="")

    def to_model(self) -> model.Context:
        return model.Context(self.type, self.user, self.range)


class Permission(Part):
    """Modes, owners, lists and contexts of what this deployment copied."""

    object: Absolute = Field(description="A file that was copied, or a folder that files were copied into.")
    pattern: Annotated[Text, AfterValidator(_pattern)] = Field(
        default="**", description="Which names below the folder; `**` is everything, at any depth."
    )
    exceptions: tuple[Text, ...] = Field(
        default=(),
        alias="except",
        description="Which names not. One with a `/` is no name, and is taken as the agent takes it: it means nothing.",
    )
    owner: Text = Field(default="")
    group: Text = Field(default="")
    mode: Annotated[Text, AfterValidator(_mode)] | None = Field(default=None, description="1 to 4 octal digits.")
    acls: tuple[Annotated[Text, AfterValidator(_acl)], ...] = Field(default=(), description="Such as `u:alice:rw`.")
    context: Annotated[Context, BeforeValidator(_named_user)] | None = Field(default=None)
    types: Annotated[tuple[Annotated[Text, AfterValidator(_type)], ...], Field(min_length=1), ONE_OR_MANY] = Field(
        default=("file", "directory"), alias="type", description="`file`, `directory`, or both."
    )

    def to_model(self) -> model.Permission:
        return model.Permission(
            self.object,
            self.pattern,
            self.exceptions,
            self.owner,
            self.group,
            self.mode or "",
            self.acls,
            self.context.to_model() if self.context else None,
            self.types,
        )
