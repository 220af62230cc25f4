"""References `#{namespace.key}`: found in text, looked up in an execution, never rescanned (section 6)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.model.execution import Execution
from bot.model.pipeline import Pipeline
from bot.model.revision import Revision

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


class Unresolved(Exception):
    """A reference has no value: a configuration error of the action that uses it (VAR-5)."""


@dataclass(frozen=True, slots=True)
class Reference:
    namespace: str
    key: str

    def __str__(self) -> str:
        return f"#{{{self.namespace}.{self.key}}}"


def references(text: str) -> Iterator[Reference]:
    """Every reference in the text, in order, repeated ones too."""
    for match in _REFERENCE.finditer(text):
        yield Reference(match[1], match[2])


def substitute(text: str, value: Callable[[Reference], str]) -> str:
    """The text with each reference replaced; what comes in is not looked through again (VAR-6)."""
    return _REFERENCE.sub(lambda match: value(Reference(match[1], match[2])), text)


def resolver(pipeline: Pipeline, execution: Execution) -> Callable[[Reference], str]:
    """A function from reference to value, as the execution stands now. It raises Unresolved."""
    known = namespaces(pipeline, execution)

    def value(reference: Reference) -> str:
        found = known.get(reference.namespace, {}).get(reference.key)
        if found is None:
            raise Unresolved(f"{reference} has no value")
        return found

    return value


def namespaces(pipeline: Pipeline, execution: Execution) -> Mapping[str, Mapping[str, str]]:
    """All values that can be referred to: built in, the pipeline's variables, the source's, and actions' outputs (VAR-3)."""
    known: dict[str, Mapping[str, str]] = {
        "codepipeline": {"PipelineExecutionId": execution.id},
        "variables": execution.variables,
        "source": source_variables(execution.lane.repository.full_name, execution.revision),
    }
    for stage, run in zip(pipeline.stages, execution.stages, strict=True):
        for action in stage.actions:
            if action.namespace:
                known[action.namespace] = run.action(action.name).outputs
    return known


def source_variables(full_name: str, revision: Revision) -> Mapping[str, str]:
    """The implicit source action's output variables (section 4.1), with the pull request's number beside them."""
    return {
        "CommitId": revision.commit,
        "BranchName": revision.branch,
        "TagName": revision.tag,
        "PullRequest": "" if revision.pull_request is None else str(revision.pull_request),
        "CommitMessage": revision.message,
        "AuthorDate": revision.authored_at,
        "FullRepositoryName": full_name,
        "RepositoryName": full_name.rsplit("/", 1)[-1],
    }
