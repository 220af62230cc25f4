"""`penstock status` and `penstock logs`: what a running bot runs and ran."""

import json
import sys
from typing import Any
from urllib.parse import quote

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.client import Client
from bot.cli.output import open_console
from bot.cli.which import meant, read_execution
from bot.messages.text import one_line
from bot.messages.words import duration, held_words, said, wait_words, when
from bot.model.execution import ActionStatus, Execution, ExecutionStatus
from bot.model.people import Person
from bot.model.waiting import Hold
from bot.settings import load

STYLES = {
    ExecutionStatus.SUCCEEDED: "green",
    ExecutionStatus.FAILED: "red",
    ExecutionStatus.IN_PROGRESS: "cyan",
    ExecutionStatus.STOPPING: "yellow",
}

_url = click.option("--url", help="The bot's address; default: from the settings.")


@click.command()
@click.argument("execution", required=False)
@click.option("--repository", default="", help="Only this repository's, as owner/name.")
@click.option("--pipeline", default="", help="Only this pipeline's.")
@click.option("--ref", default="", help="Only this branch, tag or pull request (heads/main, tags/v1, pull/7).")
@click.option("--succeeded-in", default="", metavar="STAGE", help="Only what succeeded in this stage of the pipeline.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_url
def status(
    execution: str | None,
    repository: str,
    pipeline: str,
    ref: str,
    succeeded_in: str,
    limit: int,
    as_json: bool,
    url: str | None,
) -> None:
    """What runs and what ran, newest first; or one EXECUTION, stage by stage: exit status 1 when that one failed.

    As JSON there are the lanes as well: of each stage its latest execution, who waits before it and who holds it.

    The bot is asked that the settings describe; beyond loopback PENSTOCK_PAGE_TOKEN opens its pages.
    """
    client = Client(load(), url)
    if execution is None:
        which = {"repository": repository, "pipeline": pipeline, "ref": ref, "limit": str(limit)}
        if succeeded_in and not (repository and pipeline):
            raise click.UsageError(
                "--succeeded-in names a stage of a pipeline: say which with --repository and --pipeline."
            )
        found = client.json("/api/executions", succeededInStage=succeeded_in, **which)
        found |= {"lanes": client.json("/api/lanes", **which)["lanes"]}
        _print(found, as_json=as_json, view=lambda: _all(found))
        return
    one = ask(client, execution)
    _print(one, as_json=as_json, view=lambda: _one(read_execution(one), one["url"]))
    sys.exit(1 if one["status"] == ExecutionStatus.FAILED else 0)


@click.command()
@click.argument("execution")
@click.argument("action", required=False, metavar="[STAGE/ACTION]")
@_url
def logs(execution: str, action: str | None, url: str | None) -> None:
    """Print an action's log, followed while it runs. Without STAGE/ACTION: the one that runs, else the one that failed."""
    client = Client(load(), url)
    found = read_execution(ask(client, execution))
    key = _log_of(found, action)
    name = key.partition("/")[2]
    missing = (
        f"There is no log of {name.rpartition('/')[0]}: it never began, or its log was removed with other old ones."
    )
    for line in client.lines(f"/executions/{quote(found.id, safe='')}/logs/{quote(name)}/raw?follow=1", missing):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def ask(client: Client, execution: str) -> Any:
    """The one that is meant: see `which`."""
    found = client.json(f"/api/executions/{quote(meant(client, execution), safe='')}")
    if found is None:
        raise click.UsageError(f"The bot knows no execution {execution!r}. `penstock status` lists them.")
    return found


def _log_of(execution: Execution, wanted: str | None) -> str:
    runs = {f"{stage.name}/{run.name}": run for stage in execution.stages for run in stage.actions if run.log}
    if wanted is not None:
        if wanted not in runs:
            raise click.UsageError(f"There is no log of {wanted}. There is one of: {', '.join(runs) or 'nothing yet'}.")
        return runs[wanted].log
    for state in (ActionStatus.IN_PROGRESS, ActionStatus.FAILED):
        for run in runs.values():
            if run.status is state:
                return run.log
    if not runs:
        raise click.UsageError("No action of this execution has a log yet.")
    return list(runs.values())[-1].log


def _print(found: Any, *, as_json: bool, view: Any) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        open_console().print(view())


def _all(found: dict[str, Any]) -> RenderableType:
    executions = _list([read_execution(each) for each in found["executions"]])
    held = [_held(lane, one) for lane in found["lanes"] for one in lane["stages"] if not one["transition"]["enabled"]]
    return Group(executions, "", *held) if held else executions


def _held(lane: dict[str, Any], stage: dict[str, Any]) -> Text:
    """A stage that lets nobody in, whether anything waits for it or not."""
    door, waiting = stage["transition"], len(stage["inbound"])
    where = f"{lane['pipeline']}/{stage['name']} on {lane['ref']}"
    hold = held_words(Hold(Person(door["changed_by"]), door["changed_at"], door["reason"]))
    return Text(one_line(f"{where} is {hold}" + (f" ({waiting} waiting)" if waiting else "")), style="yellow")


def _list(executions: list[Execution]) -> Table | Text:
    if not executions:
        return Text("Nothing has run yet.")
    names = _names(executions)
    several = ("Repository",) if len(set(names)) > 1 else ()
    table = Table(
        "Execution", *several, "Pipeline", "Ref", "Commit", "Status", "Stage", "Started", box=None, padding=(0, 2, 0, 0)
    )
    for each, name in zip(executions, names, strict=True):
        where = f"{'before ' if each.waiting else ''}{each.current.name}" if not each.status.ended else ""
        style = STYLES.get(each.status, "yellow")
        table.add_row(
            Text(each.id), *(Text(name) for _ in several), Text(f"{each.lane.pipeline} #{each.number}"), Text(str(each.lane.ref)), each.revision.short,
            Text(str(each.status), style=style), Text(where), when(each.started_at),
        )  # fmt: skip
    return table


def _names(executions: list[Execution]) -> list[str]:
    """Of their repositories, with the host's where there are several: the same repository may be on more than one."""
    repositories = [each.lane.repository for each in executions]
    if len({one.provider for one in repositories}) > 1:
        return [f"{one.provider}:{one.full_name}" for one in repositories]
    return [one.full_name for one in repositories]


def _one(execution: Execution, url: str) -> RenderableType:
    version = f" · version {execution.pipeline_version}" if execution.pipeline_version else ""
    title = f"{execution.lane.pipeline} #{execution.number}{version}: {execution.status} · {execution.revision.short} {one_line(execution.revision.summary)}"
    table = Table("Stage", "Action", "Status", "Time", "", box=None, padding=(0, 2, 0, 0))
    for stage in execution.stages:
        if stage.withheld:
            table.add_row(Text(stage.name), Text("all"), str(stage.status), "", Text(one_line(stage.withheld)))
            continue
        for run in stage.actions:
            time = duration(run.ended_at - run.started_at) if run.started_at and run.ended_at else ""
            table.add_row(Text(stage.name), Text(run.name), str(run.status), time, Text(one_line(said(run))))
    waits = wait_words(execution.wait) if execution.waiting and execution.wait else ""
    why = [Text(f"Waiting to enter {execution.current.name}: {one_line(waits)}")] if waits else []
    kept = [Text(one_line(execution.summary), style="yellow")] if execution.in_part else []
    return Group(Text(title, style="bold"), *why, *kept, table, Text(url, style="dim"))
