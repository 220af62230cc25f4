"""The `penstock` command: one file a subcommand. What a subcommand does beyond reading its words and showing results is elsewhere.

Exit status: 0 done, 1 the pipeline or check failed, 2 wrong usage or settings.
"""

import importlib
import sys

import click

from bot.settings import SettingsInvalid

COMMANDS = {
    "serve": "bot.cli.serve:serve",
    "demo": "bot.cli.demo:demo",
    "validate": "bot.cli.validate:validate",
    "schema": "bot.cli.validate:schema",
    "run": "bot.cli.run:run",
    "status": "bot.cli.status:status",
    "logs": "bot.cli.status:logs",
    "doctor": "bot.cli.doctor:doctor",
    "db": "bot.cli.database:database",
}
"""Where each subcommand is. Only the one that is called is imported, so that `penstock validate` starts fast."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock")
def penstock() -> None:
    """Pipelines for Git hosts: AWS CodePipeline's model as a bot."""


def main() -> None:
    """Run the command line; wrong settings end it with status 2 and every problem, a line each."""
    try:
        penstock()
    except SettingsInvalid as invalid:
        click.echo("Penstock can't start, because of its settings:", err=True)
        for line in str(invalid).splitlines():
            click.echo(f"  {line}", err=True)
        sys.exit(2)
