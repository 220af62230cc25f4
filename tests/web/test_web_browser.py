"""The pages in a real browser: live with scripts, whole without, light and dark, wide and narrow, nothing refused by the content policy."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import product
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from bot.model.approval import Verdict
from bot.model.people import Person
from tests.web.begun import FAILED_LOG, failed, through_build, waiting
from tests.web.conftest import Client
from tests.web.scene import BEN, Scene
from tests.world.patience import PATIENCE

WIDE, PHONE = ViewportSize(width=1320, height=900), ViewportSize(width=390, height=844)
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")

Open = Callable[..., AbstractAsyncContextManager[Page]]


@pytest.fixture
async def look(browser: Browser, client: Client) -> Open:
    """Open pages of the site; a complaint in the browser's console fails the test."""

    @asynccontextmanager
    async def open_page(path: str, **how: Any) -> AsyncIterator[Page]:
        how.setdefault("viewport", WIDE)
        context = await browser.new_context(base_url=str(client.make_url("/")), **how)
        page = await context.new_page()
        complaints: list[str] = []

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                complaints.append(message.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(path)
        yield page
        await context.close()
        assert complaints == []

    return open_page


async def test_an_execution_is_watched_from_its_first_line_to_its_end(look: Open, scene: Scene) -> None:
    execution = await scene.start()
    await scene.finish(execution, "lint")
    async with look(f"/executions/{execution.id}") as page:
        await expect(page.get_by_role("status").first).to_contain_text("Running")
        key = await scene.begin(execution, "unit")
        await scene.logs.write(key, b"$ make unit\n\x1b[38;2;255;140;0mhalf a li")
        unit = page.locator("#action-build-unit")
        await expect(unit.locator(".row")).to_have_count(2)
        await expect(unit.locator(".row").last).to_contain_text("half a li")
        await scene.logs.write(key, b"ne\x1b[0m\nmore\n")
        await expect(unit.locator(".row")).to_have_count(3)
        await expect(unit.get_by_text("half a line")).to_have_css("color", "rgb(255, 140, 0)")
        await scene.finish(execution, "unit", log=b"the end\n")
        await expect(unit.locator(".row").last).to_contain_text("the end")
        await expect(unit.locator(".words")).to_have_text("Succeeded")
        await scene.finish(execution, "package")
        await scene.finish(execution, "deploy")
        await scene.finish(execution, "smoke-test")
        await expect(page.get_by_text("waits for approval")).to_be_visible()
        await expect(page).to_have_title("Waiting for approval: web #1, acme/web · Penstock")
        for person in (BEN, Person("cyd", "3")):
            await scene.answer(execution, Verdict.APPROVED, person, f"Fine, says {person.login}")
        await expect(page.get_by_text("Fine, says cyd").first).to_be_visible()
        await scene.finish(execution, "roll-out")
        await expect(page.locator("#execution-head .badge")).to_contain_text("Succeeded")
        # What one had opened is still open, and as one left it.
        await expect(unit.locator(".row")).to_have_count(4)


async def test_an_open_log_of_a_finished_action_is_fetched_when_asked_for(look: Open, scene: Scene) -> None:
    execution = await through_build(scene)
    async with look(f"/executions/{execution.id}") as page:
        lint = page.locator("#action-build-lint")
        await lint.locator("summary").click()
        await expect(lint.locator(".row")).to_have_count(2)
        await page.keyboard.press("Enter")
        await expect(lint.locator(".lines")).to_be_hidden()


async def test_without_scripts_the_page_shows_all_there_is(look: Open, scene: Scene) -> None:
    execution = await failed(scene)
    async with look("/", java_script_enabled=False) as page:
        await page.get_by_role("link", name="Fix the typo").click()
        await expect(page.get_by_text("test_price_is_rounded").first).to_be_visible()
        await expect(page.get_by_text("build/unit failed: exit status 2").first).to_be_visible()
        await page.get_by_role("link", name="Whole log").click()
        assert page.url.endswith(f"/executions/{execution.id}/logs/build/unit/1")
        await page.get_by_role("link", name="Line 12", exact=True).click()
        assert page.url.endswith("?line=12#L12")
        await expect(page.locator("#L12")).to_have_css("background-color", "rgb(58, 47, 20)")


async def test_a_line_is_pointed_at_without_loading_the_page_again(look: Open, scene: Scene) -> None:
    execution = await failed(scene)
    async with look(f"/executions/{execution.id}/logs/build/unit/1") as page:
        await page.evaluate("window.same = true")
        await page.get_by_role("link", name="Line 12", exact=True).click()
        assert page.url.endswith("?line=12#L12")
        assert await page.evaluate("window.same")


async def test_a_link_to_a_line_far_up_leads_there(look: Open, scene: Scene) -> None:
    execution = await failed(scene)
    scene.logs.data[f"{execution.id}/build/unit/1"] = b"".join(b"line %d\n" % n for n in range(1, 5001))
    async with look(f"/executions/{execution.id}/logs/build/unit/1#L7") as page:
        await expect(page.locator("#L7")).to_be_in_viewport()


async def test_the_list_grows_by_itself(look: Open, scene: Scene) -> None:
    async with look("/") as page:
        await expect(page.get_by_text("Nothing has run yet")).to_be_visible()
        await scene.start("A first change")
        await expect(page.get_by_role("link", name="A first change")).to_be_visible()


async def test_pages_fit_their_screen_and_can_be_read(look: Open, scene: Scene) -> None:
    """Nothing wider than the screen; text against its background at least 4.5 to 1 (WCAG 2.1, 1.4.3)."""
    paths = ["/", "/sign-in"]
    for make in (failed, waiting):
        execution = await make(scene, message="A message that is rather long and has a very-long-word-" + "x" * 60)
        paths.append(f"/executions/{execution.id}")
    paths.append(f"/executions/{execution.id}/logs/build/unit/1")
    lane = "/repositories/fake/acme/web/-/web/pull/7"
    await scene.hold(execution, "production", "for a reason that is long, with a very-long-word-" + "y" * 60)
    paths += [
        lane,
        f"{lane}?show=actions",
        lane.removesuffix("/pull/7"),
        "/repositories/fake/acme/web",
        "/repositories",
    ]
    await scene.logs.write(f"{execution.id}/build/unit/1", FAILED_LOG)
    async with look("/") as page:
        for path, screen, colours in product(paths, (WIDE, PHONE), COLOURS):
            await page.set_viewport_size(screen)
            await page.emulate_media(color_scheme=colours)
            await page.goto(path)
            seen = f"{path} {colours} on {screen['width']} pixels"
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), seen
            assert await page.evaluate(TOO_FAINT) == [], seen


