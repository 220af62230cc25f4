"""The help, made from the table of commands."""

from bot.commands.table import TABLE, Entry

_OPENING = "What you can type here, at the beginning of a line:"
_CLOSING = (
    "Where several pipelines have a stage of one name, put the pipeline before it: `{prefix}approve web:production`."
)


def help_text(prefix: str = "/") -> str:
    """Markdown, with every command as it is typed on that host."""
    rows = ["| | |", "|---|---|", *(_row(entry, prefix) for entry in TABLE)]
    return "\n\n".join([_OPENING, "\n".join(rows), _CLOSING.format(prefix=prefix)])


def _row(entry: Entry, prefix: str) -> str:
    typed = entry.typed.replace("|", "\\|")  # GFM: a bar ends a cell even in code
    return f"| `{prefix}{typed}` | {entry.help} |"
