"""The host's pages in a real browser: they keep themselves up to date, and the browser finds nothing to complain of."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.model.host_event import Thread, ThreadKind
from bot.model.repository import Repository
from bot.model.status import CommitStatus, StatusState
from providers.local.provider import LocalProvider
from tests.providers.local.conftest import WEB, Web
from tests.world.patience import PATIENCE

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
ON_FIRST = Thread(ThreadKind.PULL_REQUEST, "1")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        yield await browser.new_page()
        await browser.close()


async def test_a_pull_requests_page_follows_what_happens_and_keeps_what_is_being_typed(web: Web, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    host = web.listening.host
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    commit = await web.ada.commit({"a": "1"}, "Fix the typo")
    await web.ada.git("push", "--quiet", "-o", "pull_request", "origin", "fix")

    await page.goto(await host.sign_in_link("ada", f"/host/{WEB}/pull/1"))
    await page.get_by_label("Write a comment").fill("half a sen")
    repository = Repository("local", str((await host.repository(WEB)).id), WEB)
    provider = LocalProvider(host, web.listening.clock, ("secret",))
    url = f"{web.listening.url}/executions/1"
    await provider.set_status(CommitStatus(repository, commit, "penstock/web", StatusState.WAITING, "1 of 2", url))
    await provider.put_comment(repository, ON_FIRST, "<!-- m -->", "<!-- m -->\n**web** | [run](https://x.test)")

    statuses = page.get_by_role("region", name="Statuses")
    await expect(statuses.get_by_text("1 of 2")).to_be_visible()
    await expect(page.get_by_role("article").get_by_text("web", exact=True)).to_be_visible()
    await expect(page.get_by_label("Write a comment")).to_have_value("half a sen")

    await page.get_by_label("Write a comment").fill("/approve")
    await page.get_by_role("button", name="Comment").click()
    await expect(page.get_by_role("paragraph").get_by_text("/approve")).to_be_visible()
    assert [comment.body for comment in await host.comments(WEB, ON_FIRST)][-1] == "/approve"
    assert complaints == []
