"""`penstock put-revision`: tell a running bot that a source has a new revision (PutActionRevision)."""

import json
import sys

import click

from bot.cli.client import Client
from bot.messages.text import one_line
from bot.settings import load


@click.command("put-revision")
@click.argument("repository")
@click.argument("pipeline")
@click.argument("action", metavar="[STAGE/]ACTION")
@click.argument("revision")
@click.option("--change", default="", help="What made the revision; another one is told anew.")
@click.option("--provider", default="", help="The host, where several have a repository of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--url", help="The bot's address; default: from the settings.")
def put_revision(
    repository: str,
    pipeline: str,
    action: str,
    revision: str,
    change: str,
    provider: str,
    as_json: bool,
    url: str | None,
) -> None:
    """Tell that a source action has a new REVISION: a commit, an object's version, an image's digest.

    The pipeline starts on its home branch with that revision, once. Exit status 1: nothing came of it, with the reason.
    """
    stage, _, name = action.rpartition("/")
    told = {"repository": repository, "pipeline": pipeline, "stage": stage, "action": name, "revision": revision}
    answer = Client(load(), url).post("/api/revisions", {**told, "change": change, "provider": provider})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    elif "error" in answer:
        click.echo(one_line(answer["error"]), err=True)
    elif answer["new_revision"]:
        click.echo(f"Started: {answer['url']}")
    else:
        click.echo(f"It has had that revision before: {answer['url']}")
    sys.exit(1 if "error" in answer else 0)
