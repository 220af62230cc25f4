"""The host's pages as a browser without a script sees them: signing in, forms, and what strangers and forgers get."""

import re
from dataclasses import dataclass, field

import aiohttp
import pytest
from yarl import URL

from bot.model.host_event import Thread, ThreadKind
from providers.local.host.pages.markdown import render
from tests.providers.local.conftest import WEB, Web

PULL = f"/host/{WEB}/pull/1"


@dataclass
class Page:
    status: int
    url: str
    text: str
    headers: dict[str, str]

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        return found.group(1) if found else ""


@dataclass
class Browser:
    """Follows redirects and keeps cookies, for one host."""

    base: str
    cookies: aiohttp.CookieJar = field(default_factory=lambda: aiohttp.CookieJar(unsafe=True))

    async def get(self, path: str) -> Page:
        return await self._ask("GET", path, None, {})

    async def post(self, path: str, *, origin: str = "", **form: str) -> Page:
        return await self._ask("POST", path, form, {"Origin": origin or self.base})

    async def _ask(self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str]) -> Page:
        url = path if path.startswith("http") else self.base + path
        async with (
            aiohttp.ClientSession(cookie_jar=self.cookies) as client,
            client.request(method, URL(url, encoded=True), data=form, headers=headers) as response,
        ):
            text = await response.text()
            return Page(response.status, str(response.url), text, dict(response.headers))


async def signed_in(web: Web, login: str) -> Browser:
    browser = Browser(web.listening.url)
    page = await browser.post("/host/sign-in", login=login, token=web.tokens[login], next="/host/")
    assert page.status == 200
    return browser


async def a_pull_request(web: Web) -> str:
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    commit = await web.ada.commit({"a": "1"}, "Fix <the> typo")
    await web.ada.git("push", "--quiet", "-o", "pull_request", "origin", "fix")
    await web.settled()
    return commit


async def test_a_stranger_sees_no_private_repository_and_is_asked_to_sign_in(web: Web) -> None:
    stranger = Browser(web.listening.url)
    assert WEB not in (await stranger.get("/host/")).text
    for path in (f"/host/{WEB}", "/host/acme/none"):
        page = await stranger.get(path)
        assert page.url == f"{web.listening.url}/host/sign-in?next={path}"


async def test_somebody_without_a_role_sees_the_same_as_if_it_were_not_there(web: Web) -> None:
    mallory = await signed_in(web, "mallory")
    hidden, missing = await mallory.get(f"/host/{WEB}"), await mallory.get("/host/acme/none")
    assert hidden.status == missing.status == 404
    assert hidden.text == missing.text


async def test_signing_in_takes_the_login_and_its_own_token(web: Web) -> None:
    browser = Browser(web.listening.url)
    for login, token in (("ada", web.tokens["eve"]), ("ada", ""), ("penstock", "x"), ("", web.tokens["ada"])):
        assert (await browser.post("/host/sign-in", login=login, token=token)).status == 403
    page = await browser.post("/host/sign-in", login="ada", token=web.tokens["ada"], next=f"/host/{WEB}")
    assert page.url.endswith(f"/host/{WEB}")
    assert "Sign out" in page.text


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(web: Web) -> None:
    form = {"login": "ada", "token": web.tokens["ada"]}
    async with aiohttp.ClientSession() as client:
        url = web.listening.url + "/host/sign-in"
        async with client.post(url, data=form, allow_redirects=False) as response:
            cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert web.tokens["ada"] not in cookie


@pytest.mark.parametrize(
    "goes_to",
    [
        "https://evil.test/",
        "//evil.test/",
        "http://[",
        "/host/[",
        "/\\evil.test",
        "javascript:alert(1)",
        "/host/../x\r\nA: b",
        "",
    ],
)
async def test_signing_in_leads_nowhere_else(web: Web, goes_to: str) -> None:
    page = await Browser(web.listening.url).post("/host/sign-in", login="ada", token=web.tokens["ada"], next=goes_to)
    assert page.url.startswith(web.listening.url + "/")


