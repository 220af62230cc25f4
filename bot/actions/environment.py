"""The environment of an action's commands, built from nothing: the documented variables, the file's, and the references.

The list of variables in docs/builds.md is checked against `DOCUMENTED`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.core.variables import Reference, substitute
from bot.model.repository import Ref, RefKind
from bot.ports import ActionContext

DOCUMENTED: Mapping[str, str] = {
    "CI": "always `true`",
    "PENSTOCK": "always `true`",
    "PENSTOCK_REPOSITORY": "the repository, `owner/name`",
    "PENSTOCK_PROVIDER": "the Git host: `github`, `gitlab`, `bitbucket`, `bitbucket-dc`, `local`",
    "PENSTOCK_PIPELINE": "the pipeline's name",
    "PENSTOCK_COMMIT": "the commit's full id",
    "PENSTOCK_REF": "the ref that was pushed: `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/head`",
    "PENSTOCK_BRANCH": "the branch; of a pull request, its source branch",
    "PENSTOCK_TAG": "the tag, when a tag was pushed",
    "PENSTOCK_PULL_REQUEST": "the pull request's number, when there is one",
    "PENSTOCK_TARGET_BRANCH": "the branch that a pull request is to be merged into",
    "PENSTOCK_EXECUTION_ID": "the execution's id",
    "PENSTOCK_EXECUTION_NUMBER": 'the execution\'s number, as in "execution 12"',
    "PENSTOCK_EXECUTION_URL": "the execution's page",
    "PENSTOCK_REPOSITORY_URL": "the repository's page on its host",
    "PENSTOCK_STAGE": "the stage's name",
    "PENSTOCK_ACTION": "the action's name",
    "PENSTOCK_REGION": "the action's `region`, where it names one",
    "PENSTOCK_ATTEMPT": "1 for the first attempt of the action, 2 for its first retry",
    "PENSTOCK_OUTPUT": "a file; each line `NAME=value` written to it becomes an output variable",
    "PENSTOCK_SUMMARY": "a file; what is written to it is said of the action beside how it ended",
    "PENSTOCK_EVENT": "of a program that is invoked: a file with the document that is also its input",
    "PENSTOCK_WORKSPACE": "the checkout of the commit, where commands start that name no `inputs`",
    "PENSTOCK_INPUT_<NAME>": "the folder of each of the action's `inputs`; commands start in the first",
    "PENSTOCK_JOB": "the mark by which all that an action starts is found, and killed with it; set by the executor",
    "HOME": "an empty folder of this action's own",
    "TMPDIR": "an empty folder of this action's own, removed afterwards",
    "PATH": "the standard places of programs",
    "LANG": "always `C.UTF-8`",
}

SUMMARY = "summary"
"""The file in an attempt's folder in which an action says something of itself."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def documented(context: ActionContext, folder: Path, execution_url: str, repository_url: str) -> dict[str, str]:
    """The variables of `DOCUMENTED`, for one attempt whose private files are below `folder`."""
    execution = context.execution
    revision = execution.revision
    return {
        "CI": "true",
        "PENSTOCK": "true",
        "PENSTOCK_REPOSITORY": execution.lane.repository.full_name,
        "PENSTOCK_PROVIDER": execution.lane.repository.provider,
        "PENSTOCK_PIPELINE": context.pipeline.name,
        "PENSTOCK_COMMIT": revision.commit,
        "PENSTOCK_REF": _git_ref(revision.ref),
        "PENSTOCK_BRANCH": revision.branch,
        "PENSTOCK_TAG": revision.tag,
        "PENSTOCK_PULL_REQUEST": "" if revision.pull_request is None else str(revision.pull_request),
        "PENSTOCK_TARGET_BRANCH": revision.target_branch,
        "PENSTOCK_EXECUTION_ID": execution.id,
        "PENSTOCK_EXECUTION_NUMBER": str(execution.number),
        "PENSTOCK_EXECUTION_URL": execution_url,
        "PENSTOCK_REPOSITORY_URL": repository_url,
        "PENSTOCK_STAGE": context.stage.name,
        "PENSTOCK_ACTION": context.action.name,
        "PENSTOCK_REGION": context.action.region,
        "PENSTOCK_ATTEMPT": str(context.attempt),
        "PENSTOCK_OUTPUT": str(folder / "output"),
        "PENSTOCK_SUMMARY": str(folder / SUMMARY),
        "PENSTOCK_WORKSPACE": str(folder / "source"),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PATH": PATH,
        "LANG": "C.UTF-8",
    }


def _git_ref(ref: Ref) -> str:
    return f"refs/pull/{ref.name}/head" if ref.kind is RefKind.PULL_REQUEST else f"refs/{ref}"


def bind(text: str, value: Callable[[Reference], str], into: dict[str, str]) -> str:
    """A script in which each reference has become the expansion of an environment variable, set in `into`.

    The value never becomes part of the script: a branch named `$(rm -rf ~)` stays a string. As with any shell variable,
    double quotes keep it one word and single quotes keep it from being expanded. Raises Unresolved.
    """

    def expansion(reference: Reference) -> str:
        name = variable_name(reference)
        into[name] = value(reference)
        return f"${{{name}}}"

    return substitute(text, expansion)


def variable_name(reference: Reference) -> str:
    """`#{pkg.VERSION}` is read from `PENSTOCK_REF_pkg_VERSION`. Names that differ only in `-` and `@` get their code, too."""
    safe = re.sub(r"[^A-Za-z0-9_]", lambda found: f"_x{ord(found[0]):02x}_", f"{reference.namespace}_{reference.key}")
    return f"PENSTOCK_REF_{safe}"
