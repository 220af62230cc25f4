"""`penstock validate` and `penstock schema`: the pipeline file's checks and its JSON Schema."""

import json
import sys
from pathlib import Path

import click

from bot.definition import PIPELINE_PATHS, Definitions, json_schema, read_definitions


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print pipelines and problems as JSON.")
def validate(files: tuple[Path, ...], as_json: bool) -> None:
    """Check pipeline FILES; without any, those of this folder (.pipeline.yml and .pipelines/)."""
    chosen = files or tuple(_here())
    if not chosen:
        raise click.UsageError("There is no pipeline file here: write .pipeline.yml, or name a file.")
    definitions = read_definitions({str(path): path.read_bytes() for path in chosen}, Path.cwd().name, whole=not files)
    click.echo(_json(definitions) if as_json else _words(definitions))
    sys.exit(1 if definitions.problems else 0)


def _here() -> list[Path]:
    found: list[Path] = []
    for name in PIPELINE_PATHS:
        path = Path(name)
        if name.endswith("/"):
            found += sorted(each for each in path.glob("*") if each.suffix in (".yml", ".yaml", ".json"))
        elif path.is_file():
            found.append(path)
    return found


def _words(definitions: Definitions) -> str:
    lines = [str(problem) for problem in definitions.problems]
    for pipeline in definitions.pipelines:
        actions = sum(len(stage.actions) for stage in pipeline.stages)
        size = f"{_count(len(pipeline.stages), 'stage')}, {_count(actions, 'action')}"
        lines.append(f"{pipeline.file}: {pipeline.name} is valid: {size}.")
    if definitions.problems:
        lines.append(f"{_count(len(definitions.problems), 'problem')}.")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(definitions: Definitions) -> str:
    problems = [
        {"file": p.file, "line": p.line, "column": p.column, "path": p.path, "reason": p.reason, "remedy": p.remedy}
        for p in definitions.problems
    ]
    pipelines = [
        {"name": p.name, "file": p.file, "digest": p.digest, "stages": [stage.name for stage in p.stages]}
        for p in definitions.pipelines
    ]
    return json.dumps({"valid": not problems, "pipelines": pipelines, "problems": problems}, indent=2)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the pipeline file, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))
