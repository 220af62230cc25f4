"""The buildspec's grammar, versions 0.1 and 0.2 (section 2). `to_model` makes of it what the build action uses."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from bot.buildspec.artifacts import Artifacts, within
from bot.buildspec.batch import Batch
from bot.buildspec.on_failure import policy
from bot.buildspec.text import Boolean, Texts, Variable, Variables
from bot.definition.document import quoted
from bot.definition.foreign import Part, Text
from bot.definition.grammar.text import ONE_OR_MANY, OneOrMany, one_or_many, refuse
from bot.model import buildspec as model


def _commands(value: object) -> object:
    return [] if value is None else one_or_many(value)


Commands: TypeAlias = Annotated[tuple[Text, ...], OneOrMany(_commands, ({"type": "null"},))]
"""A single text is taken for a list of one, as the CDK's own samples have it, and nothing for none."""

_SHELLS = ("bash", "sh", "/bin/sh", "/bin/bash", "python", "powershell.exe", "cmd.exe")


def _one_of(what: str, words: tuple[str, ...]) -> AfterValidator:
    def known(value: str) -> str:
        if value.lower() not in words:
            raise refuse(f"{what} cannot be {quoted(value)}.", f"Write one of {', '.join(words)}.")
        return value.lower()

    return AfterValidator(known)


def _on_failure(value: str) -> str:
    policy(value)
    return value


class Phase(Part):
    """Commands, one after another. The manual asks for some; CodeBuild runs phases that have nothing but `finally`, too."""

    run_as: Text = Field(default="", alias="run-as", description="The user that its commands run as.")
    on_failure: Annotated[Text, AfterValidator(_on_failure)] | None = Field(
        default=None, alias="on-failure", description="ABORT, CONTINUE, RETRY, RETRY-<count>, RETRY-<regex>."
    )
    commands: Commands = Field(default=(), description="Run one after another; the first that fails ends the phase.")
    last: Commands = Field(default=(), alias="finally", description="Run afterwards, whether those failed or not.")

    def to_model(self, name: str) -> model.Phase:
        on_failure = policy(self.on_failure) if self.on_failure else model.FailurePolicy()
        return model.Phase(name, self.commands, self.last, on_failure, self.run_as)


Runtimes: TypeAlias = Annotated[dict[str, Text], Field(min_length=1)]


class InstallPhase(Phase):
    """The phase that prepares the machine."""

    runtime_versions: Runtimes | None = Field(
        default=None, alias="runtime-versions", description="What the image selects."
    )

    def to_model(self, name: str) -> model.Phase:
        made = Phase.to_model(self, name)
        return model.Phase(name, made.commands, made.last, made.on_failure, made.run_as, self.runtime_versions or {})


