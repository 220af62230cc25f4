"""The `penstock` command: one file a subcommand. What a subcommand does beyond reading its words and showing results is elsewhere.

Exit status: 0 done, 1 the pipeline or check failed, 2 wrong usage or settings.
"""

import gc
import importlib
import io
import os
import pwd
import sys

import click

COMMANDS = {
    "serve": ("bot.cli.serve:serve", "Run the bot."),
    "demo": ("bot.cli.demo:demo", "Show everything with the embedded Git host."),
    "validate": ("bot.cli.validate:validate", "Check pipeline files, buildspecs and appspecs."),
    "schema": ("bot.cli.validate:schema", "Print the JSON Schema of pipeline files, buildspecs or appspecs."),
    "import": ("bot.cli.importing:import_", "Turn CodePipeline definitions into pipeline files."),
    "export": ("bot.cli.importing:export", "Turn a pipeline file into a CodePipeline definition."),
    "init": ("bot.cli.init:init", "Write a first pipeline file for what is in this folder."),
    "run": ("bot.cli.run:run", "Run the working tree's pipeline here and now."),
    "build": ("bot.cli.build:build", "Run a buildspec on the working tree here and now."),
    "status": ("bot.cli.status:status", "What runs and what ran."),
    "logs": ("bot.cli.status:logs", "Print an action's log, followed while it runs."),
    "artifacts": ("bot.cli.artifacts:artifacts", "What an execution has made, to be saved."),
    "approve": ("bot.cli.orders:approve", "Let what waits for approval go on."),
    "reject": ("bot.cli.orders:reject", "Refuse what waits for approval."),
    "retry": ("bot.cli.orders:retry", "Run what failed in a stage again."),
    "stop": ("bot.cli.orders:stop", "Stop an execution."),
    "rollback": ("bot.cli.orders:rollback", "Bring a stage back to what last succeeded there."),
    "hold": ("bot.cli.orders:hold", "Let nothing enter a stage."),
    "release": ("bot.cli.orders:release", "Let in again what waits before a stage."),
    "continue": ("bot.cli.orders:continue_", "Let a deployment go on that waits."),
    "override": ("bot.cli.orders:override", "Let an execution pass a condition that holds it back."),
    "put-revision": ("bot.cli.revisions:put_revision", "Tell that a source has a new revision."),
    "seal": ("bot.cli.seal:seal_secret", "Encrypt a secret for a pipeline file."),
    "connect": ("bot.cli.connect:connect", "Connect a repository: its webhook, made or repaired."),
    "disconnect": ("bot.cli.connect:disconnect", "Remove the bot's webhook from a repository."),
    "keys": ("bot.cli.keys:keys", "Look after the master keys."),
    "doctor": ("bot.cli.doctor.command:doctor", "Check settings, programs, the database, hosts and tokens."),
    "host": ("bot.cli.host:host", "Look after the embedded Git host: people, repositories, pull requests."),
    "db": ("bot.cli.database:database", "Look after the database."),
    "backup": ("bot.cli.backup:backup", "Save what the bot keeps as a tar file, while it runs."),
}
"""Where each subcommand is, and what it is for. Only the one that is called is imported, so that all of them start fast."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        gc.disable()  # what is imported stays: looking through it for garbage takes a fifth of a start
        command: click.Command = getattr(importlib.import_module(module), attribute)
        gc.freeze()
        gc.enable()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415  what is spelt well need not load it

            if meant := get_close_matches(args[0], COMMANDS, n=1):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {meant[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock")
def penstock() -> None:
    """Pipelines for Git hosts: AWS CodePipeline's model as a bot.

    `penstock demo` shows it. Exit status: 0 done, 1 the pipeline or check failed, 2 wrong usage or settings.
    """


def _have_a_home() -> None:
    """A user whom the machine does not list (systemd's DynamicUser, a container's `--user`) has none, and libraries ask for it as soon as
    they are imported. `/` is what systemd and container engines give such users.
    """
    if "HOME" in os.environ:
        return
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        os.environ["HOME"] = "/"


def main() -> None:
    """Run the command line. Whatever goes wrong ends in a sentence and an exit status, never in a trace."""
    _have_a_home()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our signs still shows the words
    try:
        penstock()
    except Exception as error:  # noqa: BLE001  the last place where anything can be said about it
        from bot.cli.failure import explain  # noqa: PLC0415  what went well need not load it

        sys.exit(explain(error))
