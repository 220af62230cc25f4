"""`penstock import` and `penstock export`: CodePipeline's definitions to pipeline files, and back."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bot.definition import read_definitions
from bot.definition.exporter import Export, Names, export_pipeline
from bot.definition.importer import Import, import_pipelines
from bot.definition.importer.notes import Kind, Note

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_COLOURS = {Kind.MAPPED: "green", Kind.APPROXIMATED: "yellow", Kind.NO_EQUIVALENT: "red", Kind.PROBLEM: "red"}


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--parameter", "-p", "given", multiple=True, metavar="NAME=VALUE", help="A value for a template's parameter."
)
@click.option("--output", "-o", help="Write here. A folder, which may end in `/`, gets a file a pipeline.")
@click.option("--report/--no-report", default=True, help="Tell line by line what became of what (on standard error).")
@click.option("--json", "as_json", is_flag=True, help="Print files and report as JSON.")
def import_(files: tuple[Path, ...], given: tuple[str, ...], output: str | None, report: bool, as_json: bool) -> None:
    """Turn CodePipeline definitions into pipeline files.

    FILES are what `aws codepipeline get-pipeline` prints, or CloudFormation templates in YAML or JSON. Exit status 1: a
    definition breaks CodePipeline's own rules, or what came out needs a hand before it is valid.
    """
    parameters = dict(_parameter(each) for each in given)
    imports: list[Import] = []
    notes: list[tuple[str, Note]] = []
    for file in files:
        name = "standard input" if str(file) == "-" else str(file)
        pipelines, whole = import_pipelines(Path(name).name, _read(file), parameters)
        imports += pipelines
        notes += [(name, note) for note in (*whole, *(note for each in pipelines for note in each.notes))]
    if as_json:
        click.echo(json.dumps(_json(imports, notes), indent=2, ensure_ascii=False))
    if output is not None or not as_json:
        _write(imports, output)
    if not as_json:
        for line in _lines(notes) if report else ():
            click.echo(line, err=True)
    failed = any(note.kind is Kind.PROBLEM for _, note in notes) or _complain(imports, quiet=as_json)
    sys.exit(1 if failed else 0)


def _read(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--parameter")
    return name, value


def _write(imports: list[Import], chosen: str | None) -> None:
    if chosen is None:
        click.echo("---\n".join(each.text for each in imports), nl=False)
        return
    output = Path(chosen)
    if output.is_dir() or chosen.endswith("/") or len(imports) > 1:
        output.mkdir(parents=True, exist_ok=True)
        taken: set[str] = set()
        for each in imports:
            name = _free(each.name.strip(".") or "pipeline", taken)
            (output / f"{name}.yml").write_text(each.text, encoding="utf-8")
    elif imports:
        output.write_text(imports[0].text, encoding="utf-8")


def _free(name: str, taken: set[str]) -> str:
    """Two pipelines of one name do not overwrite each other."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free


def _lines(notes: list[tuple[str, Note]]) -> Iterator[str]:
    for name, note in notes:
        yield f"{name}:" + str(note).replace(f"{note.kind}:", click.style(f"{note.kind}:", fg=_COLOURS[note.kind]), 1)
    counts = {kind: sum(note.kind is kind for _, note in notes) for kind in Kind}
    problems = counts.pop(Kind.PROBLEM)
    told = [*(f"{count} {kind}" for kind, count in counts.items()), f"{problems} problem{'' if problems == 1 else 's'}"]
    yield ", ".join(told) + "."


def _complain(imports: list[Import], *, quiet: bool) -> bool:
    """Whether a file that came out is not valid as it is; what keeps it from being so is said."""
    broken = False
    for each in imports:
        definitions = read_definitions({f"{each.name}.yml": each.text.encode()}, each.name, not_yet=())
        for problem in definitions.problems:
            broken = True
            if not quiet:
                click.echo(f"Before it is valid: {problem}", err=True)
    return broken


def _json(imports: list[Import], notes: list[tuple[str, Note]]) -> dict[str, object]:
    report = [
        {
            "file": name,
            "line": note.line,
            "column": note.column,
            "path": note.path,
            "kind": note.kind,
            "text": note.text,
        }
        for name, note in notes
    ]
    return {"pipelines": [{"name": each.name, "text": each.text} for each in imports], "report": report}


@click.command(name="export")
@click.argument("file", required=False, type=_FILE)
@click.option("--pipeline", "wanted", help="Which one, when the file holds several.")
@click.option("--repository", default="", help="owner/name, as the connection knows it.")
@click.option("--branch", default="main", show_default=True, help="The branch of the source action.")
@click.option("--connection", default="", metavar="ARN", help="The connection to the Git host.")
@click.option("--role", default="", metavar="ARN", help="The role that the pipeline runs under.")
@click.option("--bucket", default="", help="The artifact bucket.")
@click.option("--region", default="", help="The region that the pipeline is in, where its actions name others.")
def export(
    file: Path | None,
    wanted: str | None,
    repository: str,
    branch: str,
    connection: str,
    role: str,
    bucket: str,
    region: str,
) -> None:
    """Turn a pipeline file into what `aws codepipeline create-pipeline` takes.

    Without FILE it is .pipeline.yml. What AWS has no equivalent for is told on standard error.
    """
    chosen = file or Path(".pipeline.yml")
    if file is None and not chosen.is_file():
        raise click.UsageError("There is no .pipeline.yml here: name a file.")
    names = Names(repository, branch, connection, role, bucket, region)
    made = _exported(chosen, wanted, names)
    click.echo(json.dumps(made.definition, indent=2, ensure_ascii=False))
    for note in made.notes:
        click.echo(note, err=True)


def _exported(file: Path, wanted: str | None, names: Names) -> Export:
    definitions = read_definitions({file.name: _read(file)}, Path.cwd().name, not_yet=())
    if definitions.problems:
        for problem in definitions.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
    known = {pipeline.name: pipeline for pipeline in definitions.pipelines}
    if wanted is None and len(known) > 1:
        raise click.UsageError(f"{file} holds several pipelines; choose with --pipeline: {', '.join(known)}.")
    if wanted is not None and wanted not in known:
        raise click.UsageError(f"{file} holds no pipeline {wanted!r}: it has {', '.join(known)}.")
    return export_pipeline(known[wanted] if wanted is not None else definitions.pipelines[0], names)
