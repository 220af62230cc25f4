"""The last word on what a subcommand did not expect: a sentence for whoever typed it, and the exit status. No trace, unless asked for."""

import sys
import traceback

import click

from bot.ports import ProviderError, StorageUnavailable, StoreUnavailable
from bot.settings import SettingsInvalid, load


def explain(error: Exception) -> int:
    """Say what went wrong; the exit status comes back."""
    match error:
        case SettingsInvalid():
            click.echo("Penstock can't start, because of its settings:", err=True)
            for line in str(error).splitlines():
                click.echo(f"  {line}", err=True)
            return 2
        case StoreUnavailable():
            click.echo(str(error), err=True)
            return 2
        case StorageUnavailable():
            click.echo(
                f"The artifacts' storage can't be used: {error}. `penstock doctor` looks at each store.", err=True
            )
            return 2
        case ProviderError():
            click.echo(f"The Git host can't be used: {error}", err=True)
            return 2
        case OSError(filename=str() | bytes() as name):
            click.echo(
                f"{name if isinstance(name, str) else name.decode(errors='replace')}: {error.strerror}.", err=True
            )
            return 2
    return _unexpected(error)


def _unexpected(error: Exception) -> int:
    click.echo(f"Penstock broke, which is its own fault: {type(error).__name__}: {error}", err=True)
    if _debugging():
        traceback.print_exception(error, file=sys.stderr)
    else:
        click.echo("PENSTOCK_LOG_LEVEL=debug shows where; please report it.", err=True)
    return 1


def _debugging() -> bool:
    try:
        return load().log_level == "debug"
    except SettingsInvalid:
        return False
