"""A GitHub App made in the browser: by whoever operates the bot, once a state, and from the next start on the bot signs in as it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from bot.cli.server import Server
from bot.settings import load
from tests.world.github.server import FakeGitHub


@asynccontextmanager
async def running(github: FakeGitHub, folder: Path, **more: object) -> AsyncIterator[Server]:
    urls = {"github_url": github.url, "github_api_url": github.api_url}
    async with Server(load(port=0, data_dir=folder / "data", grace_period=1, **urls, **more)) as server:
        yield server


def token(folder: Path) -> str:
    return (folder / "data" / "operator-token").read_text().strip()


async def test_an_app_is_made_in_the_browser_and_signed_in_as_from_the_next_start_on(
    browser: Browser, tmp_path: Path
) -> None:
    async with FakeGitHub(tmp_path / "github") as github:
        github.user("acme", "Organization")
        web = await github.repository("acme/web")
        async with running(github, tmp_path) as server:
            page = await (await browser.new_context()).new_page()
            await page.goto(f"{server.url}/setup/github")
            await page.get_by_label("Token").fill("guess")
            await page.get_by_role("button", name="Go on").click()
            await expect(page.get_by_role("alert")).to_contain_text("neither")
            await page.get_by_label("Token").fill(token(tmp_path))
            await page.get_by_role("button", name="Go on").click()
            await page.get_by_label("Organization").fill("acme")
            await page.get_by_role("button", name="Next").click()
            await page.get_by_role("button", name="Make it on GitHub").click()
            await page.get_by_role("button", name="Create GitHub App Penstock").click()
            await expect(page.get_by_role("link", name="penstock", exact=True)).to_be_visible()
            await expect(page.get_by_role("listitem").first).to_contain_text("Restart")
            await page.screenshot(path=tmp_path / "setup.png")
        app = github.hosted.app
        assert app is not None
        assert (app.slug, app.hook_url) == ("penstock", f"{server.url}/webhooks/github")
        assert "merge_group" in app.events
        github.install([web])
        async with running(github, tmp_path) as again:
            github.hooks.url = f"{again.url}/webhooks/github"
            await github.push(web, "main", {".pipeline.yml": PIPELINE}, "Begin", by=github.user("ada"))
            assert github.hooks.sent[-1].answer == 202, "the secret of the App is known"
            await again.composed.bot.settled()
            [sha] = (await web.git.refs()).values()
            assert "penstock/web" in github.statuses(web, sha), "and the bot has signed in as it"


PIPELINE = "name: web\nstages: [{name: build, actions: [{name: unit, run: 'true'}]}]\n"


async def test_nobody_else_gets_in_and_a_state_is_good_once_and_for_its_session(tmp_path: Path) -> None:
    async with FakeGitHub(tmp_path / "github") as github, running(github, tmp_path) as server:
        url = f"{server.url}/setup/github"
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as one, ClientSession() as stranger:
            for path in (url, f"{url}/made?code=x&state=y"):
                assert (await stranger.get(path)).status == 401
            signed = await one.post(f"{server.url}/setup/sign-in", data={"token": token(tmp_path)})
            assert signed.status == 200
            form = await (await one.get(url, params={"name": "Penstock"})).text()
            state = form.partition("state=")[2].partition('"')[0]
            assert len(state) > 64
            made = f"{url}/made"
            assert (await stranger.get(made, params={"code": "x", "state": state})).status == 401
            forged = state[:-1] + ("0" if state[-1] != "0" else "1")
            assert (await one.get(made, params={"code": "x", "state": forged})).status == 400
            unknown = await one.get(made, params={"code": "x", "state": state})
            assert (unknown.status, "does not know this code" in await unknown.text()) == (502, True)
            assert (await one.get(made, params={"code": "x", "state": state})).status == 400, "used"
            wrong = await (await one.get(url, params={"name": "<b>", "organization": "a/b"})).text()
            assert "has at most 34" in wrong
            assert "<b>" not in wrong.partition("GitHub App</h1>")[2].replace("<b>Restart</b>", "")


async def test_the_settings_count_before_an_app_that_is_kept(tmp_path: Path) -> None:
    async with FakeGitHub(tmp_path / "github") as github:
        secret = SecretStr(github.token(github.bot))
        async with running(github, tmp_path, github_token=secret) as server:
            async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as one:
                await one.post(f"{server.url}/setup/sign-in", data={"token": token(tmp_path)})
                page = await (await one.get(f"{server.url}/setup/github")).text()
            assert "PENSTOCK_GITHUB_TOKEN" in page
            assert "PENSTOCK_PUBLIC_URL" not in page


async def test_a_bot_that_github_does_not_reach_is_told_first(tmp_path: Path) -> None:
    async with (
        Server(load(port=0, data_dir=tmp_path / "data", grace_period=1)) as server,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as one,
    ):
        await one.post(f"{server.url}/setup/sign-in", data={"token": token(tmp_path)})
        assert "PENSTOCK_PUBLIC_URL" in await (await one.get(f"{server.url}/setup/github")).text()
