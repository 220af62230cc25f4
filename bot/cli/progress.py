"""How `penstock run` looks: log lines as they come with their action before them, and, on a terminal, the state of all below."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import click
from pydantic import TypeAdapter
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from bot.cli.lines import Lines
from bot.cli.output import open_console
from bot.clock import SystemClock
from bot.messages.results import results_words
from bot.messages.text import one_line
from bot.messages.words import duration, said
from bot.model.execution import ActionRun, ActionStatus, Execution, ExecutionStatus, StageRun
from bot.model.outage import Outage
from bot.model.pipeline import Action, Pipeline
from bot.ports import LogChunk

MARKS = {
    ActionStatus.NOT_STARTED: ("·", "dim"),
    ActionStatus.SUCCEEDED: ("✓", "green"),
    ActionStatus.FAILED: ("✗", "red"),
    ActionStatus.ABANDONED: ("⊘", "yellow"),
}


class Progress(Protocol):
    """What a local run tells as it goes."""

    def changed(self, execution: Execution) -> None: ...

    async def follow(self, where: str, chunks: AsyncIterator[LogChunk]) -> None:
        """Show an action's output as it comes."""

    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None:
        """Ask whether to, for an approval or something else: yes or no, and why; None when there is nobody to ask."""

    def deploying(self, stage: str, words: str) -> None:
        """How far a stage's deployments are; "" once they have ended."""

    def clearing_up(self) -> None:
        """It was stopped, and what it began has still to be brought to an end."""

    def finish(self, execution: Execution) -> int:
        """Show how it ended; the exit status comes back."""

    def when_unread(self, stop: Callable[[], None]) -> None:
        """Call it when nobody reads any more."""


def progress(pipeline: Pipeline, *, as_json: bool) -> Progress:
    """The way of showing that suits where the output goes."""
    if as_json:
        return _Json()
    reader = _Reader()
    console = open_console(reader.go)
    return _Terminal(pipeline, console, reader) if console.is_terminal else _Plain(console, reader)


class _Reader:
    """Whoever reads what is shown, and may go before its end."""

    def __init__(self) -> None:
        self.gone: Callable[[], None] = lambda: None

    def go(self) -> None:
        self.gone()


class _Json:
    def changed(self, execution: Execution) -> None:
        pass

    async def follow(self, where: str, chunks: AsyncIterator[LogChunk]) -> None:  # noqa: ARG002  the protocol's signature
        async for _ in chunks:
            pass

    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None:  # noqa: ARG002  the protocol's signature
        return None

    def deploying(self, stage: str, words: str) -> None:
        pass

    def clearing_up(self) -> None:
        pass

    def when_unread(self, stop: Callable[[], None]) -> None:
        """All is written at the end."""

    def finish(self, execution: Execution) -> int:
        click.echo(json.dumps(TypeAdapter(Execution).dump_python(execution, mode="json"), indent=2))
        return _exit_status(execution)


def _exit_status(execution: Execution) -> int:
    return 0 if execution.status is ExecutionStatus.SUCCEEDED else 1


