"""The demo's story, told as it happens: what ada and ben do on the embedded host, and what the bot shows there."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel

from bot.cli.server import Server
from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from bot.model.status import StatusState

REPOSITORY = "ada/hello"
SAMPLE = Path(__file__).parent / "sample"
LOOK_EVERY = 0.05

ICONS = {
    StatusState.QUEUED: "…",
    StatusState.RUNNING: "[cyan]▶[/]",
    StatusState.WAITING: "[yellow]⏳[/]",
    StatusState.SUCCEEDED: "[green]✓[/]",
    StatusState.FAILED: "[red]✗[/]",
    StatusState.STOPPED: "[yellow]⊘[/]",
    StatusState.INVALID: "[red]✗[/]",
}


class DemoFailed(Exception):
    """Something did not go as it always should; the text says what."""


class Story:
    """Told once. `patient`: whether somebody at the terminal is given the time to answer the approval themselves."""

    def __init__(self, server: Server, folder: Path, console: Console) -> None:
        host = server.composed.host
        if host is None:
            raise DemoFailed("the embedded Git host is switched off")
        self._host = host
        self._server = server
        self._folder = folder
        self._clone = folder / "hello"
        self._console = console
        self._tokens: dict[str, str] = {}
        self._commit = ""
        self._number = 0
        self._told: dict[str, tuple[StatusState, str]] = {}

    async def tell(self, *, patient: bool) -> None:
        self._title(f"Penstock is up at {self._server.url}, with its own Git host and SQLite")
        await self.until_asked()
        await self._approve(patient=patient)
        await self._watch(lambda: self._final("penstock/hello"))
        await self._show_comment(lambda text: "/approve" not in text)
        self._title("That was it.")
        self._say(f"The execution's page: {await self.execution_page()}")

    async def until_asked(self) -> None:
        """The story to where the approval is asked for. Raises DemoFailed when it is not."""
        await self._set_the_stage()
        await self._push_a_change()
        await self._watch(lambda: self._state("penstock/hello") is StatusState.WAITING or self._final("penstock/hello"))
        if self._final("penstock/hello"):
            raise DemoFailed(f"nothing asked for an approval. {await self.state()}")
        self._title("The pipeline waits for an approval. This is the bot's comment on the pull request:")
        await self._show_comment(lambda text: "/approve" in text)

    async def check(self) -> None:
        """Every status ended in success. Raises DemoFailed."""
        await self._watch(self._all_final)
        statuses = await self._host.statuses(REPOSITORY, self._commit)
        wanted = {"penstock/hello", *(f"penstock/hello/{stage}" for stage in ("build", "staging", "production"))}
        wrong = [
            f"{name} is {status.state}"
            for name, status in statuses.items()
            if status.state is not StatusState.SUCCEEDED
        ]
        wrong += [f"{name} is missing" for name in sorted(wanted - set(statuses))]
        if wrong:
            raise DemoFailed("; ".join(wrong))
        for name, status in sorted(statuses.items()):
            self._console.print(f"{ICONS[status.state]} {name}: {escape(status.description)}", soft_wrap=True)

    async def state(self) -> str:
        """Where it stands, for whoever has to find out why it did not end."""
        if not self._commit:
            return "Nothing was pushed."
        statuses = await self._host.statuses(REPOSITORY, self._commit)
        return (
            "Statuses: "
            + ("; ".join(f"{n} is {s.state}: {s.description}" for n, s in statuses.items()) or "none")
            + "."
        )

    def say_what_next(self) -> None:
        """What to try, now that the bot is up."""
        self._console.print(
            Panel(
                f"[bold]Push something:[/]\n"
                f"  cd {escape(str(self._clone))}\n"
                f"  echo 'echo Bye' >> greet.sh && git commit -am 'Say goodbye' && git push\n\n"
                f"[bold]Comment on the pull request:[/] /approve, /reject too early, /rerun REGION=us-east-1, /stop abandon, /status, /help\n"
                f"  {self._pull_request_page()}\n\n"
                f"[bold]Break it:[/] write nonsense into .pipeline.yml and push; kill -9 {os.getpid()} while it runs\n\n"
                f"[bold]See everything:[/] {self._server.url}\n\n"
                f"Ctrl-C ends the demo and removes what it made.",
                title="What next",
                border_style="cyan",
            )
        )

    # --- what people do ---

    async def _set_the_stage(self) -> None:
        for login in ("ada", "ben"):
            self._tokens[login] = await self._host.add_user(login)
        await self._host.create_repository(REPOSITORY, members={"ada": Role.ADMIN, "ben": Role.WRITE})
        self._say(
            f"ada made the repository {REPOSITORY}: {await self._host.sign_in_link('ada', f'/host/{REPOSITORY}')} (signs you in as ada)"
        )
        await asyncio.to_thread(self._clone.mkdir)
        await self._git("init", "--quiet", "--initial-branch=main")
        await self._git("remote", "add", "origin", self._host.clone_url(REPOSITORY))
        await self._git("config", "user.name", "Ada")
        await self._git("config", "user.email", "ada@example.org")
        # So that `git push` works in the clone without a question. The demo's token ends with the demo.
        await self._git(
            "config", "credential.helper", f"!f() {{ echo username=ada; echo password={self._tokens['ada']}; }}; f"
        )
        (self._clone / "README.md").write_text("# Hello\n\nThe sample repository of Penstock's demo.\n")
        await self._git("add", ".")
        await self._git("commit", "--quiet", "--message", "Begin")
        await self._git("push", "--quiet", "--set-upstream", "origin", "main")

    async def _push_a_change(self) -> None:
        self._title("ada pushes a commit with a pipeline file, and opens a pull request with it")
        await self._git("switch", "--quiet", "--create", "greeting")
        await asyncio.to_thread(shutil.copytree, SAMPLE, self._clone, dirs_exist_ok=True)
        await self._git("add", ".")
        await self._git("commit", "--quiet", "--message", "Greet the world")
        self._commit = (await self._git("rev-parse", "HEAD")).strip()
        await self._git("push", "--quiet", "--set-upstream", "origin", "greeting", "-o", "pull_request")
        [pull_request] = await self._host.pull_requests(REPOSITORY)
        self._number = pull_request.number
        self._say(f"The pull request: {self._pull_request_page()}")

    async def _approve(self, *, patient: bool) -> None:
        if patient:
            self._say(
                f"Comment [bold]/approve[/] yourself: {await self._host.sign_in_link('ben', f'/host/{REPOSITORY}/pull/{self._number}')} (signs you in as ben)"
            )
            self._say("… or press Enter, and ben does it.")
            if not await self._somebody_answers():
                return
        self._title("ben comments: /approve production looks good")
        await self._host.comment(REPOSITORY, self._thread, "/approve production looks good", by="ben")

    async def _somebody_answers(self) -> bool:
        """Wait for Enter, or for an answer on the page. True: it was Enter."""
        pressed = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(0, pressed.set)
        try:
            while self._state("penstock/hello") is StatusState.WAITING and not pressed.is_set():
                await self._look()
                await asyncio.sleep(LOOK_EVERY)
        finally:
            loop.remove_reader(0)
        return pressed.is_set()

    # --- what there is to see ---

    async def _watch(self, enough: Callable[[], bool]) -> None:
        """Tell each status as it changes, until it is enough."""
        while not enough():
            await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        for name, status in sorted((await self._host.statuses(REPOSITORY, self._commit)).items()):
            news = (status.state, status.description)
            if self._told.get(name) != news:
                self._told[name] = news
                self._say(f"{ICONS[status.state]} [bold]{name}[/] {escape(status.description)}")

    def _state(self, context: str) -> StatusState | None:
        told = self._told.get(context)
        return told[0] if told else None

    def _final(self, context: str) -> bool:
        state = self._state(context)
        return state is not None and state.final

    def _all_final(self) -> bool:
        return all(state.final for state, _ in self._told.values())

    async def _show_comment(self, is_up_to_date: Callable[[str], bool]) -> None:
        """The bot's one comment, once it is up to date: it is sent side by side with the statuses."""
        while not is_up_to_date(text := await self._comment()) or not text:  # noqa: ASYNC110  the host is looked at as a person would
            await asyncio.sleep(LOOK_EVERY)
        self._console.print(Panel(Markdown(text), title=f"penstock on pull request {self._number}", border_style="dim"))

    async def _comment(self) -> str:
        comments = await self._host.comments(REPOSITORY, self._thread)
        return next((c.body.partition("-->")[2].strip() for c in comments if c.author.bot), "")

    @property
    def _thread(self) -> Thread:
        return Thread(ThreadKind.PULL_REQUEST, str(self._number))

    def _pull_request_page(self) -> str:
        return f"{self._server.url}/host/{REPOSITORY}/pull/{self._number}"

    async def execution_page(self) -> str:
        return (await self._host.statuses(REPOSITORY, self._commit))["penstock/hello"].url

    def _title(self, text: str) -> None:
        self._console.print(f"\n[bold cyan]──[/] [bold]{escape(text)}[/]")

    def _say(self, text: str) -> None:
        self._console.print(f"  {text}", soft_wrap=True)  # a terminal makes no link of an address that is broken in two

    async def _git(self, *words: str) -> str:
        """Run git in ada's clone, as untouched by this machine's configuration as it can be. Raises DemoFailed."""
        env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        process = await asyncio.create_subprocess_exec(
            "git", *words, cwd=self._clone, env=env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        stdout, stderr = await process.communicate()
        if process.returncode:
            raise DemoFailed(f"git {words[0]} failed: {stderr.decode(errors='replace').strip()}")
        return stdout.decode()