class Phases(Part):
    """The four phases; there are no others (GRM-2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    install: InstallPhase | None = Field(default=None)
    pre_build: Phase | None = Field(default=None)
    build: Phase | None = Field(default=None)
    post_build: Phase | None = Field(default=None)

    def to_model(self) -> tuple[model.Phase, ...]:
        given = (self.install, self.pre_build, self.build, self.post_build)
        return tuple(
            model.Phase(name) if phase is None else phase.to_model(name)
            for name, phase in zip(model.PHASES, given, strict=True)
        )


def secret_reference(text: str) -> model.SecretReference:
    """ENV-5. An ARN has colons of its own, six of them before the name ends."""
    parts = text.split(":")
    if text.startswith("arn:"):
        parts = [":".join(parts[:7]), *parts[7:]]
    return model.SecretReference(*[*parts, "", "", ""][:4])


def _reference(text: str) -> str:
    found = secret_reference(text)
    if not found.secret or text.count(":") > (9 if text.startswith("arn:") else 3):
        raise refuse(f"{quoted(text)} names no secret.", "Write `secret-id`, or `secret-id:json-key`.")
    if found.stage and found.version:
        raise refuse("A version stage and a version id are given together (ENV-5).", "Keep one of the two.")
    return text


class Env(Part):
    """Environment variables and the shell."""

    shell: Annotated[Text, _one_of("The shell", _SHELLS)] = Field(default="", validate_default=False)
    variables: Variables | None = Field(default=None, description="Literal values.")
    parameter_store: dict[Variable, Text] | None = Field(default=None, alias="parameter-store")
    secrets_manager: dict[Variable, Annotated[Text, AfterValidator(_reference)]] | None = Field(
        default=None, alias="secrets-manager"
    )
    exported_variables: Texts | None = Field(default=None, alias="exported-variables")
    git_credential_helper: Boolean = Field(default=False, alias="git-credential-helper")

    def to_model(self) -> model.Environment:
        secrets = {name: secret_reference(text) for name, text in (self.secrets_manager or {}).items()}
        return model.Environment(
            self.shell,
            self.variables or {},
            self.parameter_store or {},
            secrets,
            self.exported_variables or (),
            self.git_credential_helper,
        )


class Proxy(Part):
    """Whether uploads go through a proxy; of no effect without one (PRX-1)."""

    upload_artifacts: Boolean = Field(default=False, alias="upload-artifacts")
    logs: Boolean = Field(default=False)


FORMATS = {
    "JUNITXML", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX", "CUCUMBERJSON",
    "CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV", "LCOV",
}  # fmt: skip
"""REP-3; LCOV is ours."""


def _format(value: str) -> str:
    if value.upper() not in FORMATS:
        raise refuse(f"{quoted(value)} is no format of reports (REP-3).", f"Write one of {', '.join(sorted(FORMATS))}.")
    return value.upper()


class Report(Part):
    """Test results or coverage, read when the phases are over."""

    files: Texts = Field(description="Patterns of files.")
    base_directory: Text = Field(default="", alias="base-directory")
    discard_paths: Boolean = Field(default=False, alias="discard-paths")
    file_format: Annotated[Text, AfterValidator(_format)] = Field(default="JUNITXML", alias="file-format")


class Cache(Part):
    """What is kept for the next build."""

    paths: Texts = Field(description="Patterns of files.")
    key: Text = Field(default="")
    fallback_keys: Annotated[tuple[Text, ...], Field(max_length=5), ONE_OR_MANY] | None = Field(
        default=None, alias="fallback-keys"
    )
    action: Annotated[Text, _one_of("`action`", ("restore", "save"))] | None = Field(default=None)

    def to_model(self) -> model.Cache:
        action: Literal["", "restore", "save"] = (
            "restore" if self.action == "restore" else "save" if self.action == "save" else ""
        )
        return model.Cache(self.paths, self.key, self.fallback_keys or (), action)


def _version(value: object) -> object:
    if isinstance(value, str) and value.strip() in ("0.1", "0.2"):
        return value.strip()
    shown = quoted(value) if isinstance(value, str) else "this"
    raise refuse(f"The version must be 0.1 or 0.2, and is {shown} (FIL-6).", "Write `version: 0.2`.")


Version: TypeAlias = Annotated[
    str, BeforeValidator(_version, json_schema_input_type=Any), WithJsonSchema({"enum": [0.1, 0.2, "0.1", "0.2"]})
]


class _Common(Part):
    version: Version = Field(description="0.2, or 0.1.")
    phases: Phases = Field(description="Of install, pre_build, build and post_build those that do something.")
    artifacts: Artifacts | None = Field(default=None)

    def _made(self, env: model.Environment) -> model.Buildspec:
        return model.Buildspec(
            version=self.version,
            phases=self.phases.to_model(),
            env=env,
            artifacts=self.artifacts.primary() if self.artifacts else None,
            secondary=self.artifacts.secondary() if self.artifacts else {},
        )


class Buildspec(_Common):
    """A buildspec of version 0.2."""

    run_as: Text = Field(default="", alias="run-as", description="The user that all commands run as.")
    env: Env | None = Field(default=None)
    proxy: Proxy | None = Field(default=None)
    batch: Batch | None = Field(default=None)
    reports: Annotated[dict[str, Report], Field(max_length=5)] | None = Field(default=None)
    cache: Cache | None = Field(default=None)

    def to_model(self) -> model.Buildspec:
        made = self._made(self.env.to_model() if self.env else model.Environment())
        reports = tuple(
            model.ReportFiles(group, each.files, each.file_format, within(each.base_directory), each.discard_paths)
            for group, each in (self.reports or {}).items()
        )
        return model.Buildspec(
            made.version,
            made.phases,
            made.env,
            self.run_as,
            made.artifacts,
            made.secondary,
            self.cache.to_model() if self.cache else None,
            reports,
            self.batch.to_model() if self.batch else None,
        )


class BatchOnly(Buildspec):
    """A buildspec that has a batch and nothing to do itself: each of its builds names another."""

    phases: Phases = Field(default_factory=Phases.model_construct)

    @model_validator(mode="after")
    def _each_has_its_own(self) -> "BatchOnly":
        left = [build.identifier for build in self.batch.to_model().builds if not build.buildspec] if self.batch else []
        if left:
            reason = f"`phases` is missing, and {quoted(left[0])} names no buildspec of its own."
            raise refuse(reason, "Write `phases`, or give each build of the batch its `buildspec`.")
        return self


class PlainText(Part):
    """Version 0.1's environment variables."""

    plaintext: Variables | None = Field(default=None)


class FirstBuildspec(_Common):
    """A buildspec of version 0.1 (GRM-4)."""

    environment_variables: PlainText | None = Field(default=None)

    def to_model(self) -> model.Buildspec:
        variables = self.environment_variables.plaintext if self.environment_variables else None
        return self._made(model.Environment(variables=variables or {}))
