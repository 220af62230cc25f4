"""The pictures of the README, taken from a bot that runs the demo's sample: `python -m tests.project.screenshots`.

They want a font with emoji (Debian: fonts-noto-color-emoji), which browsers of people have.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright
from rich.console import Console

from bot import journal
from bot.cli.demo_story import REPOSITORY, Story
from bot.cli.server import Server
from bot.settings import load
from tests.project.documents import ROOT


async def take(folder: Path) -> None:
    settings = load(host="127.0.0.1", port=0, data_dir=folder / "data", grace_period=1)
    async with Server(settings) as server, async_playwright() as playwright:
        host = server.composed.host
        assert host is not None
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = await browser.new_context(viewport=ViewportSize(width=1100, height=900), device_scale_factor=2)
        page = await context.new_page()
        story = Story(server, folder, Console(quiet=True))
        await story.until_asked()
        await page.goto(await host.sign_in_link("ben", f"/host/{REPOSITORY}/pull/1"))
        await _picture(page, ".comment", "comment.png")
        await page.goto(await story.execution_page())
        await _picture(page, "main", "execution.png")
        await page.locator(".crumbs a").last.click()
        await page.wait_for_selector("#lane-map")
        await _picture(page, "main", "lane.png")
        await browser.close()


async def _picture(page: Page, selector: str, name: str) -> None:
    await page.locator(selector).first.screenshot(path=ROOT / "docs" / name)


if __name__ == "__main__":
    journal.configure("warning", "console")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(take(Path(folder)))
