"""References `#{namespace.key}`: found in text, looked up in an execution, never rescanned (section 6)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.model.execution import Execution
from bot.model.pipeline import Action, Pipeline
from bot.model.revision import Revision

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")

RESOLVED_LIMIT = 102_400  # VAR-7, bytes
MESSAGE_LIMIT = 102_400  # section 4.1, bytes


class Unresolved(Exception):
    """A reference has no value, or too large a one: a configuration error of the action that uses it (VAR-5, VAR-7)."""


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
        values = known.get(reference.namespace, {})
        found = values.get(reference.key)
        if found is None:
            has = f"has {', '.join(values)}" if values else "has no values"
            raise Unresolved(f"{reference} has no value: {reference.namespace} {has}")
        return found

    return value


def resolve(action: Action, pipeline: Pipeline, execution: Execution) -> Mapping[str, str]:
    """The value of every reference in what the action does, as its attempt will use it (VAR-5, VAR-9). Raises Unresolved."""
    texts = [text for text in action.texts if "#{" in text]
    if not texts:
        return {}
    value = resolver(pipeline, execution)
    found = {str(reference): value(reference) for text in texts for reference in references(text)}
    if sum(len(substitute(text, value).encode(errors="replace")) for text in texts) > RESOLVED_LIMIT:
        raise Unresolved(f"with all values filled in, its configuration is larger than {RESOLVED_LIMIT} bytes")
    return found


def namespaces(pipeline: Pipeline, execution: Execution) -> Mapping[str, Mapping[str, str]]:
    """All values that can be referred to: built in, the pipeline's variables, the source's, and actions' outputs (VAR-3)."""
    known: dict[str, Mapping[str, str]] = {
        "codepipeline": {"PipelineExecutionId": execution.id},
        "variables": execution.variables,
        "source": source_variables(execution.lane.repository.full_name, execution.revision),
    }
    if execution.rollback is not None:  # RBK-2: earlier stages have not run here, they have run in its target
        known.update(execution.rollback.outputs)
    for stage, run in zip(pipeline.stages, execution.stages, strict=True):
        for action in stage.actions:
            if action.namespace and (execution.rollback is None or run.attempts):
                known[action.namespace] = run.action(action.name).outputs
    return known


def source_variables(full_name: str, revision: Revision) -> Mapping[str, str]:
    """The implicit source action's output variables (section 4.1), with the pull request's number beside them."""
    return {
        "CommitId": revision.commit,
        "BranchName": revision.branch,
        "TagName": revision.tag,
        "PullRequest": "" if revision.pull_request is None else str(revision.pull_request),
        "CommitMessage": revision.message.encode(errors="replace")[:MESSAGE_LIMIT].decode(errors="ignore"),
        "AuthorDate": revision.authored_at,
        "FullRepositoryName": full_name,
        "RepositoryName": full_name.rsplit("/", 1)[-1],
    }
