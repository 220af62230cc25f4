"""What is told of a commit in which something else lies where the pipeline file would."""

import pytest

from bot.model.plugin import Plugins
from bot.runtime.intake.definitions import DefinitionReader
from bot.security.seal import Keyring
from tests.sources.git_host import WEB, World

FILE, LINK = "100644", "120000"


@pytest.mark.parametrize(
    ("name", "mode", "content", "told"),
    [
        (".pipeline.yml", LINK, b"gone.yml", ".pipeline.yml: It is a link, and links are not followed here"),
        (".pipeline.yml", LINK, b"/etc/passwd", ".pipeline.yml: It is a link, and links are not followed here"),
        (".pipeline.yml", LINK, b"../../web.yml", ".pipeline.yml: It is a link, and links are not followed here"),
        (".pipeline.json", LINK, b"there.yml", ".pipeline.json: It is a link, and links are not followed here"),
        (".pipelines", LINK, b"there", ".pipelines: It is a link, and links are not followed here"),
        (".pipelines", FILE, b"stages: []", ".pipelines: It is a file. Make it a folder"),
        (".pipeline.yaml/web.yml", FILE, b"stages: []", ".pipeline.yaml: It is a folder. Make it a file"),
        (".pipelines/old/web.yml", FILE, b"stages: []", ""),
        ("pipeline.yml", FILE, b"stages: []", ""),
    ],
)
async def test_it_is_told_as_a_problem_of_the_file(
    world: World, name: str, mode: str, content: bytes, told: str
) -> None:
    origin = world.host.origin()
    world.in_place(origin)
    commit = origin.commit({"there.yml": b"stages: []", name: content}, modes={name: mode})
    found = await DefinitionReader(world.sources, Keyring(b"k" * 32), Plugins()).at(WEB, commit)
    assert [str(problem)[: len(told)] for problem in found.problems] == ([told] if told else [])
    assert list(found.broken.values()) == ([("web",)] if told else [])
    assert not found.pipelines
