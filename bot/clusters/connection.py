"""Requests to one API server: credentials as the kubeconfig has them, patience while it does not answer, refusals as they are worded.

kubernetes_asyncio reads kubeconfigs, with their exec plug-ins and token files, and speaks TLS. It is an extra, and loaded only here.
Status objects: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog

from bot.clusters.clusters_file import Entry
from bot.ports import Cause, ClusterLost, ClusterRefused, ObjectRefused

log = structlog.get_logger(__name__)

PATIENCE = 60.0
"""Seconds for which a server that does not answer is asked again."""
LONGEST = 30.0
"""Seconds for one request; API servers give up after as many by themselves."""
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
_MOST_BYTES = 64 << 20
_BUSY = frozenset({429, 502, 503, 504})
_NOT_OF_THE_SCHEMA = "failed to create typed patch object"
"""Some servers call a manifest that does not fit its kind an error of their own, 500."""

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
Query = Sequence[tuple[str, str]]


class Connection:
    """One server. Credentials are had anew where they have run out."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._client: Any = None

    @classmethod
    async def open(cls, entry: Entry) -> "Connection":
        """Raises ClusterRefused without a client, ClusterLost for credentials that can't be had."""
        connection = cls(entry)
        connection._client = await _client(entry)
        return connection

    async def close(self) -> None:
        await self._client.close()

    async def ask(self, method: str, path: str, query: Query = (), body: object = None, kind: str = JSON) -> Any:
        """The answer's JSON. Raises ObjectRefused and ClusterLost."""
        began, renewed, tries = asyncio.get_running_loop().time(), False, 0
        while True:
            try:
                async with self._request(method, path, query, body, kind, LONGEST) as answer:
                    status, found = answer.status, await _json(answer)
                why = f"it answers {status}"
            except aiohttp.ClientSSLError as error:
                raise ClusterLost(f"its certificate is not one to be trusted: {type(error).__name__}") from None
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                status, found, why = (
                    0,
                    {},
                    "it can't be reached" if not isinstance(error, TimeoutError) else "it does not answer",
                )
            if 200 <= status < 300:  # noqa: PLR2004  HTTP's own
                return found
            if status == 401 and not renewed:  # noqa: PLR2004  as above
                renewed = True
                await self._renew()
                continue
            if not _passes(status, found, tries):
                raise _refusal(status, found)
            if asyncio.get_running_loop().time() - began > PATIENCE:
                raise ClusterLost(why, passes=True)
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    async def lines(self, path: str, query: Query, longest: float) -> AsyncIterator[dict[str, Any]]:
        """A JSON object a line, for as long as the server tells. Ends early where the connection does: whoever listens looks again."""
        try:
            async with self._request("GET", path, query, None, JSON, longest) as answer:
                if answer.status != 200:  # noqa: PLR2004  as above
                    raise _refusal(answer.status, await _json(answer))
                async for line in answer.content:
                    yield json.loads(line)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, query: Query, body: object, kind: str, longest: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        client = self._client
        headers = {"Accept": JSON, "Content-Type": kind, "User-Agent": "penstock"}
        await client.update_params_for_auth(headers, [], ["BearerToken"])
        answer: aiohttp.ClientResponse = await client.request(
            method,
            client.configuration.host + path,
            query_params=list(query),
            headers=headers,
            body=body,
            _preload_content=False,
            _request_timeout=aiohttp.ClientTimeout(total=longest),
        )
        async with answer:
            yield answer

    async def _renew(self) -> None:
        client = await _client(self._entry)
        self._client, old = client, self._client
        await old.close()


async def _client(entry: Entry) -> Any:
    try:
        kubernetes = await asyncio.to_thread(importlib.import_module, "kubernetes_asyncio")
    except ImportError:
        remedy = "the operator installs it with `pip install 'penstock[kubernetes]'`"
        raise ClusterRefused(f"this bot has no client for Kubernetes: {remedy}") from None
    configuration = kubernetes.client.Configuration()
    try:
        if entry.in_cluster:
            kubernetes.config.load_incluster_config(client_configuration=configuration)
        else:
            await kubernetes.config.load_kube_config(
                str(entry.kubeconfig), entry.context or None, configuration, persist_config=False
            )
        return kubernetes.client.ApiClient(configuration)
    except Exception as error:
        # Whatever a kubeconfig, a token file or an exec plug-in may come to. Its words may hold what is nobody else's affair.
        log.warning("credentials of a cluster", kubeconfig=str(entry.kubeconfig or ""), error=str(error))
        raise ClusterLost("its credentials can't be had: the bot's log says why") from error


async def _json(answer: aiohttp.ClientResponse) -> Any:
    data = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        data += chunk
        if len(data) > _MOST_BYTES:
            raise ClusterLost("its answer is larger than 64 MiB")
    try:
        return json.loads(data)
    except ValueError:
        return {}


def _passes(status: int, found: Any, tries: int) -> bool:
    """Whether another try may bring another answer."""
    if status == 0 or status in _BUSY:
        return True
    message = found.get("message", "") if isinstance(found, dict) else ""
    return status >= 500 and _NOT_OF_THE_SCHEMA not in message and tries < len(_PAUSES)  # noqa: PLR2004  HTTP's own


def _refusal(status: int, found: Any) -> Exception:
    if status == 401:  # noqa: PLR2004  as above
        return ClusterLost("it does not take the bot's credentials")
    told: Mapping[str, Any] = found if isinstance(found, dict) else {}
    details = told.get("details") or {}
    return ObjectRefused(
        status,
        str(told.get("message") or f"the cluster answers {status}"),
        [_cause(each) for each in details.get("causes") or () if isinstance(each, dict)],
    )


def _cause(told: Mapping[str, Any]) -> Cause:
    message = str(told.get("message", ""))
    manager = message.partition('"')[2].partition('"')[0] if told.get("reason") == "FieldManagerConflict" else ""
    return Cause(str(told.get("field", "")).lstrip("."), message, manager)
