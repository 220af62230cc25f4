"""The documentation is true: what the code can say itself is made from it, what people wrote names what there is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import yaml
from aiohttp import web

from bot.definition import read_definitions
from bot.settings import Settings
from bot.web import app as site
from bot.web import called
from providers.features import LIMITS
from providers.local.host.host import Host
from tests.project.documents import HOST_NAMES, ROOT, part, parts
from tests.world.local_host import WallClock

README = (ROOT / "README.md").read_text()
MANUAL = sorted(ROOT.glob("docs/*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *MANUAL, *ROOT.glob("bot/**/*.md"), *ROOT.glob("tests/**/README.md")])


@pytest.mark.parametrize(("file", "name"), list(parts()))
def test_what_is_made_from_the_code_is_up_to_date(file: str, name: str) -> None:
    written = part((ROOT / file).read_text(), name)[0]
    assert written == parts()[file, name]() + "\n", "`make docs` writes it anew"


def routes(tmp_path: Path) -> Iterator[str]:
    """Every address of the bot, the embedded host's shortened to where they begin."""
    yield from (f"/webhooks/{name}" for name in LIMITS)
    yield from (re.sub(r":[^{}]*(\{[^{}]*\})?[^{}]*\}", "}", route.path) for route in site._routes())
    yield "/static/{name}"
    yield called.PATH
    application = web.Application()
    Host(tmp_path, WallClock(), "secret").add_routes(application)
    for resource in application.router.resources():
        yield f"/{resource.canonical.split('/')[1]}/"


def test_every_address_is_in_the_manual_and_no_other(tmp_path: Path) -> None:
    section = (ROOT / "docs/operating.md").read_text().partition("## Addresses\n")[2].partition("\n## ")[0]
    written = set(re.findall(r"`(/[^` ]*)`", section))
    assert written == {each.replace("{", "<").replace("}", ">") for each in routes(tmp_path)}


def test_every_host_has_a_name_for_people() -> None:
    assert set(HOST_NAMES) == set(LIMITS)


def test_every_setting_that_a_page_names_exists() -> None:
    known = {f"PENSTOCK_{name.upper()}" for name in Settings.model_fields}
    environment = set(
        re.findall(r"PENSTOCK_[A-Z_]+[A-Z]", part((ROOT / "docs/builds.md").read_text(), "environment")[0])
    )
    for page in PAGES:
        named = set(re.findall(r"PENSTOCK_[A-Z_]+[A-Z]", page.read_text()))
        assert named <= known | environment, page.name


def examples() -> list[str]:
    pages = "\n".join([README, *(page.read_text() for page in MANUAL)])
    indented = re.findall(r"^( *)```yaml\n(.*?)^ *```$", pages, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, text in indented]


def test_every_example_of_a_file_parses_and_every_pipeline_is_valid() -> None:
    assert examples()
    for text in examples():
        if "stages:" in text:
            definitions = read_definitions({".pipeline.yml": text.encode()}, "example")
            assert not definitions.problems, "\n".join(map(str, definitions.problems))
            assert definitions.pipelines
        else:
            assert yaml.safe_load(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(cast(Path, page).relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken


def test_every_page_of_the_manual_is_in_its_list_and_every_link_to_a_section_finds_it() -> None:
    assert set(re.findall(r"^\| \[.*?\]\(docs/(.*?\.md)\)", README, re.MULTILINE)) == {page.name for page in MANUAL}
    anchors = {page.resolve(): set(map(anchor, headings(page.read_text()))) for page in [ROOT / "README.md", *MANUAL]}
    for page in anchors:
        for link, section in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", page.read_text()):
            target = (page.parent / link).resolve() if link else page
            assert section in anchors.get(target, {section}), f"{page.name}: {link}#{section}"


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", re.sub(r"```yaml.*?```", "", README, flags=re.DOTALL))) <= targets


def test_every_library_has_its_reason() -> None:
    """bot/README.md says why each dependency is there."""
    wanted = re.findall(
        r'^    "([A-Za-z0-9-]+)',
        (ROOT / "pyproject.toml").read_text().partition("dependencies = [")[2].partition("\n]")[0],
        re.MULTILINE,
    )
    reasons = (ROOT / "bot/README.md").read_text().partition("## Libraries, and why each")[2]
    named = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\| ([^|]+) \|", reasons, re.MULTILINE))))
    assert set(wanted) <= named