async def test_a_sign_in_link_works_once_and_for_an_hour(web: Web) -> None:
    host = web.listening.host
    link = await host.sign_in_link("ada", f"/host/{WEB}")
    page = await Browser(web.listening.url).get(link)
    assert page.url == f"{web.listening.url}/host/{WEB}"
    assert (await Browser(web.listening.url).get(link)).status == 403
    late = await host.sign_in_link("ada")
    web.listening.clock.at += 3601
    assert (await Browser(web.listening.url).get(late)).status == 403


async def test_each_kind_of_token_opens_only_its_own_door(web: Web) -> None:
    """Neither a cookie nor a link's token is an access token, and the other way round."""
    link = (await web.listening.host.sign_in_link("ada")).partition("token=")[2]
    ada = await signed_in(web, "ada")
    (cookie,) = [cookie.value for cookie in ada.cookies]
    stranger = Browser(web.listening.url)
    for other in (link, cookie):
        assert (await stranger.post("/host/sign-in", login="ada", token=other)).status == 403
    for other in (web.tokens["ada"], cookie):
        assert (await stranger.get(f"/host/sign-in?token={other}")).status == 403
    for other in (web.tokens["ada"], link):
        stranger.cookies.update_cookies({"penstock_host": other}, URL(web.listening.url + "/host"))
        assert "Sign in" in (await stranger.get("/host/")).text


async def test_signing_out_ends_the_session_itself(web: Web) -> None:
    ada = await signed_in(web, "ada")
    page = await ada.get(f"/host/{WEB}")
    kept = {cookie.key: cookie.value for cookie in ada.cookies}
    await ada.post("/host/sign-out", csrf=page.csrf)
    ada.cookies.update_cookies(kept, URL(web.listening.url + "/host"))
    assert "sign-in" in (await ada.get(f"/host/{WEB}")).url


async def test_the_repositorys_page_shows_branches_and_opens_a_pull_request(web: Web) -> None:
    await web.ada.git("checkout", "--quiet", "-b", "fix")
    await web.ada.commit({"a": "1"}, "Fix <the> typo")
    await web.ada.git("push", "--quiet", "origin", "fix")
    ada = await signed_in(web, "ada")
    page = await ada.get(f"/host/{WEB}")
    assert "Fix &lt;the&gt; typo" in page.text
    assert f"git clone {web.listening.url}/git/{WEB}.git" in page.text
    opened = await ada.post(f"/host/{WEB}/pulls", csrf=page.csrf, source="fix", target="main", title="")
    assert opened.url.endswith(PULL)
    assert "wants <code>fix</code> merged into <code>main</code>" in opened.text
    refused = await ada.post(f"/host/{WEB}/pulls", csrf=page.csrf, source="fix", target="main", title="")
    assert refused.status == 422
    assert "#1 joins these branches already" in refused.text


async def test_a_comment_is_written_edited_and_reacted_to(web: Web) -> None:
    await a_pull_request(web)
    ada = await signed_in(web, "ada")
    csrf = (await ada.get(PULL)).csrf
    page = await ada.post(f"{PULL}/comments", csrf=csrf, body="**bold** <script>alert(1)</script>")
    assert page.url.endswith(PULL)
    assert 'id="comment-1"' in page.text
    assert "<strong>bold</strong>" in page.text
    assert "alert(1)</script>" not in page.text.split("<main")[1]
    page = await ada.post(f"/host/{WEB}/comments/1/edit", csrf=csrf, body="plain")
    assert "· edited" in page.text
    page = await ada.post(f"/host/{WEB}/comments/1/reactions", csrf=csrf, content="rocket")
    assert "rocket by ada" in page.text
    events = [event for event, _ in await web.settled()]
    assert events == ["comment", "comment"]


async def test_a_commit_has_a_page_and_comments_of_its_own(web: Web) -> None:
    commit = await a_pull_request(web)
    ada = await signed_in(web, "ada")
    csrf = (await ada.get(PULL)).csrf
    page = await ada.post(f"/host/{WEB}/commit/{commit}/comments", csrf=csrf, body="/status")
    assert "Fix &lt;the&gt; typo" in page.text
    assert "/status" in page.text
    for missing in ("1" * 40, "f" * 64):
        assert (await ada.get(f"/host/{WEB}/commit/{missing}")).status == 404


