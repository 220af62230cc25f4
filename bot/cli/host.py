"""`penstock host`: people, repositories and pull requests of the embedded Git host, beside a running bot or without one.

It works on the host's own data, so whoever may read and write the data folder may use it; there is nobody to sign in as.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import click
from rich.table import Table

from bot.cli.data_folder import load_as_its_user, running_at
from bot.cli.output import open_console
from bot.composition.bot import Host, embedded_host
from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from bot.ports import HostRefused
from bot.settings import Settings

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_by = click.option("--by", required=True, metavar="LOGIN", help="Who does it.")

Answer = Mapping[str, Any]


@click.group("host")
def host() -> None:
    """Look after the embedded Git host: its people, repositories and pull requests.

    Works beside a running bot with the same PENSTOCK_DATA_DIR, and when none runs.
    """


@host.group("user")
def user() -> None:
    """People and their access tokens."""


@user.command("add")
@click.argument("login")
@click.option("--admin", is_flag=True, help="May do everything in every repository.")
@_as_json
def add_user(login: str, *, admin: bool, as_json: bool) -> None:
    """Add a user and print their first access token, which is not kept anywhere."""

    async def add(host: Host) -> Answer:
        return {"login": login, "admin": admin, "token": await host.add_user(login, admin=admin)}

    _answer(add, "{token}", as_json=as_json)


@user.command("token")
@click.argument("login")
@_as_json
def issue_token(login: str, *, as_json: bool) -> None:
    """Print a further access token of a user: Git's password. Only its digest is kept."""

    async def issue(host: Host) -> Answer:
        return {"login": login, "token": await host.issue_token(login)}

    _answer(issue, "{token}", as_json=as_json)


@host.group("repository")
def repository() -> None:
    """Repositories and who may do what there."""


def _members(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Mapping[str, Role]:
    members = {}
    for value in values:
        login, equals, role = value.partition("=")
        if not equals or role.upper() not in Role.__members__:
            raise click.BadParameter(f"{value!r} is not LOGIN=ROLE, with read, write or admin for the role.")
        members[login] = Role[role.upper()]
    return members


@repository.command("create")
@click.argument("name", metavar="OWNER/NAME")
@click.option("--public", is_flag=True, help="Everybody may read it; default: members only.")
@click.option("--member", "members", multiple=True, metavar="LOGIN=ROLE", callback=_members, help="May be repeated.")
@_as_json
def create_repository(name: str, members: Mapping[str, Role], *, public: bool, as_json: bool) -> None:
    """Create an empty repository and print where to push."""

    async def create(host: Host) -> Answer:
        for login in members:
            await host.user(login)  # before anything is made
        made = await host.create_repository(name, private=not public, members=members)
        return {"repository": made.full_name, "url": host.clone_url(made.full_name)}

    _answer(create, "{url}", as_json=as_json)


@host.group("pull-request")
def pull_request() -> None:
    """Pull requests."""


@pull_request.command("open")
@click.argument("name", metavar="OWNER/NAME")
@click.argument("source")
@click.option("--target", default="", help="The branch to merge into; default: the default branch.")
@click.option("--title", default="", help="Default: the newest commit's subject.")
@_by
@_as_json
def open_pull_request(name: str, source: str, target: str, title: str, by: str, *, as_json: bool) -> None:
    """Open a pull request from the branch SOURCE and print its page."""

    async def open_one(host: Host) -> Answer:
        made = await host.open_pull_request(name, source, by=by, target=target, title=title)
        return {"number": made.number, "head": made.head, "url": host.address.pull_request(name, made.number)}

    _answer(open_one, "{url}", as_json=as_json)


@host.command("comment")
@click.argument("name", metavar="OWNER/NAME")
@click.argument("number", type=click.IntRange(min=1))
@click.argument("text")
@_by
@_as_json
def comment(name: str, number: int, text: str, by: str, *, as_json: bool) -> None:
    """Comment on the pull request NUMBER: `/approve`, say."""

    async def say(host: Host) -> Answer:
        made = await host.comment(name, Thread(ThreadKind.PULL_REQUEST, str(number)), text, by=by)
        return {"comment": made.id, "url": host.address.pull_request(name, number)}

    _answer(say, "{url}", as_json=as_json)


@host.command("sign-in")
@click.argument("login")
@_as_json
def sign_in(login: str, *, as_json: bool) -> None:
    """Print a link that signs a browser in as the user: once, within the hour."""

    async def link(host: Host) -> Answer:
        return {"login": login, "url": await host.sign_in_link(login)}

    _answer(link, "{url}", as_json=as_json)


@host.command("list")
@_as_json
def listing(*, as_json: bool) -> None:
    """The repositories, with their people and their open pull requests."""

    async def look(host: Host) -> Answer:
        return {"repositories": [await _described(host, name) for name in await host.repository_names()]}

    found = _run(look)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif not found["repositories"]:
        click.echo("There is no repository yet. `penstock host repository create OWNER/NAME` makes one.")
    else:
        open_console().print(_table(found["repositories"]))


async def _described(host: Host, name: str) -> Answer:
    open_ones = [one for one in await host.pull_requests(name) if one.open]
    return {
        "repository": name,
        "url": host.clone_url(name),
        "members": {login: role.name.lower() for login, role in await host.members(name)},
        "pull_requests": [{"number": one.number, "title": one.title, "head": one.head} for one in open_ones],
    }


def _table(repositories: list[Any]) -> Table:
    table = Table("Repository", "Clone from", "People", "Open pull requests", box=None, pad_edge=False)
    for one in repositories:
        people = ", ".join(f"{login} ({role})" for login, role in one["members"].items())
        open_ones = ", ".join(f"#{request['number']}" for request in one["pull_requests"])
        table.add_row(one["repository"], one["url"], people, open_ones)
    return table


def _answer(work: Callable[[Host], Awaitable[Answer]], line: str, *, as_json: bool) -> None:
    found = _run(work)
    click.echo(json.dumps(found, indent=2) if as_json else line.format(**found))


def _run(work: Callable[[Host], Awaitable[Answer]]) -> Answer:
    settings = load_as_its_user()
    if not settings.local_host:
        raise click.UsageError("The embedded Git host is switched off: PENSTOCK_LOCAL_HOST is false.")
    try:
        return asyncio.run(_with_host(settings, work))
    except HostRefused as refused:
        raise click.ClickException(str(refused)) from None


async def _with_host(settings: Settings, work: Callable[[Host], Awaitable[Answer]]) -> Answer:
    async with embedded_host(settings, running_at(settings.data_dir) or settings.url) as opened:
        return await work(opened)
