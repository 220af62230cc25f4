"""CodeBuild and Commands actions: to `build`, `test` and `run`."""

import json
from collections.abc import Iterator

from bot.definition.document import List, Map, Mark, Plain
from bot.definition.importer.conversion import Conversion, duration, flag
from bot.definition.importer.pieces import Made, Piece, marked, plant
from bot.definition.importer.placeholders import as_placeholders, has_hole, plain
from bot.definition.importer.template import Project
from bot.definition.syntax import read_documents

_USUAL = "buildspec.yml"
_ENVIRONMENT = ("EnvironmentType", "ComputeType", "VpcId", "Subnets", "SecurityGroupIds")


def build(work: Conversion, action: Piece, made: Made, kind: str) -> None:
    """A buildspec stays a buildspec; what the build project says of it is taken from the template, if that holds it."""
    configuration = action.piece("configuration")
    project = _project(work, configuration)
    spec, mark = _buildspec(work, configuration, project, made)
    made.put(kind, _built(configuration, spec, mark), mark)
    environment = Made(mark)
    if project is not None:
        _of_project(work, project, made, environment)
    for name, value, place, secret in _variables(configuration.text("EnvironmentVariables"), configuration):
        _variable(work, made, environment, (name, value, place, secret))
    if environment:
        made.put("env", environment)
    configuration.take("PrimarySource")
    work.leave(configuration, "the configuration key")


def _built(configuration: Piece, spec: object, mark: Mark) -> object:
    """The buildspec alone, or with the batch that is asked for (BLD-3)."""
    batch = flag(configuration.text("BatchEnabled"), default=False)
    combine = flag(configuration.text("CombineArtifacts"), default=False)
    if not batch:
        return spec
    built = Made(mark)
    if spec != _USUAL:
        built.put("buildspec", spec, mark)
    built.put("batch", True, configuration.mark("BatchEnabled"))
    if combine:
        built.put("combine_artifacts", True, configuration.mark("CombineArtifacts"))
    return built


def _project(work: Conversion, configuration: Piece) -> Project | None:
    name = plain(configuration.text("ProjectName"))
    return work.around.projects.get(name) or work.around.projects.get(name.removesuffix(".Name").removesuffix(".Arn"))


def _buildspec(work: Conversion, configuration: Piece, project: Project | None, made: Made) -> tuple[object, Mark]:
    override = configuration.text("BuildspecOverride")
    if override:
        mark = configuration.mark("BuildspecOverride")
        return _spec(work, override, mark, made), mark
    name, mark = plain(configuration.text("ProjectName")), configuration.mark("ProjectName")
    if project is not None:
        source = project.properties.piece("Source")
        text, at = source.text("BuildSpec"), source.mark("BuildSpec")
        if text:
            work.ledger.mapped(at, f"the buildspec of the project `{project.name}`")
        return (_spec(work, text, at, made), at) if text else (_USUAL, mark)
    text = f"the build project `{name}` is not in the file: {_USUAL} is taken to be its buildspec"
    made.remark("", work.ledger.approximated(mark, text))
    return _USUAL, mark


def _spec(work: Conversion, text: str, mark: Mark, made: Made) -> object:
    """A path, or the document itself."""
    if "\n" not in text and not text.lstrip().startswith(("{", "version:")):
        path = as_placeholders(text).strip()
        if has_hole(text) or path.startswith(("arn:", "/")) or ".." in path.split("/"):
            told = f"the buildspec was `{plain(text)}`: {_USUAL} is taken for it"
            made.remark("", work.ledger.approximated(mark, told))
            return _USUAL
        return path
    documents, findings = read_documents(text.encode("utf-8", "replace"))
    if findings or len(documents) != 1 or not isinstance(documents[0].root, Map) or not documents[0].root:
        made.remark("", work.ledger.approximated(mark, f"its buildspec cannot be read: {_USUAL} is taken for it"))
        return _USUAL
    return _within(work, documents[0].root, mark)


def _within(work: Conversion, value: object, mark: Mark) -> object:
    """The document's nodes, all at the place where it stands, with our references in its texts."""
    if isinstance(value, Map):
        made = Made(mark)
        for key, child in value.items():
            made.put(work.text(key, mark), _within(work, child, mark))
        return made
    if isinstance(value, List):
        return plant([_within(work, child, mark) for child in value], mark)
    return work.text(value, mark) if isinstance(value, str) and not isinstance(value, Plain) else value


def _of_project(work: Conversion, project: Project, made: Made, variables: Made) -> None:
    environment = project.properties.piece("Environment")
    for entry in environment.pieces("EnvironmentVariables"):
        secret = entry.text("Type") not in ("", "PLAINTEXT")
        _variable(work, made, variables, (entry.text("Name"), entry.text("Value"), entry.mark("Value"), secret))
    image = environment.text("Image")
    if image and not has_hole(image) and not image.startswith("aws/codebuild/"):
        made.put("image", image, environment.mark("Image"))
    elif image and has_hole(image):
        told = work.ledger.approximated(environment.mark("Image"), f"its image was `{plain(image)}`: name yours")
        made.remark("", told)
    elif image:
        text = f"the image `{plain(image)}` is CodeBuild's own: the action runs where the bot runs actions"
        work.ledger.missing(environment.mark("Image"), text)
    timeout = duration(project.properties.text("TimeoutInMinutes"))
    if timeout:
        made.put("timeout", timeout, project.properties.mark("TimeoutInMinutes"))


_Variable = tuple[str, str, Mark, bool]


def _variables(text: str, configuration: Piece) -> Iterator[_Variable]:
    """CodeBuild's JSON text of name, value and type."""
    mark = configuration.mark("EnvironmentVariables")
    try:
        entries = json.loads(text) if text else []
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        return
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield entry["name"], str(entry.get("value", "")), mark, entry.get("type", "PLAINTEXT") != "PLAINTEXT"


def _variable(work: Conversion, made: Made, variables: Made, variable: _Variable) -> None:
    name, value, mark, secret = variable
    name = plain(name)
    if secret or "{{resolve:" in value:
        text = f"{name} came from a store of secrets (`{plain(value)}`): seal it with `penstock seal`"
        made.remark("env" if variables else "", work.ledger.missing(mark, text))
    elif name:
        variables.put(name, work.text(value, mark), mark)


def commands(work: Conversion, action: Piece, made: Made) -> None:
    """BLD-4. Its output variables are variables of the shell, which ours writes down at the end."""
    mark = action.mark("commands")
    lines = [_command(work, text, at) for at, text in marked(action.take("commands")) if isinstance(text, str)]
    names = [name for name in action.texts("outputVariables") if name]
    lines += [f'echo "{name}=${name}" >>"$PENSTOCK_OUTPUT"' for name in names]
    made.put("run", lines[0] if len(lines) == 1 else lines, mark)
    environment = Made(mark)
    for entry in action.pieces("environmentVariables"):
        secret = entry.text("type") not in ("", "PLAINTEXT")
        _variable(work, made, environment, (entry.text("name"), entry.text("value"), entry.mark("value"), secret))
    if environment:
        made.put("env", environment)
    configuration = action.piece("configuration")
    if configuration.text("EnvironmentType").startswith("WINDOWS"):
        text = "the commands were for Windows: they run with `sh` here"
        made.remark("", work.ledger.approximated(configuration.mark("EnvironmentType"), text))
    work.leave(configuration, "the configuration key")


def _command(work: Conversion, text: str, mark: Mark) -> str:
    return work.text(str(text), mark, command=True)