@pytest.mark.parametrize(("verb", "state"), [("merge", "merged"), ("close", "closed")])
async def test_a_pull_request_is_merged_or_closed_by_a_button(web: Web, verb: str, state: str) -> None:
    await a_pull_request(web)
    ada = await signed_in(web, "ada")
    page = await ada.post(f"{PULL}/{verb}", csrf=(await ada.get(PULL)).csrf)
    assert f'pull-{state}">{state}' in page.text


async def test_a_form_from_elsewhere_or_without_the_sessions_secret_does_nothing(web: Web) -> None:
    await a_pull_request(web)
    ada, eve = await signed_in(web, "ada"), await signed_in(web, "eve")
    csrf, others = (await ada.get(PULL)).csrf, (await eve.get(PULL)).csrf
    attempts = [
        await ada.post(f"{PULL}/comments", body="forged"),
        await ada.post(f"{PULL}/comments", csrf="", body="forged"),
        await ada.post(f"{PULL}/comments", csrf=others, body="forged"),
        await ada.post(f"{PULL}/comments", csrf=csrf, body="forged", origin="https://evil.test"),
        await ada.post(f"{PULL}/comments", csrf=csrf, body="forged", origin="null"),
        await ada.post(f"{PULL}/comments", csrf=csrf, body="forged", origin="http://[nonsense"),
        await Browser(web.listening.url).post(f"{PULL}/comments", csrf="", body="forged"),
    ]
    assert [page.status for page in attempts] == [403] * 7
    assert await web.listening.host.comments(WEB, Thread(ThreadKind.PULL_REQUEST, "1")) == []


async def test_what_a_reader_may_not_do_is_refused_by_the_form_too(web: Web) -> None:
    await a_pull_request(web)
    eve = await signed_in(web, "eve")
    page = await eve.get(PULL)
    assert "Merge into" not in page.text
    assert (await eve.post(f"{PULL}/merge", csrf=page.csrf)).status == 403
    assert (await eve.post(f"{PULL}/comments", csrf=page.csrf, body="I may comment")).status == 200


async def test_long_threads_are_shown_from_their_end_with_the_way_back(web: Web) -> None:
    await a_pull_request(web)
    for number in range(103):
        await web.listening.host.comment(WEB, Thread(ThreadKind.PULL_REQUEST, "1"), f"number {number}.", by="ada")
    ada = await signed_in(web, "ada")
    page = await ada.get(PULL)
    assert "number 102." in page.text
    assert "number 2." not in page.text
    assert "number 2." in (await ada.get(f"{PULL}?before=4")).text
    for hostile in ("-1", "x", "9" * 30, "%00"):
        assert (await ada.get(f"{PULL}?before={hostile}")).status == 200


@pytest.mark.parametrize("path", ["/host/", "/host/sign-in", f"/host/{WEB}", PULL])
async def test_every_page_forbids_what_it_does_not_need(web: Web, path: str) -> None:
    await a_pull_request(web)
    page = await (await signed_in(web, "ada")).get(path)
    assert page.status == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.text)


@pytest.mark.parametrize("name", ["..%2frender.py", "%2e%2e/render.py", "none.css", "host.css%00", ".."])
async def test_static_files_are_only_those(web: Web, name: str) -> None:
    page = await Browser(web.listening.url).get(f"/host/-/static/{name}")
    assert page.status in (400, 404) or "/static/" not in page.url
    assert "import" not in page.text


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("<img src=x onerror=alert(1)>", "", "onerror"),
        ("[x](javascript:alert(1))", "x", 'href="javascript'),
        ("<a href=https://x.test onclick=y>z</a>", "nofollow", "onclick"),
        ("<!-- penstock:pipeline:web -->\nhi", "hi", "penstock:"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>", "|"),
        ("<details><summary>s</summary>\n\n```\nlog\n```\n\n</details>", "<summary>s</summary>", "```"),
        ("<style>body{}</style><form action=x><input></form>", "", "<form"),
        ("<b>unclosed </div></main>", "<b>", "</main>"),
        ("`<script>`", "<code>&lt;script&gt;</code>", "<script>"),
    ],
)
def test_markdown_shows_what_is_harmless(text: str, shown: str, hidden: str) -> None:
    html = render(text)
    assert shown in html
    assert hidden not in html