TOO_FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length || element.closest(".hidden, .skip, .dim")) continue;
    const [one, other] = [luminance(rgba(getComputedStyle(element).color)), luminance(background(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${element.className} ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return faint;
}"""


async def test_everything_is_reached_by_keyboard_and_named_for_those_who_listen(look: Open, scene: Scene) -> None:
    execution = await waiting(scene)
    async with look(f"/executions/{execution.id}") as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        for role, name in (
            ("banner", None),
            ("main", None),
            ("navigation", "Main"),
            ("navigation", "Pipeline"),
            ("navigation", "Where you are"),
            ("complementary", "History"),
            ("region", "production"),
        ):
            await expect(page.get_by_role(role, name=name, exact=True).first).to_be_visible()  # type: ignore[arg-type]
        assert await page.locator("h1").count() == 1
        assert await page.locator("[aria-current=step]").count() == 1
        assert await page.evaluate("new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size") == (
            await page.locator("[id]").count()
        )


async def test_a_page_left_alone_lets_go_of_its_streams(look: Open, scene: Scene) -> None:
    execution = await scene.start()
    async with look(f"/executions/{execution.id}") as page:
        async with asyncio.timeout(PATIENCE):
            while not scene.changes.listeners:  # noqa: ASYNC110  the browser asks when it is ready
                await asyncio.sleep(0.02)
        await page.evaluate(
            """() => { window.setTimeout = (act) => act();
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange")); }"""
        )
        await scene.finish(execution, "lint")
        async with asyncio.timeout(PATIENCE):
            while scene.changes.listeners:
                await asyncio.sleep(0.02)
                scene.changes.notify(execution.id)
