"""The API of a fake host as far as all are alike: the log of its calls, and the faults that were ordered. Answers are each host's own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.world.fake.faults import Faults, cut


@dataclass
class ApiCall:
    """One line of the log of calls; `status` is 0 when no answer was given."""

    method: str
    path: str
    status: int = 0


@dataclass(kw_only=True)
class Called:
    """What every API keeps of its calls."""

    faults: Faults = field(default_factory=Faults)
    calls: list[ApiCall] = field(default_factory=list)

    async def answered(
        self, request: web.Request, path: str, answer: Callable[[], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        """The answer, or the fault that was ordered for such a call. `path` is what the log has."""
        entry = ApiCall(request.method, path)
        self.calls.append(entry)
        fault = self.faults.take(entry.method, entry.path)
        given = await fault.meet(request) if fault else None
        given = given or await answer()
        if fault and fault.kind == "lost":
            given = cut(request)
        entry.status = given.status
        return given
