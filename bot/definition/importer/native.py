"""The grammar of CodePipeline's own structure (section 2.1, limits of section 1.1): shapes and limits, as `get-pipeline` shows them.

What takes a look at two places or at an action type's catalogue is in `rules`. What it becomes is not known here.
"""

from functools import cache
from threading import Lock
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bot.definition.document import Plain, native
from bot.definition.grammar.text import ARTIFACT, IDENTIFIER, NAME, WORD, Given, Glob, Noun


class Part(Noun):
    model_config = ConfigDict(alias_generator=to_camel)


def _whole(value: object) -> object:
    """CloudFormation takes `1` and `"1"` for the same number."""
    if isinstance(value, Plain):
        return value.value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value  # noqa: PLR2004


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=NAME)]
Artifact: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=ARTIFACT)]
Minutes: TypeAlias = Annotated[int, Field(ge=5, le=86_400), BeforeValidator(_whole)]
Configuration: TypeAlias = Annotated[dict[str, Any], BeforeValidator(native)]
Command: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Arn: TypeAlias = Annotated[str, Field(max_length=1024)]


class Store(Part):
    type: Literal["S3"]
    location: Annotated[str, Field(min_length=3, max_length=63)]
    encryption_key: Given[Configuration] = None


class Named(Part):
    name: Artifact


class Output(Part):
    name: Artifact
    files: Given[Annotated[tuple[Annotated[str, Field(min_length=1, max_length=128)], ...], Field(max_length=10)]] = (
        None
    )


class EnvironmentVariable(Part):
    name: Annotated[str, Field(min_length=1, max_length=128, pattern=IDENTIFIER)]
    value: Annotated[str, Field(min_length=1, max_length=2000)]
    type: Literal["PLAINTEXT", "SECRETS_MANAGER"] = "PLAINTEXT"


class ActionType(Part):
    category: Literal["Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute"]
    owner: Literal["AWS", "ThirdParty", "Custom"]
    provider: Annotated[str, Field(min_length=1, max_length=35, pattern=ARTIFACT)]
    version: Annotated[str, Field(min_length=1, max_length=9, pattern=ARTIFACT)]


class Action(Part):
    name: Name
    action_type_id: ActionType
    run_order: Annotated[int, Field(ge=1, le=999), BeforeValidator(_whole)] = 1
    configuration: Given[Configuration] = None
    commands: Given[Annotated[tuple[Command, ...], Field(max_length=50)]] = None
    environment_variables: Given[Annotated[tuple[EnvironmentVariable, ...], Field(max_length=10)]] = None
    input_artifacts: Given[tuple[Named, ...]] = None
    output_artifacts: Given[tuple[Output, ...]] = None
    output_variables: Given[Annotated[tuple[Annotated[str, Field(max_length=128)], ...], Field(max_length=15)]] = None
    role_arn: Given[Arn] = None
    region: Given[Annotated[str, Field(max_length=100)]] = None
    namespace: Given[Annotated[str, Field(min_length=1, max_length=100, pattern=WORD)]] = None
    timeout_in_minutes: Given[Minutes] = None


class RuleType(Part):
    category: Literal["Rule"]
    owner: Literal["AWS"] = "AWS"
    provider: Annotated[str, Field(min_length=1, max_length=35)]
    version: Annotated[str, Field(max_length=9)] = "1"


class Rule(Part):
    name: Name
    rule_type_id: RuleType
    configuration: Given[Configuration] = None
    commands: Given[Annotated[tuple[Command, ...], Field(max_length=50)]] = None
    input_artifacts: Given[tuple[Named, ...]] = None
    role_arn: Given[Arn] = None
    region: Given[Annotated[str, Field(max_length=100)]] = None
    timeout_in_minutes: Given[Minutes] = None


class Condition(Part):
    result: Given[Literal["ROLLBACK", "FAIL", "RETRY", "SKIP"]] = None
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=5)]


class Conditions(Part):
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=1)]


class Retry(Part):
    retry_mode: Given[Literal["FAILED_ACTIONS", "ALL_ACTIONS"]] = None


class OnFailure(Part):
    result: Given[Literal["ROLLBACK", "FAIL", "RETRY", "SKIP"]] = None
    retry_configuration: Given[Retry] = None
    conditions: Given[Annotated[tuple[Condition, ...], Field(max_length=1)]] = None


class Blocker(Part):
    """STR-28: accepted, without any effect."""

    name: str
    type: Literal["Schedule"]


class Stage(Part):
    name: Name
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=100)]
    blockers: Given[tuple[Blocker, ...]] = None
    before_entry: Given[Conditions] = None
    on_success: Given[Conditions] = None
    on_failure: Given[OnFailure] = None


Globs: TypeAlias = Annotated[tuple[Glob, ...], Field(max_length=8)]


class Patterns(Part):
    includes: Given[Globs] = None
    excludes: Given[Globs] = None


class Push(Part):
    tags: Given[Patterns] = None
    branches: Given[Patterns] = None
    file_paths: Given[Patterns] = None


class PullRequest(Part):
    events: Given[Annotated[tuple[Literal["OPEN", "UPDATED", "CLOSED"], ...], Field(max_length=3)]] = None
    branches: Given[Patterns] = None
    file_paths: Given[Patterns] = None


class Git(Part):
    source_action_name: Name
    push: Given[Annotated[tuple[Push, ...], Field(max_length=3)]] = None
    pull_request: Given[Annotated[tuple[PullRequest, ...], Field(max_length=3)]] = None


class Trigger(Part):
    provider_type: Literal["CodeStarSourceConnection"]
    git_configuration: Git


class Variable(Part):
    name: Annotated[str, Field(min_length=1, max_length=128, pattern=WORD)]
    default_value: Given[Annotated[str, Field(max_length=1000)]] = None
    description: Given[Annotated[str, Field(max_length=200)]] = None


class Pipeline(Part):
    """A definition. CloudFormation may leave the name to itself, and the bot needs neither role nor version."""

    name: Given[Name] = None
    role_arn: Given[Arn] = None
    artifact_store: Given[Store] = None
    artifact_stores: Given[dict[str, Store]] = None
    version: Given[Annotated[int, Field(ge=1), BeforeValidator(_whole)]] = None
    execution_mode: Literal["SUPERSEDED", "QUEUED", "PARALLEL"] = "SUPERSEDED"
    pipeline_type: Given[Literal["V1", "V2"]] = None
    variables: Given[Annotated[tuple[Variable, ...], Field(max_length=50)]] = None
    triggers: Given[Annotated[tuple[Trigger, ...], Field(max_length=50)]] = None
    stages: Annotated[tuple[Stage, ...], Field(max_length=50)]


_BUILDING = Lock()


@cache
def grammar() -> type[Pipeline]:
    """The grammar, ready to read with; built under a lock, as the pipeline file's own is."""
    with _BUILDING:
        Pipeline.model_rebuild()
    return Pipeline
