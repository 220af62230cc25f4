"""A deployment by Git: which repository is changed, in which files, and whether as a pull request."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from bot.definition.document import quoted
from bot.definition.grammar.text import (
    NO_SPACE,
    ONE_OR_MANY,
    Boolean,
    FileGlobs,
    FilePath,
    Given,
    Noun,
    VariableValue,
    refuse,
)
from bot.model.git_deployment import GitDeploy


def _branch(value: str) -> str:
    """As much of https://git-scm.com/docs/git-check-ref-format as keeps a name a name."""
    if value.startswith(("-", "/")) or value.endswith(("/", ".", ".lock")) or any(char in value for char in "~^:?*[\\"):
        raise refuse(f"{quoted(value)} is no name of a branch.", "Write its name alone, such as `main`.")
    return value


_Place: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
_Paths: TypeAlias = Annotated[tuple[FilePath, ...], Field(min_length=1, max_length=50), ONE_OR_MANY]
_Values: TypeAlias = Annotated[dict[_Place, VariableValue], Field(min_length=1, max_length=100)]


class GitChange(Noun):
    """A commit to a repository on the pipeline's own host that PENSTOCK_GITOPS_REPOSITORIES allows."""

    repository: Annotated[str, Field(min_length=1, max_length=400, pattern=NO_SPACE)] = Field(description="owner/name.")
    branch: Annotated[str, Field(min_length=1, max_length=255, pattern=NO_SPACE), AfterValidator(_branch)] = Field(
        default="main", description="The branch that is changed."
    )
    path: _Paths = Field(description="The YAML or JSON files in which values are set; of `files`, the folder.")
    set: Given[_Values] = Field(
        default=None, description="New values by their places, such as image.tag or containers[name=web].image."
    )
    files: Given[FileGlobs] = Field(default=None, description="Files of the artifact that are copied below the path.")
    pull_request: Boolean = Field(default=False, description="Propose it as a pull request instead of doing it.")
    wait: Given[Literal["merged"]] = Field(default=None, description="Go on when the pull request has been merged.")
    message: Given[Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        default=None, description="The commit's subject, and the pull request's title."
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.set is None) == (self.files is None):
            given = "both" if self.set else "neither"
            raise refuse(f"`set` and `files`: {given} of them is given.", "Write one: values to set, or files to copy.")
        if self.files and len(self.path) > 1:
            raise refuse("`files` are copied below one path.", "Keep one path: a folder, or `.` for the root.")
        if self.wait and not self.pull_request:
            raise refuse("`wait` has nothing to wait for.", "Add `pull_request: true`, or remove it.")
        return self


class GitDeployment(Noun):
    """Changes a repository that says what is to run (GitOps)."""

    git: GitChange = Field(description="What is changed, and where.")

    def to_model(self) -> GitDeploy:
        change = self.git
        return GitDeploy(
            change.repository,
            change.branch,
            change.path,
            change.set or {},
            change.files or (),
            change.pull_request,
            change.wait is not None,
            change.message or "",
        )
