"""`penstock validate` and `penstock schema`: the checks of pipeline files and buildspecs, and their JSON Schemas."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from bot.buildspec import Reading, is_buildspec, named_problems, read_buildspec
from bot.buildspec import json_schema as schema_of_buildspecs
from bot.definition import PIPELINE_PATHS, Definitions, json_schema, read_definitions


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print pipelines and problems as JSON.")
def validate(files: tuple[Path, ...], as_json: bool) -> None:
    """Check pipeline FILES and buildspecs; without any, this folder's pipeline files and the buildspecs that they name."""
    chosen = files or tuple(_here())
    if not chosen:
        raise click.UsageError("There is no pipeline file here: write .pipeline.yml, or name a file.")
    read = {str(path): path.read_bytes() for path in chosen}
    specs = {name: data for name, data in read.items() if is_buildspec(data)}
    pipelines = {name: data for name, data in read.items() if name not in specs}
    definitions = read_definitions(pipelines, Path.cwd().name, whole=not files)
    readings = {name: read_buildspec(data, name) for name, data in specs.items()}
    problems = [*definitions.problems, *(problem for reading in readings.values() for problem in reading.problems)]
    if not files:
        problems += [problem for pipeline in definitions.pipelines for problem in named_problems(pipeline, _file)]
    found = replace(definitions, problems=tuple(problems))
    click.echo(_json(found, readings) if as_json else _words(found, readings))
    sys.exit(1 if problems else 0)


def _file(name: str) -> bytes | None:
    path = Path(name)
    return path.read_bytes() if path.is_file() else None


def _here() -> list[Path]:
    found: list[Path] = []
    for name in PIPELINE_PATHS:
        path = Path(name)
        if name.endswith("/"):
            found += sorted(each for each in path.glob("*") if each.suffix in (".yml", ".yaml", ".json"))
        elif path.is_file():
            found.append(path)
    return found


def _words(definitions: Definitions, readings: Mapping[str, Reading]) -> str:
    lines = [str(problem) for problem in definitions.problems]
    for name, reading in readings.items():
        lines += reading.warnings
        if reading.buildspec is not None:
            phases = sum(1 for phase in reading.buildspec.phases if phase.commands or phase.last)
            lines.append(f"{name} is a valid buildspec: {_count(phases, 'phase')} with commands.")
    for pipeline in definitions.pipelines:
        actions = sum(len(stage.actions) for stage in pipeline.stages)
        size = f"{_count(len(pipeline.stages), 'stage')}, {_count(actions, 'action')}"
        lines.append(f"{pipeline.file}: {pipeline.name} is valid: {size}.")
    if definitions.problems:
        lines.append(f"{_count(len(definitions.problems), 'problem')}.")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(definitions: Definitions, readings: Mapping[str, Reading]) -> str:
    problems = [
        {"file": p.file, "line": p.line, "column": p.column, "path": p.path, "reason": p.reason, "remedy": p.remedy}
        for p in definitions.problems
    ]
    pipelines = [
        {"name": p.name, "file": p.file, "digest": p.digest, "stages": [stage.name for stage in p.stages]}
        for p in definitions.pipelines
    ]
    found = {"valid": not problems, "pipelines": pipelines, "problems": problems}
    if readings:
        found["buildspecs"] = [
            {"file": name, "valid": reading.buildspec is not None, "warnings": reading.warnings}
            for name, reading in readings.items()
        ]
    return json.dumps(found, indent=2)


@click.command()
@click.option("--buildspec", is_flag=True, help="That of buildspecs instead.")
def schema(buildspec: bool) -> None:
    """Print the JSON Schema of the pipeline file, or of buildspecs, for editors."""
    click.echo(json.dumps(schema_of_buildspecs() if buildspec else json_schema(), indent=2))
