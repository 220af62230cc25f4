"""What the fake Bitbuckets' endpoints of a repository's webhooks have in common: kept, and shown, changed and removed by who administers it."""

from abc import ABC, abstractmethod
from typing import Any

from aiohttp import web

from tests.world.bitbucket.api import Api, Call, Json, Refused
from tests.world.bitbucket.hooks import Hooks
from tests.world.fake.deliveries import RegisteredHook


class RepositoryHooks(ABC):
    """How each says it is its own."""

    def __init__(self, api: Api, hooks: Hooks) -> None:
        self._api = api
        self._hooks = hooks

    async def listed(self, call: Call) -> web.Response:
        return web.json_response(self.page([self.shape(hook) for hook in self.mine(call).values()]))

    async def create(self, call: Call) -> web.Response:
        mine = self.mine(call)
        hook = RegisteredHook(next(self._api.hosted.ids), "", frozenset(), "")
        self.set(hook, call.body)
        mine[hook.id] = hook
        return web.json_response(self.shape(hook), status=201)

    async def change(self, call: Call) -> web.Response:
        hook = self.hook(call)
        self.set(hook, call.body)
        return web.json_response(self.shape(hook))

    async def remove(self, call: Call) -> web.Response:
        del self.mine(call)[self.hook(call).id]
        return web.Response(status=204)

    def mine(self, call: Call) -> dict[int, RegisteredHook]:
        """The repository's, by number. Raises Refused."""
        if not self._api.hosted.may(call.repository, call.account, "admin"):
            raise self.closed()
        return self._hooks.registered.setdefault(self.key(call), {})

    def hook(self, call: Call) -> RegisteredHook:
        """The one that the call names. Raises Refused."""
        found = next((one for one in self.mine(call).values() if self.name(one) == call.part("hook")), None)
        if found is None:
            raise Refused(404, "This webhook does not exist")
        return found

    @abstractmethod
    def closed(self) -> Refused:
        """For who may not administer the repository."""

    @abstractmethod
    def key(self, call: Call) -> str:
        """What deliveries call the repository."""

    @abstractmethod
    def name(self, hook: RegisteredHook) -> str:
        """What addresses call it."""

    @abstractmethod
    def page(self, shown: list[dict[str, Any]]) -> dict[str, Any]: ...

    @abstractmethod
    def set(self, hook: RegisteredHook, body: Json) -> None:
        """Raises Refused."""

    @abstractmethod
    def shape(self, hook: RegisteredHook) -> dict[str, Any]: ...
