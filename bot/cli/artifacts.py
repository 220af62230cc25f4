"""`penstock artifacts`: what an execution has made, and its files to be saved."""

import json
from pathlib import Path
from urllib.parse import quote

import click
from rich.table import Table
from rich.text import Text

from bot.cli.client import Client
from bot.cli.output import open_console
from bot.cli.status import ask
from bot.cli.which import read_execution
from bot.core.artifacts import produced
from bot.messages.words import memory
from bot.model.execution import Execution
from bot.settings import load


@click.command()
@click.argument("execution")
@click.argument("name", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to save it; - is standard output.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", help="The bot's address; default: from the settings.")
def artifacts(execution: str, name: str | None, output: Path | None, as_json: bool, url: str | None) -> None:
    """The artifacts that an EXECUTION has made; with NAME, save that one as a tar file (NAME.tar.gz)."""
    client = Client(load(), url)
    found = read_execution(ask(client, execution))
    if name is None:
        _list(found, as_json=as_json)
        return
    made = produced(found)
    if name not in made:
        raise click.UsageError(f"There is no artifact {name}. There is: {', '.join(made) or 'none'}.")
    file = output or Path(f"{name}.tar.gz")
    client.save(f"/executions/{quote(found.id, safe='')}/artifacts/{quote(name, safe='')}", file)
    if str(file) != "-":
        click.echo(f"{file}: {made[name].files} files, {memory(made[name].size)}", err=True)


def _list(execution: Execution, *, as_json: bool) -> None:
    rows = [
        (name, stage.name, run.name, made)
        for stage in execution.stages
        for run in stage.actions
        for name, made in run.artifacts.items()
    ]
    if as_json:
        plain = [
            {"name": name, "stage": stage, "action": action, "id": made.id}
            | {"files": made.files, "size": made.size, "stored": made.stored, "region": made.region}
            for name, stage, action, made in rows
        ]
        click.echo(json.dumps({"artifacts": plain}, indent=2))
        return
    if not rows:
        click.echo("This execution has made no artifacts.")
        return
    columns = ["Artifact", "Made by", "Files", "Size", "New to the store"]
    regional = any(made.region for *_, made in rows)
    table = Table(*columns, *(["Region"] if regional else []), box=None, padding=(0, 2, 0, 0))
    for name, stage, action, made in rows:
        sizes = str(made.files), memory(made.size), memory(made.stored)
        table.add_row(Text(name), Text(f"{stage}/{action}"), *sizes, *([made.region] if regional else []))
    open_console().print(table)
