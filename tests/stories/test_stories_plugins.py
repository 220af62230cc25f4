"""Action types of plug-ins (`use`), and callables of theirs (`invoke`): the example in tests/plugins, installed as any other, in an environment of its own."""

import asyncio
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model.plugin import Plugins
from bot.plugins.installed import installed
from tests.world.world import MakeWorld

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests/plugins/banner"
ENTRY_POINTS = """\
[penstock.actions]
banner = penstock_banner:Banner
broken = penstock_missing:Nothing
[penstock.callables]
width = penstock_banner:width
broken = penstock_banner:Nothing
"""

FILE = """\
stages:
  - name: build
    actions:
      - name: show
        use: {use}
        namespace: banner
        outputs: {{shown: [banner.txt]}}
  - name: prod
    actions:
      - {{name: tell, run: 'test "#{{banner.SHOWN}}" = "***main**"'}}
"""

CALL = """\
stages:
  - name: build
    actions:
      - name: measure
        invoke: {target}
        namespace: banner
        outputs: {{note: [note.txt]}}
  - name: prod
    actions:
      - {{name: tell, run: 'test "#{{banner.WIDTH}}" = 4'}}
"""

pytestmark = pytest.mark.anywhere


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One with Penstock, the example, and an entry point that leads nowhere: the bot's own, as long as these stories are told."""
    folder = tmp_path_factory.mktemp("environment")
    packages = folder / "packages"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--no-index", "--target", packages, EXAMPLE], check=True)
    (dist,) = packages.glob("*.dist-info")
    (dist / "entry_points.txt").write_text(ENTRY_POINTS)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    (site / "all.pth").write_text("\n".join([str(packages), sysconfig.get_path("purelib"), str(ROOT)]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(folder / "venv/bin/python"))
        patch.syspath_prepend(str(packages))
        yield


@pytest.fixture(scope="module")
def plugins(environment: None) -> Plugins:
    return asyncio.run(installed())


async def test_a_plug_in_does_its_work_in_a_process_of_its_own(make_world: MakeWorld, plugins: Plugins) -> None:
    async with make_world(real_jobs=True, plugins=plugins) as world:
        repo = await world.repo(
            FILE.format(use='{type: banner, configuration: {text: "#{source.BranchName}", width: 9}}')
        )
        push = await repo.push()
        assert await push.status() == "Succeeded"
        execution = await push.execution()
        show = execution.stages[0].actions[0]
        assert (show.summary, show.outputs) == ("shown in 9 columns", {"SHOWN": "***main**"})
        log = await world.page(f"/executions/{execution.id}/logs/build/show/1/raw")
        assert log == "***main**\n"
        kept = show.artifacts["shown"]
        await world.artifacts.unpack(kept.space, kept.id, world.folder / "shown")
        assert (world.folder / "shown/banner.txt").read_text() == "***main**\n"


async def test_nothing_of_the_commit_is_taken_for_a_module_of_its_own(make_world: MakeWorld, plugins: Plugins) -> None:
    """It starts in the checkout, which is the repository's to fill."""
    hostile = dict.fromkeys(
        ("json.py", "pydantic.py", "penstock_banner.py", "bot/__init__.py"), "raise SystemExit(9)\n"
    )
    async with make_world(real_jobs=True, plugins=plugins) as world:
        repo = await world.repo(FILE.format(use="{type: banner, configuration: {text: main, width: 9}}"))
        assert await (await repo.push(files=hostile)).status() == "Succeeded"


async def test_its_failure_is_its_actions_and_says_why(make_world: MakeWorld, plugins: Plugins) -> None:
    """A reference may turn out to be more than the configuration takes, too."""
    async with make_world(real_jobs=True, plugins=plugins) as world:
        repo = await world.repo(
            FILE.format(use='{type: banner, configuration: {text: "#{source.CommitId}", width: 9}}')
        )
        push = await repo.push()
        assert await push.status() == "Failed"
        said = "the text has 40 characters, and the banner 9"
        assert (await push.execution()).stages[0].actions[0].summary == said
        repo.define(FILE.format(use='{type: banner, configuration: {text: x, width: "#{source.CommitId}"}}'))
        push = await repo.push()
        assert await push.status() == "Failed"
        summary = (await push.execution()).stages[0].actions[0].summary
        assert summary.startswith("its configuration is wrong: width: Input should be a valid integer")


@pytest.mark.parametrize(
    ("use", "path", "said"),
    [
        ("baner", "use", "No plug-in for `baner` is installed with the bot. Did you mean `banner`?"),
        ("broken", "use", "The plug-in for `broken` can't be loaded: no plug-in"),
        ("banner", "use", "'text' is a required property. The plug-in for `banner` asks for it so."),
        ("{type: banner, configuration: {text: x, width: 300}}", "use.configuration.width", "300 is greater than"),
        ("{type: banner, configuration: {text: x, colour: red}}", "use.configuration", "Additional properties"),
    ],
)
async def test_what_a_plug_in_does_not_take_is_told_before_anything_starts(
    make_world: MakeWorld, plugins: Plugins, use: str, path: str, said: str
) -> None:
    async with make_world(plugins=plugins) as world:
        repo = await world.repo(FILE.format(use=use))
        pull_request = await repo.open_pull_request()
        [comment] = await pull_request.by_bot()
        assert f"stages[0].actions[0].{path}" in comment
        assert said.split("`", maxsplit=1)[0] in comment
        assert await pull_request.head.statuses() != {}


async def test_a_callable_is_told_the_document_and_hands_on_what_it_has_found(
    make_world: MakeWorld, plugins: Plugins
) -> None:
    async with make_world(real_jobs=True, plugins=plugins) as world:
        target = '{callable: width, parameters: "#{source.BranchName}"}'
        repo = await world.repo(CALL.format(target=target))
        push = await repo.push(files={"note.txt": "kept with it\n"})
        assert await push.status() == "Succeeded"
        measure = (await push.execution()).stages[0].actions[0]
        assert (measure.summary, measure.outputs) == ("4 columns are enough", {"WIDTH": "4"})
        assert measure.artifacts["note"].files == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{callable: width}", "there is no text: write it as `parameters`"),
        (
            "{callable: broken}",
            (
                "the callable broken failed: AttributeError: module 'penstock_banner' has no attribute 'Nothing'"
                "; the action's log has the traceback"
            ),
        ),
    ],
)
async def test_a_callable_that_fails_says_why(make_world: MakeWorld, plugins: Plugins, target: str, said: str) -> None:
    async with make_world(real_jobs=True, plugins=plugins) as world:
        push = await (await world.repo(CALL.format(target=target))).push()
        assert await push.status() == "Failed"
        assert (await push.execution()).stages[0].actions[0].summary == said
