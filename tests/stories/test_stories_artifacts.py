"""What one action makes, another has: artifacts, with real jobs and a real store (section 5)."""

import asyncio
import io
import os
import tarfile
from asyncio.subprocess import PIPE
from pathlib import Path

import aiohttp
import pytest

from bot.model.artifact import Artifact, space_of
from tests.world import forked
from tests.world.repo import Push
from tests.world.world import MakeWorld

pytestmark = pytest.mark.engine

HANDED_ON = """\
stages:
  - name: build
    actions:
      - name: package
        run:
          - mkdir -p dist/sub && echo "made of $PENSTOCK_COMMIT" > dist/page && echo deep > dist/sub/deep
          - echo "only here" > notes
        outputs: {dist: ["dist/**"], notes: [notes]}
  - name: deploy
    actions:
      - name: roll-out
        inputs: [dist, source, notes]
        run:
          - test "$PWD" = "$PENSTOCK_INPUT_DIST"
          - test "$(cat dist/page)" = "made of $PENSTOCK_COMMIT" && test "$(cat dist/sub/deep)" = deep
          - test -f "$PENSTOCK_INPUT_SOURCE/.pipeline.yml" && test ! -e "$PENSTOCK_INPUT_SOURCE/dist"
          - test "$(cat "$PENSTOCK_INPUT_NOTES/notes")" = "only here"
"""


async def test_art_1_str_10_bld_4_what_a_build_makes_arrives_where_it_is_named(make_world: MakeWorld) -> None:
    """ART-4: and is recorded there. ART-6: an action makes several, and has several."""
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(HANDED_ON)).push()
        execution = await push.execution()

        assert str(execution.status) == "Succeeded", await push.described()
        [package], [roll_out] = execution.stages[0].actions, execution.stages[1].actions
        assert roll_out.inputs == package.artifacts
        assert {name: made.files for name, made in package.artifacts.items()} == {"dist": 2, "notes": 1}


async def test_art_2_two_runs_make_two_artifacts_and_share_what_is_the_same(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    file = (
        "stages: [{name: build, actions: [{name: package, outputs: {dist: ['dist/**']},"
        " run: 'mkdir dist; head -c 50000 /dev/zero | tr \"\\0\" x > dist/same; echo $PENSTOCK_COMMIT > dist/other'}]}]\n"
    )
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(file)
        first, second = [await _made(await repo.push(), "dist") for _ in range(2)]

        assert first.id != second.id
        for artifact in (first, second):
            await world.artifacts.unpack(artifact.space, artifact.id, tmp_path / artifact.id)
        contents = [(tmp_path / one.id / "dist/other").read_text() for one in (first, second)]
        assert contents[0] != contents[1], "both are there still, each as it was made"
        assert second.stored < first.stored


async def test_art_5_a_declared_output_that_is_missing_fails_its_producer(make_world: MakeWorld) -> None:
    """C9."""
    file = "stages: [{name: build, actions: [{name: package, run: mkdir dist, outputs: {dist: ['dist/**'], log: ['*.log']}}]}]\n"
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(file)).push()

        assert await push.status() == "Failed"
        [package] = (await push.execution()).stages[0].actions
        assert package.summary == "the artifact dist can't be made: no file matches dist/**"
        assert not package.artifacts


async def test_art_8_a_retry_s_artifact_takes_the_place_of_the_one_before(make_world: MakeWorld) -> None:
    file = """\
stages:
  - name: build
    actions:
      - {name: package, run: "echo $PENSTOCK_ATTEMPT > made", outputs: {made: [made]}}
      - {name: shaky, run_order: 2, run: "test $PENSTOCK_ATTEMPT = 2"}
      - {name: use, run_order: 3, inputs: [made], run: "test $(cat made) = 2"}
"""
    async with make_world(real_jobs=True) as world:
        pull_request = await (await world.repo(file)).open_pull_request()
        assert await pull_request.status() == "Failed"
        await pull_request.comment("/retry build all")

        assert await pull_request.status() == "Succeeded", await pull_request.head.described()


async def test_rbk_2_a_rollback_has_the_artifacts_that_its_target_had(make_world: MakeWorld) -> None:
    file = """\
stages:
  - name: build
    actions:
      - {name: package, run: "git log -1 --format=%s > made", outputs: {made: [made]}}
  - name: deploy
    actions:
      - {name: roll-out, inputs: [made], run: 'echo "DEPLOYED=$(cat made)" >> "$PENSTOCK_OUTPUT"'}
"""
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(file)
        await repo.push("First")
        second = await repo.push("Second")
        await second.comment("/rollback deploy 1")

        deployed = [one.stages[1].actions[0].outputs for one in await repo.executions()]
        assert deployed == [{"DEPLOYED": "First"}, {"DEPLOYED": "Second"}, {"DEPLOYED": "First"}]


async def test_an_artifact_is_shown_on_the_page_and_saved_from_there(make_world: MakeWorld, tmp_path: Path) -> None:
    """With `penstock artifacts` as well, and both are the same files."""
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(HANDED_ON)).push()
        execution = await push.execution()
        page = await world.page(f"/executions/{execution.id}")
        assert f'made <a href="/executions/{execution.id}/artifacts/dist" download>dist</a>: 2 files' in page
        assert f'given <a href="/executions/{execution.id}/artifacts/notes" download>notes</a>' in page

        async with aiohttp.ClientSession() as client:
            async with client.get(f"{world.url}/executions/{execution.id}/artifacts/dist") as answer:
                assert (answer.status, answer.content_type) == (200, "application/gzip")
                assert answer.headers["Content-Security-Policy"] == "sandbox", "whatever is in it, no browser runs it"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                saved = await answer.read()
            async with client.get(f"{world.url}/executions/{execution.id}/artifacts/other") as answer:
                assert answer.status == 404
            artifact = execution.stages[0].actions[0].artifacts["dist"]
            listed = await _typed("artifacts", execution.id, "--url", world.url, folder=tmp_path)
            assert [line.split()[:3] for line in listed.splitlines()[1:]] == [
                ["dist", "build/package", "2"],
                ["notes", "build/package", "1"],
            ]
            await _typed("artifacts", execution.id, "dist", "--url", world.url, folder=tmp_path)
            await world.artifacts.remove(artifact.space, [artifact.id])
            async with client.get(f"{world.url}/executions/{execution.id}/artifacts/dist") as answer:
                assert (answer.status, "can't be had" in await answer.text()) == (410, True)
        for archive in (saved, (tmp_path / "dist.tar.gz").read_bytes()):
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                assert tar.getnames() == ["dist", "dist/page", "dist/sub", "dist/sub/deep"]
                content = tar.extractfile("dist/page")
                assert content is not None
                assert content.read() == f"made of {push.commit}\n".encode()


async def _typed(*words: str, folder: Path) -> str:
    process = await forked.start(*words, cwd=folder, env=os.environ, stdout=PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_art_3_an_artifact_is_encrypted_at_rest(make_world: MakeWorld, tmp_path: Path) -> None:
    async with make_world(real_jobs=True) as world:
        push = await (await world.repo(HANDED_ON)).push()
        stored = await asyncio.to_thread(_contents, tmp_path / "artifacts")
        assert len(stored) > 4
        assert not any(
            b"made of" in content or b"dist" in content or push.commit.encode() in content for content in stored
        )
        assert (tmp_path / "artifacts" / space_of(push.repo.repository)).is_dir()


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def _made(push: Push, name: str) -> Artifact:
    return (await push.execution()).stages[0].actions[0].artifacts[name]
