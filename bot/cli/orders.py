"""`penstock approve`, `reject`, `retry`, `stop`, `rollback`, `hold`, `release`, `continue`, `override`: what a comment would order, ordered from the command line.

A running bot is asked, with its own token; it obeys and refuses as it does for comments.
"""

import json
import sys
from collections.abc import Mapping
from urllib.parse import quote

import click

from bot.cli.client import Client
from bot.cli.which import Fits, asks_somebody, goes_on, has_failed, meant, read_execution
from bot.commands.table import BY_NAME
from bot.messages.text import one_line
from bot.settings import load

_MEANT: Mapping[str, Fits] = {
    "approve": asks_somebody,
    "reject": asks_somebody,
    "stop": goes_on,
    "override": goes_on,
    "retry": has_failed,
}
"""Which executions of a pipeline an order can be for, where its name stands for one; of others the newest of each lane."""

_URL = "The bot's address; default: from the settings."


def _order(name: str) -> click.Command:
    entry = BY_NAME[name]

    @click.command(name, short_help=f"{entry.help[0].upper()}{entry.help[1:]}.", options_metavar="[OPTIONS]")
    @click.argument("execution")
    @click.argument("words", nargs=-1, metavar=entry.usage)
    @click.option("--json", "as_json", is_flag=True, help="Print the execution as JSON.")
    @click.option("--url", help=_URL)
    def give(execution: str, words: tuple[str, ...], as_json: bool, url: str | None) -> None:
        client = Client(load(), url)
        wanted = quote(meant(client, execution, _MEANT.get(name)), safe="")
        answer = client.order(f"/api/executions/{wanted}/{name}", " ".join(words))
        if as_json:
            click.echo(json.dumps(answer, indent=2))
        elif "error" in answer:
            click.echo(one_line(answer["error"]), err=True)
        else:
            after = read_execution(answer)
            click.echo(f"Done. {after.lane.pipeline} #{after.number} is {after.status}: {answer['url']}")
        sys.exit(1 if "error" in answer else 0)

    give.help = (
        f"{entry.help[0].upper()}{entry.help[1:]}: of one EXECUTION: its id as `penstock status` has it, how that begins, "
        "or its pipeline's name where just one can be meant.\n\n"
        f"What follows is what a comment would have behind /{name}. Exit status 1: it was refused, with the reason."
    )
    return give


approve, reject, retry, stop = map(_order, ("approve", "reject", "retry", "stop"))
rollback, hold, release = map(_order, ("rollback", "hold", "release"))
continue_, override = map(_order, ("continue", "override"))
