"""Which repository an address means: a page's or a clone's, on one of the hosts that the settings name. No I/O, and no other host ever."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

Kind = Literal["github", "gitlab", "bitbucket", "bitbucket-dc", "local"]

SSH_NAMES = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
"""Where the public hosts let Git in by SSH on the port of HTTPS, beside their own names.

https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port
https://about.gitlab.com/blog/gitlab-dot-com-now-supports-an-alternate-git-plus-ssh-port/
https://support.atlassian.com/bitbucket-cloud/docs/use-the-ssh-protocol-with-bitbucket-cloud/
"""

_SCP = re.compile(r"(?:[^@/\s]+@)?([^:/\s]+):(?!//)(.+)")
_DATA_CENTER = re.compile(r"(projects|users)/([^/]+)/repos/([^/]+)(?:/.*)?")


@dataclass(frozen=True, slots=True)
class HostAddress:
    """A host as the settings have it: `name` is the provider's, `url` where its pages are."""

    name: str
    kind: Kind
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A repository as its host names it. `named`: the host was meant by its own name (`work:acme/web`)."""

    host: HostAddress
    full_name: str
    named: bool = False


class PlaceUnknown(Exception):
    """The address is none of a repository, or of one on a host that is not configured. The text says which."""


def place_of(address: str, hosts: Sequence[HostAddress]) -> Place:
    """Raises PlaceUnknown."""
    host, path = _host_and_path(address.strip(), hosts)
    full_name = _full_name(host.kind, unquote(path).strip("/"))
    if not full_name:
        raise PlaceUnknown(
            f"{address} is no address of a repository: it needs an owner and a name, as {_example(host)}"
        )
    return Place(host, full_name, named=address.strip().startswith(f"{host.name}:"))


def _host_and_path(address: str, hosts: Sequence[HostAddress]) -> tuple[HostAddress, str]:
    try:
        parts = urlsplit(address)
        asked = (parts.scheme, (parts.hostname or "").lower(), parts.port)
    except ValueError:
        raise PlaceUnknown(f"{address!r} is no address") from None
    if asked[0] in ("http", "https"):
        found = next((host for host in hosts if _same(host, address)), None)
        return _known(found, asked[1], hosts), parts.path[len(urlsplit(found.url).path) :] if found else ""
    if asked[0] == "ssh":
        return _by_ssh(asked[1], hosts), parts.path
    scp = _SCP.fullmatch(address)
    if scp is None:
        raise PlaceUnknown(f"{address!r} is no address: name the repository's page, or what git clones it from")
    named = next((host for host in hosts if host.name == scp[1]), None)
    return named or _by_ssh(scp[1].lower(), hosts), scp[2]


def _same(host: HostAddress, address: str) -> bool:
    """The very host: its scheme, name and port, and below its path."""
    ours, asked = urlsplit(host.url), urlsplit(address)
    same = (ours.scheme, ours.hostname, ours.port) == (asked.scheme, (asked.hostname or "").lower(), asked.port)
    return same and f"{asked.path}/".startswith(f"{ours.path.rstrip('/')}/")


def _by_ssh(name: str, hosts: Sequence[HostAddress]) -> HostAddress:
    """By the host's name alone: SSH has a port of its own."""
    wanted = SSH_NAMES.get(name, name)
    return _known(next((host for host in hosts if urlsplit(host.url).hostname == wanted), None), name, hosts)


def _known(found: HostAddress | None, name: str, hosts: Sequence[HostAddress]) -> HostAddress:
    if found is None:
        known = ", ".join(host.url for host in hosts)
        raise PlaceUnknown(f"{name or 'that'} is no host that the settings name: they name {known}")
    return found


def _full_name(kind: Kind, path: str) -> str:
    """Nothing for a path that names no repository."""
    if kind == "gitlab":
        path = path.partition("/-/")[0].removesuffix("/-").removesuffix(".git")
        return path if "/" in path else ""
    if kind == "bitbucket-dc":
        return _of_data_center(path)
    if kind == "local":
        path = path.removeprefix("git/").removeprefix("host/").removeprefix("repositories/local/")
    owner, _, rest = path.partition("/")
    name = rest.partition("/")[0].removesuffix(".git")
    return f"{owner}/{name}" if owner and name else ""


def _of_data_center(path: str) -> str:
    page = _DATA_CENTER.fullmatch(path)
    if page is not None:
        owner = f"~{page[2]}" if page[1] == "users" else page[2]
        return f"{owner}/{page[3]}"
    if path.startswith(("projects/", "users/")):
        return ""
    owner, slash, name = path.removeprefix("scm/").partition("/")
    name = name.removesuffix(".git")
    return f"{owner}/{name}" if slash and name and "/" not in name else ""


def _example(host: HostAddress) -> str:
    return f"{host.url}/projects/ACME/repos/web" if host.kind == "bitbucket-dc" else f"{host.url}/acme/web"
