"""`penstock validate` and `penstock schema`: the checks of pipeline files, buildspecs and appspecs, and their JSON Schemas."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bot import appspec, buildspec, hosts_file
from bot.cli.beside import named_problems
from bot.cli.no_pipeline import in_place_of_one
from bot.definition import PIPELINE_PATHS, Definitions, json_schema, read_definitions


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print pipelines and problems as JSON.")
def validate(files: tuple[Path, ...], as_json: bool) -> None:
    """Check pipeline FILES, buildspecs and appspecs; without any, this folder's pipeline files and what they name of these and of manifests."""
    chosen = files or tuple(_here())
    if not chosen:
        nothing = "There is no pipeline file here: `penstock init` writes one, or name a file."
        raise click.UsageError(in_place_of_one(Path.cwd()) or nothing)
    read = {str(path): path.read_bytes() for path in chosen}
    kinds = {name: kind for name, data in read.items() if (kind := _kind(data)) is not None}
    pipelines = {name: data for name, data in read.items() if name not in kinds}
    definitions = read_definitions(pipelines, Path.cwd().name, whole=not files)
    readings = {name: _READERS[kind](read[name], name) for name, kind in kinds.items()}
    problems = [*definitions.problems, *(problem for reading in readings.values() for problem in reading.problems)]
    if not files:
        for pipeline in definitions.pipelines:
            problems += named_problems(pipeline, Path())
    found = replace(definitions, problems=tuple(problems))
    click.echo(_json(found, readings) if as_json else _words(found, readings))
    sys.exit(1 if problems else 0)


Reading = buildspec.Reading | appspec.Reading

_READERS: Mapping[str, Callable[[bytes, str], Reading]] = {
    "buildspecs": buildspec.read_buildspec,
    "appspecs": appspec.read_appspec,
}


def _kind(data: bytes) -> str | None:
    """Of which of the others' formats it means to be; None: it is a pipeline file."""
    if buildspec.is_buildspec(data):
        return "buildspecs"
    return "appspecs" if appspec.is_appspec(data) else None


def _here() -> list[Path]:
    """As a push reads them: no link is followed."""
    found: list[Path] = []
    for name in PIPELINE_PATHS:
        path = Path(name)
        if path.is_symlink():
            continue
        if name.endswith("/"):
            found += sorted(each for each in path.glob("*") if each.suffix in (".yml", ".yaml", ".json"))
        elif path.is_file():
            found.append(path)
    return found


def _words(definitions: Definitions, readings: Mapping[str, Reading]) -> str:
    lines = [str(problem) for problem in definitions.problems]
    for name, reading in readings.items():
        lines += [*reading.warnings, *_praise(name, reading)]
    for pipeline in definitions.pipelines:
        actions = sum(len(stage.actions) for stage in pipeline.stages)
        size = f"{_count(len(pipeline.stages), 'stage')}, {_count(actions, 'action')}"
        lines.append(f"{pipeline.file}: {pipeline.name} is valid: {size}.")
    if definitions.problems:
        lines.append(f"{_count(len(definitions.problems), 'problem')}.")
    return "\n".join(lines)


def _praise(name: str, reading: Reading) -> Iterator[str]:
    if isinstance(reading, appspec.Reading):
        if reading.appspec is not None:
            size = f"{_count(len(reading.appspec.files), 'entry', 'entries')} of files"
            yield f"{name} is a valid appspec: {size}, {_count(len(reading.appspec.hooks), 'event')} with scripts."
    elif reading.buildspec is not None:
        phases = sum(1 for phase in reading.buildspec.phases if phase.commands or phase.last)
        yield f"{name} is a valid buildspec: {_count(phases, 'phase')} with commands."


def _valid(reading: Reading) -> bool:
    return (reading.appspec if isinstance(reading, appspec.Reading) else reading.buildspec) is not None


def _count(number: int, noun: str, many: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {many or f'{noun}s'}"


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
    for kind, type_ in (("buildspecs", buildspec.Reading), ("appspecs", appspec.Reading)):
        if told := [
            {"file": name, "valid": _valid(reading), "warnings": reading.warnings}
            for name, reading in readings.items()
            if isinstance(reading, type_)
        ]:
            found[kind] = told
    return json.dumps(found, indent=2)


@click.command()
@click.option("--buildspec", "of", flag_value="buildspec", help="That of buildspecs instead.")
@click.option("--appspec", "of", flag_value="appspec", help="That of appspecs instead.")
@click.option("--hosts", "of", flag_value="hosts", help="That of the hosts file instead.")
def schema(of: str | None) -> None:
    """Print the JSON Schema of the pipeline file, or of buildspecs, appspecs or the hosts file, for editors."""
    schemas: Mapping[str, Callable[[], dict[str, Any]]] = {
        "buildspec": buildspec.json_schema,
        "appspec": appspec.json_schema,
        "hosts": hosts_file.json_schema,
    }
    click.echo(json.dumps(schemas[of]() if of else json_schema(), indent=2))
