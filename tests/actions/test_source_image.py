"""Image sources against a real registry, and against one that asks for a password or a token, as registries do."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.actions.source.image import FILE, ImageKind
from bot.actions.source.kind import Asker
from bot.model.repository import Repository
from bot.model.source import ImageSource
from bot.ports import HostUnavailable, SourceRefused, SourceUnavailable
from tests.world.registry import registry

ASKER = Asker(Repository("local", "1", "acme/web"), ())
SOURCE = ImageSource("acme/base", "stable")


@asynccontextmanager
async def kind_of(**registries: str) -> AsyncIterator[ImageKind]:
    kind = ImageKind(registries, timeout=5.0)
    try:
        yield kind
    finally:
        await kind.close()


async def test_src_4_the_digest_is_the_revision_and_the_artifact_describes_the_image(tmp_path: Path) -> None:
    async with registry(tmp_path) as hub, kind_of(main=hub.url) as kind:
        first = await hub.push("acme/base", "stable", "one")
        assert (await kind.newest(SOURCE, ASKER)).id == first
        second = await hub.push("acme/base", "stable", "two, and longer")
        fetched = await kind.fetch(SOURCE, ASKER, "", tmp_path / "newest")
        assert fetched.revision.id == second
        host = hub.url.removeprefix("http://")
        detail = json.loads((tmp_path / "newest" / FILE).read_text())
        assert detail.pop("ImageSizeInBytes").isdigit()
        assert detail == {
            "ImageDigest": second,
            "Version": "1.0",
            "RegistryId": host,
            "RepositoryName": "acme/base",
            "ImageURI": f"{host}/acme/base@{second}",
            "ImageTags": ["stable"],
        }
        assert fetched.variables["ImageURI"] == detail["ImageURI"]

        older = await kind.fetch(SOURCE, ASKER, first, tmp_path / "older")
        assert older.revision.id == first
        for source, revision in (
            (ImageSource("acme/base", "gone"), ""),
            (ImageSource("acme/gone"), ""),
            (SOURCE, f"sha256:{'0' * 64}"),
            (SOURCE, "../../x"),
        ):
            with pytest.raises(SourceUnavailable):
                await kind.fetch(source, ASKER, revision, tmp_path / "none")


async def test_only_registries_of_the_settings_are_asked() -> None:
    async with kind_of() as none, kind_of(main="http://127.0.0.1:9") as one:
        with pytest.raises(SourceRefused, match="has no registry; "):
            await none.newest(SOURCE, ASKER)
        with pytest.raises(SourceRefused, match="has no registry other"):
            await one.newest(ImageSource("acme/base", registry="other"), ASKER)
        with pytest.raises(HostUnavailable, match="does not answer"):
            await one.newest(SOURCE, ASKER)


BODY = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
BASIC = "Basic " + base64.b64encode(b"bot:hush").decode()


class Guarded:
    """A registry that lets nobody in without a proof; `seen` are the proofs that it was shown, and where."""

    def __init__(self, challenge: Callable[[web.Request], str], accepted: str) -> None:
        self._challenge = challenge
        self._accepted = accepted
        self.seen: list[tuple[str, str]] = []

    async def manifest(self, request: web.Request) -> web.Response:
        proof = request.headers.get("Authorization", "")
        self.seen.append((request.path, proof))
        if proof == self._accepted:
            return web.Response(body=BODY)
        return web.Response(status=401, headers={"WWW-Authenticate": self._challenge(request)})

    async def token(self, request: web.Request) -> web.Response:
        self.seen.append((request.path_qs, request.headers.get("Authorization", "")))
        known = request.headers.get("Authorization") == BASIC
        return web.json_response({"token": "t0ken"}) if known else web.Response(status=401)


@asynccontextmanager
async def guarded(guard: Guarded) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/v2/acme/base/manifests/{reference}", guard.manifest)
    app.router.add_get("/token", guard.token)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


def with_password(url: str, password: str = "hush") -> str:
    return url.replace("http://", f"http://bot:{password}@")


async def test_a_password_is_shown_when_it_is_asked_for() -> None:
    guard = Guarded(lambda _: 'Basic realm="registry"', BASIC)
    async with guarded(guard) as url, kind_of(main=with_password(url), wrong=with_password(url, "guess")) as kind:
        assert (await kind.newest(SOURCE, ASKER)).id == DIGEST
        with pytest.raises(SourceRefused, match="does not let the bot read") as told:
            await kind.newest(ImageSource("acme/base", registry="wrong"), ASKER)
        assert "guess" not in str(told.value)
    assert guard.seen[0][1] == ""


async def test_a_token_is_fetched_for_that_repository_alone() -> None:
    guard = Guarded(
        lambda request: f'Bearer realm="{request.url.origin()}/token",service="hub",scope="repository:other:push"',
        "Bearer t0ken",
    )
    async with guarded(guard) as url, kind_of(main=with_password(url)) as kind:
        assert (await kind.newest(SOURCE, ASKER)).id == DIGEST
        assert (await kind.newest(SOURCE, ASKER)).id == DIGEST
    asked = [place for place, _ in guard.seen if place.startswith("/token")]
    assert asked == ["/token?service=hub&scope=repository:acme/base:pull"], "once, and for no more"


async def test_the_password_goes_nowhere_that_an_answer_names() -> None:
    """Unless the settings name it for that."""
    thief = Guarded(lambda _: "", "")
    async with guarded(thief) as elsewhere:
        guard = Guarded(lambda _: f'Bearer realm="{elsewhere}/token",service="hub"', "Bearer t0ken")
        async with guarded(guard) as url:
            async with kind_of(main=with_password(url)) as kind:
                with pytest.raises(SourceRefused, match="gives out tokens at"):
                    await kind.newest(SOURCE, ASKER)
            assert thief.seen == []
            async with kind_of(main=with_password(url) + f"?auth={elsewhere}") as kind:
                assert (await kind.newest(SOURCE, ASKER)).id == DIGEST


async def test_a_manifest_that_is_not_the_one_asked_for_is_not_taken(tmp_path: Path) -> None:
    guard = Guarded(lambda _: "", "")
    async with guarded(guard) as url, kind_of(main=url) as kind:
        with pytest.raises(HostUnavailable, match="another manifest"):
            await kind.fetch(SOURCE, ASKER, f"sha256:{'0' * 64}", tmp_path / "into")
