"""A balancer in the targets file: nginx, with the file of one upstream that is Penstock's to write. Nothing of it comes from a repository.

What gets into nginx's file is checked here, character by character: names, addresses and directives that can end no line and open no block.
"""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.targets.written import Name, Pattern

_ADDRESS = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?|unix:/[A-Za-z0-9/._-]{1,100}"
)
_DIRECTIVE = re.compile(r"[a-z][a-z0-9_]*(?: [A-Za-z0-9_.$:/=-]+)*")
_PARAMETER = re.compile(r"[a-z_]+(?:=[A-Za-z0-9_.:/-]+)?")
_OURS = ("weight", "down", "backup")
_LARGEST_PORT = 65_535


def _address(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"] or 1) not in range(1, _LARGEST_PORT + 1):
        raise ValueError(
            "must be an address such as 10.0.0.5:8080, web-1.internal:8080, [fd00::5]:8080 or unix:/run/web.sock"
        )
    return text


def _directive(text: str) -> str:
    if _DIRECTIVE.fullmatch(text) is None or text.split(maxsplit=1)[0] == "server":
        raise ValueError(
            "must be a directive of an upstream without `;` and quotes, such as least_conn or `keepalive 32`"
        )
    return text


def _parameter(text: str) -> str:
    if _PARAMETER.fullmatch(text) is None or text.partition("=")[0] in _OURS:
        raise ValueError(
            "must be a parameter of nginx's `server`, such as max_fails=2, and none of weight, down, backup"
        )
    return text


def _file(path: str) -> str:
    if not path.startswith("/") or path.endswith("/") or ".." in path.split("/") or not path.isprintable():
        raise ValueError("must be an absolute path without `..`")
    return path


File = Annotated[str, AfterValidator(_file)]
Command = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class Server(BaseModel):
    """Where a target answers, and how much more than others it gets when all serve."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(_address)]
    weight: Annotated[int, Field(ge=1, le=100)] = 1


def _server(value: Any) -> Any:
    return {"address": value} if isinstance(value, str) else value


class Balancer(BaseModel):
    """`target` is where nginx runs, `servers` what is behind it, by names of targets. `test` and `reload` are commands there, word by word.

    `pid_file` names nginx's master, "" where it can't be seen from there; then `drain` seconds are always waited for, else at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: Name
    upstream: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
    file: File
    servers: Annotated[dict[Name, Annotated[Server, BeforeValidator(_server)]], Field(min_length=1, max_length=1000)]
    directives: tuple[Annotated[str, AfterValidator(_directive)], ...] = ()
    parameters: tuple[Annotated[str, AfterValidator(_parameter)], ...] = ()
    test: Command = ("nginx", "-t", "-q")
    reload: Command = ("nginx", "-s", "reload")
    pid_file: Annotated[str, AfterValidator(lambda path: path and _file(path))] = "/run/nginx.pid"
    drain: Annotated[float, Field(ge=0, le=3600)] = 30.0
    repositories: tuple[Pattern, ...]

    @model_validator(mode="after")
    def _one_server_an_address(self) -> Self:
        addresses = [server.address for server in self.servers.values()]
        twice = sorted({address for address in addresses if addresses.count(address) > 1})
        if twice:
            raise ValueError(f"has two servers of the address {', '.join(twice)}")
        return self
