"""A deployment to object storage (section 4.3, S3): where to, under which keys, and whether as files or as one zip file."""

from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from bot.definition.document import quoted
from bot.definition.grammar.text import NO_SPACE, Boolean, Given, Noun, refuse
from bot.model.object_deployment import DATETIME, UUID, ObjectDeploy


def _key(value: str) -> str:
    """A key that every kind of storage takes, and that stays below its place."""
    if value.startswith("/") or any(part in (".", "..") for part in value.split("/")) or "//" in value:
        raise refuse(
            f"{quoted(value)} is no key: it begins with a slash, or has parts that are empty, `.` or `..`.",
            "Write it like `web/#{source.BranchName}` or `releases/web-{datetime}.zip`.",
        )
    return value


def _header(value: str) -> str:
    if not value.isprintable() or not value.isascii():
        raise refuse(f"{quoted(value)} is no value of a header.", "Write it like `public, max-age=300`.")
    return value


Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_key)]


class ObjectDeployment(Noun):
    """The files of an artifact in a bucket, or in a folder that the bot's settings name."""

    objects: Annotated[str, Field(min_length=1, max_length=1000, pattern=NO_SPACE)] = Field(
        description="Where to: a name of PENSTOCK_DEPLOY_BUCKETS, or an address of one, such as s3://acme-site/docs."
    )
    extract: Boolean = Field(default=True, description="Each file by itself; false: all of them as one zip file.")
    key: Given[Key] = Field(
        default=None,
        description="What the files' keys begin with, or the zip file's key. {datetime} and {uuid} are filled in.",
    )
    cache_control: Given[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_header)]] = Field(
        default=None, description="The header Cache-Control that the objects are served with."
    )
    prune: Boolean = Field(
        default=False, description="Delete what the last deployment of this action wrote and this one does not have."
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        if not self.extract and not self.key:
            raise refuse("A zip file needs a key.", "Add `key:`, such as `releases/web-{datetime}.zip`.")
        if self.prune and not self.extract:
            raise refuse("`prune` has a meaning only where each file is by itself.", "Remove it, or `extract: false`.")
        if self.prune and any(each in (self.key or "") for each in (DATETIME, UUID)):
            reason = "`prune` finds nothing where each deployment has keys of its own."
            raise refuse(reason, f"Remove it, or {DATETIME} and {UUID} from the key.")
        return self

    def to_model(self) -> ObjectDeploy:
        return ObjectDeploy(self.objects, self.key or "", self.extract, self.cache_control or "", self.prune)
