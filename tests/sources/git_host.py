"""A Git host of its own for these tests: real git behind real smart HTTP with Basic auth, which can be made to misbehave."""

import asyncio
import base64
import hmac
import os
import subprocess
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pygit2
from aiohttp import web
from pygit2.enums import FileMode

from bot.model.people import Person
from bot.model.repository import Repository
from bot.ports import GitRemote, SourceRefused
from bot.sources.sources import MirrorSources
from tests.world.patience import PATIENCE

PASSWORD = "correct-horse-7f3a"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "1700000000 +0100",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "1700000000 +0100",
    "LC_ALL": "C",
}


def git(directory: Path, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, env=ENVIRONMENT | (env or {}), input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


class Origin:
    """A bare repository on the host, written to without a work tree, and by libgit2 where that is able to: a commit takes git six processes."""

    def __init__(self, path: Path, object_format: str = "sha1") -> None:
        self.path = path
        self._blobs: dict[bytes, str] = {}
        self._by_git = object_format != "sha1"
        if path.exists():
            return
        git(path.parent, "init", "-q", "--bare", f"--object-format={object_format}", str(path))
        git(path, "config", "uploadpack.allowFilter", "true")

    def git(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        return git(self.path, *arguments, stdin=stdin, env=env)

    def commit(
        self,
        files: dict[str, bytes],
        *parents: str,
        message: str = "Fix the typo",
        branch: str = "main",
        modes: dict[str, str] | None = None,
    ) -> str:
        """A commit of exactly these files; the branch points to it afterwards."""
        if not self._by_git:
            return self._commit(files, parents, message, branch, modes or {})
        index = {"GIT_INDEX_FILE": str(self.path / "test.index")}
        self.git("read-tree", "--empty", env=index)
        lines = b""
        for name, data in files.items():
            oid = self.blob(data)
            lines += f"{(modes or {}).get(name, '100644')} {oid}\t".encode() + name.encode() + b"\0"
        self.git("update-index", "-z", "--index-info", stdin=lines, env=index)
        tree = self.git("write-tree", env=index)
        return self.commit_tree(tree, *parents, message=message, branch=branch)

    @cached_property
    def _objects(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))

    def _commit(
        self, files: dict[str, bytes], parents: Sequence[str], message: str, branch: str, modes: dict[str, str]
    ) -> str:
        index = pygit2.Index()
        for name, data in files.items():
            mode = FileMode(int(modes.get(name, "100644"), 8))
            index.add(pygit2.IndexEntry(name, self._objects.create_blob(data), mode))
        who = pygit2.Signature("Ada", "ada@example.com", 1_700_000_000, 60)
        tree, text = index.write_tree(self._objects), f"{message.removesuffix(chr(10))}\n".encode()
        made = self._objects.create_commit(None, who, who, text, tree, list(parents))
        self._objects.references.create(f"refs/heads/{branch}", made, force=True)
        return str(made)

    def blob(self, data: bytes) -> str:
        if data not in self._blobs:
            self._blobs[data] = self.git("hash-object", "-w", "--stdin", stdin=data)
        return self._blobs[data]

    def commit_tree(self, tree: str, *parents: str, message: str = "Fix the typo", branch: str = "main") -> str:
        arguments = [word for parent in parents for word in ("-p", parent)]
        commit = self.git("commit-tree", tree, *arguments, "-F", "-", stdin=message.encode())
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def line(self, length: int) -> list[str]:
        """A branch of that many commits, oldest first."""
        commits: list[str] = []
        for number in range(length):
            commits.append(self.commit({"count": b"%d\n" % number}, *commits[-1:], message=f"Number {number}"))
        return commits

    def hostile_tree(self, *entries: tuple[str, str, str]) -> str:
        """A tree that git itself would not write: (mode, name, id)."""
        raw = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
        return self.git("hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=raw)

    def lose(self, branch: str = "main") -> None:
        """Delete the branch and collect what only it reached."""
        self.git("update-ref", "-d", f"refs/heads/{branch}")
        self.git("reflog", "expire", "--expire=now", "--all")
        self.git("gc", "-q", "--prune=now")


def with_submodules(origin: Origin, submodules: dict[str, tuple[str, str]], branch: str = "main") -> str:
    """A commit with these submodules: by path the settings and the commit."""
    sections = [f'[submodule "{path}"]\n\tpath = {path}\n\t{setting}\n' for path, (setting, _) in submodules.items()]
    index = {"GIT_INDEX_FILE": str(origin.path / "modules.index")}
    lines = [f"100644 {origin.blob(''.join(sections).encode())}\t.gitmodules"]
    lines += [f"160000 {commit}\t{path}" for path, (_, commit) in submodules.items()]
    origin.git("read-tree", "--empty", env=index)
    origin.git("update-index", "--add", "--index-info", stdin="\n".join(lines).encode() + b"\n", env=index)
    return origin.commit_tree(origin.git("write-tree", env=index), branch=branch)


@dataclass
class Host:
    """A smart HTTP server over a folder of bare repositories. `requests` holds what it was asked, in order.

    `status`: what it answers instead of the truth. `gate`: fetches wait for it, and `reached` says that one has come.
    `old`: speaks the first protocol, and gives no commit but the tips of branches. `public`: the names of repositories that
    everybody may read; the others are for whoever has the password. `moved`: names
    that are answered with a redirect to others. `shown`: the names that the password was shown at.
    """

    root: Path
    url: str = ""
    requests: list[str] = field(default_factory=list)
    status: int = 0
    old: bool = False
    redirect: str = ""
    gate: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    authorizations: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    public: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def fetches(self) -> int:
        """How many fetches found something to ask for."""
        return sum(request.startswith("POST") for request in self.requests)

    def origin(self, name: str = "web", object_format: str = "sha1") -> Origin:
        (self.root / name).parent.mkdir(exist_ok=True)
        return Origin(self.root / f"{name}.git", object_format)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        authorization = request.headers.get("Authorization", "")
        self.authorizations.append(authorization)
        self.note(request)
        if (name := repository_of(request)) in self.moved:
            raise web.HTTPFound(request.raw_path.replace(name, self.moved[name], 1))
        if self.redirect:
            raise web.HTTPFound(self.redirect + request.raw_path)
        if not self.lets_in(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        self.requests.append(f"{request.method} {request.rel_url}")
        if self.status:
            return web.Response(status=self.status)
        if request.method == "POST" and self.gate is not None:
            self.reached.set()
            await self.gate.wait()
        return await self._backend(request)

    def note(self, request: web.Request) -> None:
        """Whose addresses are shown the password, whatever comes of it."""
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if PASSWORD.encode() in base64.b64decode(given):
            self.shown.add(repository_of(request))

    def lets_in(self, request: web.Request) -> bool:
        if repository_of(request) in self.public:
            return True
        authorization = request.headers.get("Authorization", "")
        expected = "Basic " + base64.b64encode(f"x-access-token:{PASSWORD}".encode()).decode()
        return hmac.compare_digest(authorization, expected)

    async def _backend(self, request: web.Request) -> web.StreamResponse:
        environment, body = self._environment(request), await request.read()

        def backend() -> bytes:
            # Its exit status says nothing that its answer does not.
            return subprocess.run(
                ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
            ).stdout

        output = await asyncio.to_thread(backend)
        head, _, content = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200 OK").split()[0])
        return web.Response(status=status, headers=headers, body=content)

    def _environment(self, request: web.Request) -> dict[str, str]:
        version = {} if self.old else {"GIT_PROTOCOL": request.headers.get("Git-Protocol", "")}
        return ENVIRONMENT | version | {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        }  # fmt: skip


def repository_of(request: web.Request) -> str:
    return request.path.partition(".git")[0].strip("/")


async def serve(answer: Callable[[web.Request], Awaitable[web.StreamResponse]], stack: AsyncExitStack) -> str:
    """Listen on a free port until the stack is left; the URL is the answer."""
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


class World:
    """Sources over the host. `remotes` overrides where a repository is; `password` is what the bot believes it to be.

    `readers`: who may read what, by name of the repository.
    """

    def __init__(self, host: Host, root: Path, readers: Mapping[str, Collection[str]] | None = None) -> None:
        self.host = host
        self.root = root
        self.password = PASSWORD
        self.remotes: dict[str, GitRemote] = {}
        self.readers = dict(readers or {})
        self.sources = MirrorSources(root, self.remote, neighbour=self.neighbour)

    async def remote(self, repository: Repository) -> GitRemote:
        url = f"{self.host.url}/{repository.name}.git"
        return self.remotes.get(repository.id) or GitRemote(url, "x-access-token", self.password)

    async def neighbour(self, repository: Repository, name: str, people: Sequence[Person]) -> Repository:
        """Everybody known to read it, and somebody known at all."""
        if not people or any(person.login not in self.readers.get(name, ()) for person in people):
            raise SourceRefused(f"nobody here may read {name}; the operator can allow it")
        found = Repository(repository.provider, name.replace("/", "-"), name)
        self.remotes[found.id] = GitRemote(f"{self.host.url}/{name}.git", "x-access-token", self.password)
        return found

    def in_place(self, origin: Origin) -> None:
        """From now on the repository lies on this machine."""
        self.remotes[WEB.id] = GitRemote(f"{self.host.url}/web.git", path=origin.path)

    async def gathered(self, count: int) -> None:
        """Wait until that many callers wait for the next fetch."""
        async with asyncio.timeout(PATIENCE):
            while len(self.sources._places._mirrors["github-42"]._orders) < count:  # noqa: ASYNC110  nobody else needs an event
                await asyncio.sleep(0.001)

    @property
    def mirror(self) -> Path:
        return self.root / "github-42.git"


WEB = Repository("github", "42", "acme/web")
