"""The `artifacts` block (section 7): which files become which artifact. Bringing them together is `actions/building/collect`'s."""

from typing import Annotated

from pydantic import Field, model_validator

from bot.buildspec.text import Boolean, Texts
from bot.definition.foreign import Part, Text
from bot.definition.grammar.text import refuse
from bot.model import buildspec as model


class _Chosen(Part):
    name: Text = Field(default="")
    discard_paths: Boolean = Field(default=False, alias="discard-paths")
    base_directory: Text = Field(default="", alias="base-directory")
    exclude_paths: Texts | None = Field(default=None, alias="exclude-paths")
    enable_symlinks: Boolean = Field(default=False, alias="enable-symlinks")
    s3_prefix: Text = Field(default="", alias="s3-prefix")

    def _made(self, files: tuple[str, ...]) -> model.ArtifactFiles:
        return model.ArtifactFiles(
            files,
            self.name,
            within(self.base_directory),
            self.discard_paths,
            tuple(self.exclude_paths or ()),
            self.enable_symlinks,
            self.s3_prefix,
        )


class SecondaryArtifact(_Chosen):
    """Which files become an artifact."""

    files: Texts = Field(description="Patterns of files.")

    def to_model(self) -> model.ArtifactFiles:
        return self._made(self.files)


class Artifacts(_Chosen):
    """The build's artifact, and further ones.

    The manual asks for `files` beside further ones, too; CodeBuild itself takes a block without them, the CDK writes such, and the
    manual's own sample is one: only a build that has to make the first artifact then fails (ARF-9, ARF-11).
    https://docs.aws.amazon.com/codebuild/latest/userguide/sample-runtime-versions.html
    """

    files: Texts | None = Field(default=None, description="Patterns of files.")
    type: Text = Field(default="", description="Of version 0.1; without meaning.")
    secondary_artifacts: Annotated[dict[str, SecondaryArtifact], Field(max_length=12)] | None = Field(
        default=None, alias="secondary-artifacts"
    )

    @model_validator(mode="after")
    def _something(self) -> "Artifacts":
        if not self.files and not self.secondary_artifacts:
            raise refuse("It says no files: `files` is missing.", "Write the patterns of the files under `files:`.")
        return self

    def primary(self) -> model.ArtifactFiles | None:
        return self._made(self.files) if self.files else None

    def secondary(self) -> dict[str, model.ArtifactFiles]:
        return {name: each.to_model() for name, each in (self.secondary_artifacts or {}).items()}


def within(base: str) -> str:
    """`.`, `./dist/` and `dist` mean what they look like."""
    return "/".join(part for part in base.split("/") if part not in ("", ".")) if not base.startswith("/") else base
