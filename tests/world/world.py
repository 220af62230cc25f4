"""The world of a story: a host with people, the real bot that hears of it over HTTP, and a clock that is wound by hand.

    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "Succeeded"

Every verb returns when everything has settled, but for the jobs that the story holds. Real are the bot, its pages, its
webhooks, Git, and the host's rules; only what jobs do is scripted, unless the world is made with `real_jobs`.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import aiohttp

from bot.model.people import Person, Role
from tests.world.assembled import Assembled
from tests.world.parts import OPERATOR
from tests.world.repo import Repo


class World(Assembled):
    """`ada` owns every repository, `ben` may write, `cleo` may only read; `dan` is nobody to it."""

    async def repo(
        self,
        pipeline: str | Mapping[str, str] = "",
        name: str = "acme/web",
        *,
        private_to: str = "",
        **keys: Any,
    ) -> Repo:
        """A repository whose pipeline file comes with the first push. Several pipelines: texts by their names.

        `private_to`: nobody but that owner may see it.
        """
        members = {"ada": Role.ADMIN, "ben": Role.WRITE, "cleo": Role.READ}
        if private_to:
            members = {private_to: Role.ADMIN}
        repository = await self.host.repository(name, members, private=bool(private_to))
        repo = Repo(self, repository)
        repo.define(pipeline, **keys)
        await self.settled()
        return repo

    async def wind(self, *, seconds: float = 0.0, days: float = 0.0) -> None:
        self.clock.at += seconds + days * 86_400
        await self.bot.outbox.refresh()
        await self.settled()

    async def settled(self) -> None:
        await self._quiet.settled()

    async def told_how_far(self, execution: str) -> None:
        """The host is told of the progress of what runs, as it is every few seconds."""
        await self._quiet.progressed(execution)

    def metrics(self) -> str:
        return self.bot.metrics.text().decode()

    async def look(self) -> None:
        """Look for what no delivery told of, as is done at the start and then again and again."""
        assert await self.bot.catching_up.once()
        await self.settled()

    async def deliver_again(
        self, edit: Callable[[bytes], bytes] = bytes, identity: str = "", holding: bytes = b""
    ) -> int:
        """The newest delivery (that holds those bytes) once more, as it was, or changed by the host itself; how the bot answers."""
        newest = next(one for one in reversed(self._deliveries) if holding in one.body)
        delivery = replace(newest, id=identity or newest.id)
        body = edit(delivery.body)
        return await self._post(self.host.signed(delivery, body), body)

    async def deliver_forged(self, *, signed: bool) -> int:
        """The newest delivery, changed by somebody who does not know the secret."""
        delivery = replace(self._deliveries[-1], id="forged-1")
        headers = self.host.signed(delivery, delivery.body)
        kept = {name: value for name, value in headers.items() if signed or "signature" not in name.lower()}
        return await self._post(kept, delivery.body + b" ")

    async def call(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST to the bot as anybody may; how it answers."""
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.url + path, data=body, headers=headers) as answer,
        ):
            status = answer.status
        await self.settled()
        return status

    async def order(self, path: str, body: Mapping[str, Any], token: str = OPERATOR) -> tuple[int, Any]:
        """POST to the API as whoever operates the bot."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.url + path, json=body, headers=headers) as answer,
        ):
            found = answer.status, await answer.json()
        await self.settled()
        return found

    async def _post(self, headers: Mapping[str, str], body: bytes) -> int:
        url = f"{self.url}/webhooks/{self.host.provider.name}"
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            status = answer.status
        await self.settled()
        return status

    async def page(self, path: str) -> str:
        async with aiohttp.ClientSession() as client, client.get(f"{self.url}{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    @property
    def refused(self) -> tuple[str, ...]:
        """The reactions to a command that was refused: none where a host has none, since words follow anyway."""
        return ("confused",) if self.host.provider.limits.reactions else ()

    def called(self, person: Person) -> str:
        """How a pipeline file names them."""
        return (person.names or (person.login,))[0]

    async def json(self, path: str) -> Any:
        async with aiohttp.ClientSession() as client, client.get(f"{self.url}{path}") as answer:
            return await answer.json()

    def normal(self, text: str) -> str:
        """With what differs from run to run, and from host to host, replaced: ids, addresses, commits."""
        for commit, name in self.commits.items():
            text = text.replace(commit, name).replace(commit[:7], name)
        text = text.replace(f"`{self.host.provider.limits.command_prefix}", "`/")
        text = re.sub(r"http://127\.0\.0\.1:\d+/executions/[0-9a-f-]{36}", "<execution>", text)
        text = re.sub(r"http://127\.0\.0\.1:\d+[^\s)]*", "<host>", text)
        return re.sub(r"<!-- penstock:answer:\d+ -->", "<!-- penstock:answer -->", text)


MakeWorld = Callable[..., AbstractAsyncContextManager[World]]
"""The stories' fixture for worlds out of the ordinary."""