class _Plain:
    """Plain lines: for a pipe, a file, another CI."""

    def __init__(self, console: Console, reader: _Reader) -> None:
        self._console = console
        self._reader = reader
        self._told: dict[str, tuple[ActionStatus, str]] = {}
        self._held: dict[str, Outage | None] = {}
        self._width = 0

    def changed(self, execution: Execution) -> None:
        for stage in execution.stages:
            for run in stage.actions:
                key = f"{stage.name}/{run.name}/{run.attempt}"
                news = (run.status, run.summary)
                if run.status is not ActionStatus.NOT_STARTED and self._told.get(key) != news:
                    self._tell(stage, run, begins=key not in self._told)
                    self._told[key] = news
                if run.outage is not None and run.outage != self._held.get(key):
                    self._console.print(escape(f"… {stage.name}/{run.name} {said(run)}"), style="yellow")
                self._held[key] = run.outage

    def _tell(self, stage: StageRun, run: ActionRun, *, begins: bool) -> None:
        """That it has begun, what it says of itself meanwhile, or how it has ended."""
        if run.status is ActionStatus.IN_PROGRESS:
            told = f": {run.summary}" if run.summary else ""
            if begins or told:
                self._console.print(f"[bold]{'▶' if begins else '…'}[/] {escape(f'{stage.name}/{run.name}{told}')}")
            return
        mark, style = MARKS[run.status]
        words = f"{stage.name}/{run.name} {str(run.status).lower()}{_took(run)}{_why(run)}"
        self._console.print(f"[{style}]{mark}[/] {escape(words)}")

    async def follow(self, where: str, chunks: AsyncIterator[LogChunk]) -> None:
        lines = Lines()
        async for chunk in chunks:
            if chunk.dropped:
                for line in lines.end():
                    self._line(where, line)
                self._line(where, f"… {chunk.dropped} bytes left out …")
            for line in lines.feed(chunk.data):
                self._line(where, line)
        for line in lines.end():
            self._line(where, line)

    def deploying(self, stage: str, words: str) -> None:
        """The action's own log has told it."""

    def clearing_up(self) -> None:
        self._console.print("Stopped: what was begun is brought to an end. Ctrl-C again leaves it as it is.")

    def when_unread(self, stop: Callable[[], None]) -> None:
        self._reader.gone = stop

    def _line(self, where: str, line: str) -> None:
        prefix = Text(f"{where} │ ", style="dim")
        self._console.print(prefix + Text.from_ansi(line.rstrip("\r")), soft_wrap=True)

    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None:
        if not sys.stdin.isatty():
            return None
        text = f"{message} — {verb} {where}? [y/N] " if message else f"{verb.capitalize()} {where}? [y/N] "
        self._console.print(Text(one_line(text) + " ", style="bold"), end="")
        answer = await _typed()
        return None if answer is None else (answer.strip().lower() in ("y", "yes"), "")

    def finish(self, execution: Execution) -> int:
        took = (execution.ended_at or execution.updated_at) - execution.started_at
        good = execution.status is ExecutionStatus.SUCCEEDED
        mark = "[green]✓[/]" if good else "[red]✗[/]"
        words = f"{execution.lane.pipeline} {str(execution.status).lower()} in {duration(took)}"
        self._console.print(
            f"{mark} [bold]{escape(words)}[/]{escape(f': {execution.summary}' if execution.summary else '')}"
        )
        return _exit_status(execution)


async def _typed() -> str | None:
    """A line from the terminal; None at its end. No thread waits for it, so that Ctrl-C need not wait either."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline() or None


def _why(run: ActionRun) -> str:
    """What came of it, and where more of it can be seen."""
    told = [run.summary, results_words(run.results) if run.results else "", run.external_url]
    return f": {'; '.join(filter(None, told))}" if any(told) else ""


def _took(run: ActionRun) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    return f" in {duration(run.ended_at - run.started_at)}"


class _Terminal(_Plain):
    """Log lines above, and below them, redrawn, every stage and action with its state."""

    def __init__(self, pipeline: Pipeline, console: Console, reader: _Reader) -> None:
        super().__init__(console, reader)
        self._pipeline = pipeline
        self._execution: Execution | None = None
        self._deploying: dict[str, str] = {}
        self._spinner = Spinner("dots", style="cyan")
        self._clock = SystemClock()
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=10, transient=True)

    def changed(self, execution: Execution) -> None:
        if self._execution is None:
            self._live.start()
        self._execution = execution
        super().changed(execution)

    def deploying(self, stage: str, words: str) -> None:
        self._deploying[stage] = words

    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None:
        self._live.stop()
        try:
            return await super().ask(where, message, verb)
        finally:
            self._live.start()

    def finish(self, execution: Execution) -> int:
        self._live.stop()
        return super().finish(execution)

    def _draw(self) -> RenderableType:
        if self._execution is None:
            return Text("")
        table = Table.grid(padding=(0, 2))
        for stage, run in zip(self._pipeline.stages, self._execution.stages, strict=True):
            cells = [self._cell(action, run) for action in stage.actions]
            table.add_row(Text(stage.name, style="bold"), Columns(cells, padding=(0, 2)))
            if words := self._deploying.get(stage.name):
                table.add_row("", Text(words, style="dim"))
        return Group(Text(""), table)

    def _cell(self, action: Action, stage: StageRun) -> Text:
        run = stage.action(action.name)
        if run.status is ActionStatus.IN_PROGRESS:
            frame = self._spinner.render(self._console.get_time())
            assert isinstance(frame, Text)  # noqa: S101  it has no words of its own
            lasts = "" if run.started_at is None else f" {duration(self._clock.now() - run.started_at)}"
            return Text.assemble(frame, " ", action.name, (lasts, "dim"), no_wrap=True)
        mark, style = MARKS[run.status]
        return Text.assemble(
            (mark, style),
            " ",
            (action.name, "dim" if run.status is ActionStatus.NOT_STARTED else ""),
            (_took(run), "dim"),
            no_wrap=True,
        )
