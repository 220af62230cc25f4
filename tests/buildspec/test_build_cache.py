"""A build's cache: which entry is wanted, which go, and what it brings from one build to the next (section 8)."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.actions.building.cached import cached, move
from bot.actions.building.caching import Caching, Keys, evicted, wanted
from bot.actions.building.environment import PROGRAMS
from bot.artifacts.store import ArtifactStore
from bot.model.artifact import space_of
from bot.model.buildspec import Cache
from bot.model.cache import CacheEntry
from bot.model.repository import Ref, RefKind
from bot.ports import ActionContext, StorageUnavailable
from tests.buildspec.test_build_action import log_of, summaries
from tests.world.repo import Push
from tests.world.world import World

OWN, TARGET, DEFAULT, OTHER = "pull/7", "heads/release", "heads/main", "pull/8"
REFS = (OWN, TARGET, DEFAULT)


def entry(
    ref: str, key: str, at: float = 0.0, scope: str = "web/unit", version: str = "v", size: int = 1
) -> CacheEntry:
    return CacheEntry(scope, version, ref, key, f"{ref}:{key}:{at:g}", size, at, at)


CASES = [
    ("CAC-3 the very key", [entry(DEFAULT, "k1"), entry(DEFAULT, "k2")], Keys("k2"), "heads/main:k2:0"),
    ("CAC-3 the own ref first", [entry(DEFAULT, "k", 2), entry(TARGET, "k", 3), entry(OWN, "k", 1)], Keys("k"), "pull/7:k:1"),
    ("CAC-3 then the target", [entry(DEFAULT, "k", 2), entry(TARGET, "k", 1)], Keys("k"), "heads/release:k:1"),
    ("never another change's", [entry(OTHER, "k")], Keys("k"), None),
    ("CAC-4 B10 the newest of a prefix", [entry(OWN, "k-1", 1), entry(OWN, "k-2", 2)], Keys("k-3", ("k-",)), "pull/7:k-2:2"),
    ("CAC-4 in their order", [entry(OWN, "a-1", 9), entry(DEFAULT, "k-1", 1)], Keys("x", ("k-", "a-")), "heads/main:k-1:1"),
    ("CAC-4 the very key beats them", [entry(OWN, "k-2", 9), entry(DEFAULT, "k-1", 1)], Keys("k-1", ("k-",)), "heads/main:k-1:1"),
    ("CAC-4 ignored without a key", [entry(OWN, "k-1")], Keys("", ("k-",)), None),
    ("CAC-6 other paths", [entry(OWN, "k", version="w")], Keys("k"), None),
    ("CAC-7 without a key", [entry(OWN, "")], Keys(""), "pull/7::0"),
    ("CAC-8 another action's", [entry(OWN, "k", scope="web/other")], Keys("k"), None),
]  # fmt: skip


@pytest.mark.parametrize(("case", "entries", "keys", "found"), CASES, ids=[row[0] for row in CASES])
def test_which_entry_is_wanted(case: str, entries: list[CacheEntry], keys: Keys, found: str | None) -> None:
    chosen = wanted(entries, "web/unit", "v", REFS, keys)
    assert (chosen.artifact if chosen else None) == found


def test_what_was_used_least_recently_goes_first() -> None:
    entries = [replace(entry(OWN, str(n), at=-n, size=4), used=n) for n in (3, 1, 2)]
    assert [one.key for one in evicted(entries, 8)] == ["1"]
    assert evicted(entries, 12) == []
    assert len(evicted(entries, 0)) == 3


def test_cac_3_the_helper_hashes_the_contents_of_what_globs_mean(tmp_path: Path) -> None:
    for name in ("a.lock", "sub/deep/b.lock", "other"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)

    def hashed(*globs: str) -> str:
        return subprocess.run(
            [PROGRAMS / "codebuild-hash-files", *globs], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    first = hashed("**/*.lock")
    assert len(first) == 64
    assert hashed("a.lock", "sub/**/*.lock", "a.lock") == first
    (tmp_path / "other").write_text("changed")
    assert hashed("**/*.lock") == first
    (tmp_path / "sub/deep/b.lock").write_text("changed")
    assert hashed("**/*.lock") != first


FILE = "stages: [{name: build, actions: [{name: unit, build: buildspec.yml}]}]\n"
SPEC = """\
version: 0.2
phases:
  build:
    commands:
      - 'echo "found: $(cat deps/one 2>&1 | head -c 20), $(cat $HOME/.m2/two 2>/dev/null)"'
      - mkdir -p deps $HOME/.m2; echo "made at $(cat lock)" > deps/one; echo m2 > $HOME/.m2/two; ln -s /etc/passwd deps/away
cache:
  key: deps-$(codebuild-hash-files lock)
  fallback-keys: [deps-]
  paths: [deps, /root/.m2/**/*]
"""


async def found_by(world: World, push: Push) -> str:
    assert await push.status() == "Succeeded", await summaries(push)
    log = await log_of(world, push)
    return next(line for line in log.splitlines() if line.startswith("found: "))


async def test_feature_93_cac_2_cac_3_cac_9_what_a_build_has_kept_the_next_one_finds(world: World) -> None:
    """AFT-3, CAC-4: an exact key, and after a change of the lock file the fallback. A link that leads away is not kept."""
    repo = await world.repo(FILE)
    first = await repo.push(files={"buildspec.yml": SPEC, "lock": "1"})
    assert (await found_by(world, first)).startswith("found: cat:")
    assert "Cache saved under the key deps-" in await log_of(world, first)
    second = await repo.push(files={"code": "x"})
    assert await found_by(world, second) == "found: made at 1, m2"
    assert "Cache saved" not in await log_of(world, second), "an entry under a key never changes"
    third = await repo.push(files={"lock": "2"})
    assert await found_by(world, third) == "found: made at 1, m2"
    assert len(await world.store.cache_entries(repo.repository)) == 2


async def test_cac_5_cac_9_aft_3_b4_restore_only_save_only_and_no_save_after_a_failure(world: World) -> None:
    repo = await world.repo(FILE)
    only = SPEC.replace("cache:\n", "cache:\n  action: save\n")
    await repo.push(files={"buildspec.yml": only, "lock": "1"})
    assert (await found_by(world, await repo.push(files={"code": "x"}))).startswith("found: cat:")
    only = SPEC.replace("cache:\n", "cache:\n  action: restore\n")
    restored = await repo.push(files={"buildspec.yml": only, "lock": "3"})
    assert await found_by(world, restored) == "found: made at 1, m2"
    assert "Cache saved" not in await log_of(world, restored)
    failing = SPEC.replace("cache:\n", "  post_build: {commands: [(exit 1)]}\ncache:\n")
    failed = await repo.push(files={"buildspec.yml": failing, "lock": "4"})
    assert await failed.status() == "Failed"
    assert len(await world.store.cache_entries(repo.repository)) == 1


async def test_cac_7_without_a_key_each_save_takes_the_place_of_the_one_before(world: World) -> None:
    spec = SPEC.replace("  key: deps-$(codebuild-hash-files lock)\n  fallback-keys: [deps-]\n", "")
    repo = await world.repo(FILE)
    await repo.push(files={"buildspec.yml": spec, "lock": "1"})
    assert await found_by(world, await repo.push(files={"lock": "2"})) == "found: made at 1, m2"
    assert await found_by(world, await repo.push(files={"lock": "3"})) == "found: made at 2, m2"
    assert len(await world.store.cache_entries(repo.repository)) == 1


async def test_cac_9_what_can_t_be_removed_fails_no_build_and_goes_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = SPEC.replace("  key: deps-$(codebuild-hash-files lock)\n  fallback-keys: [deps-]\n", "")
    repo = await world.repo(FILE)
    await repo.push(files={"buildspec.yml": spec, "lock": "1"})
    with monkeypatch.context() as down:
        down.setattr(ArtifactStore, "remove", _unreachable)
        second = await repo.push(files={"lock": "2"})
    assert await second.status() == "Succeeded"
    assert "Older caches can't be removed yet: no route" in await log_of(world, second)
    assert await found_by(world, await repo.push(files={"lock": "3"})) == "found: made at 1, m2", "the one before stays"
    assert await found_by(world, await repo.push(files={"lock": "4"})) == "found: made at 3, m2"
    assert len(await world.store.cache_entries(repo.repository)) == 1


async def _unreachable(*_: object) -> None:
    raise StorageUnavailable("no route")


def test_cac_2_a_link_to_itself_holds_no_cache_up_and_no_repository_s_own_folder_is_kept(tmp_path: Path) -> None:
    """Another commit's `.git` would take the place of this one's."""
    source = tmp_path / "source"
    (source / ".git").mkdir(parents=True)
    (source / ".git/config").touch()
    (source / "itself").symlink_to("itself")
    (source / "kept").write_text("1")
    assert cached(["**/*"], tmp_path) == {"source/kept"}


async def test_cac_2_what_a_commit_links_elsewhere_is_not_written_through(world: World, tmp_path: Path) -> None:
    """The folder that a cache would fill may be a link in the commit, to anywhere."""
    spec = SPEC.replace("paths: [deps, /root/.m2/**/*]", "paths: [deps]")
    repo = await world.repo(FILE)
    await repo.push(files={"buildspec.yml": spec, "lock": "1"})
    [saved] = await world.store.cache_entries(repo.repository)
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "folder"
    await world.artifacts.unpack(space_of(repo.repository), saved.artifact, folder / "cache-restored")
    (folder / "source").mkdir()
    (folder / "source/deps").symlink_to(outside)
    move(folder / "cache-restored", folder)
    assert list(outside.iterdir()) == []


async def test_what_can_t_be_kept_takes_no_other_cache_s_place(world: World, tmp_path: Path) -> None:
    """Larger than all caches may be together, or under a key that a command has made of far more than a line."""
    repo = await world.repo(FILE)
    push = await repo.push(files={"buildspec.yml": SPEC, "lock": "1"})
    found = await world.store.execution((await push.execution()).id)
    assert found is not None
    execution, pipeline = found
    stage = pipeline.stages[0]
    context = ActionContext(execution, pipeline, stage, stage.actions[0], 1)
    kept = await world.store.cache_entries(repo.repository)
    caching = Caching(world.store, world.artifacts, world.clock, 10)
    cache = Cache(("deps",), "own", ())
    (tmp_path / "source/deps").mkdir(parents=True)
    (tmp_path / "source/deps/one").write_text("more than ten bytes")
    told: list[str] = []
    await caching.save(context, context.job, cache, Keys("own"), tmp_path, told.append)
    for key in ("k" * 1_000_000, "a\n[Container] Phase complete"):
        await caching.restore(context, context.job, cache, Keys(key), tmp_path, told.append)
        await caching.save(context, context.job, cache, Keys(key), tmp_path, told.append)
    assert told == [
        "The cache is not kept: its 19 bytes are more than the 10 of PENSTOCK_CACHE_LIMIT",
        "No cache: its key has 1000000 characters, and may have 512",
        "No cache: its key is more than one line of text",
    ]
    assert await world.store.cache_entries(repo.repository) == kept


async def test_cac_10_b11_a_change_from_outside_restores_and_saves_nothing(world: World, tmp_path: Path) -> None:
    repo = await world.repo(FILE)
    push = await repo.push(files={"buildspec.yml": SPEC, "lock": "1"})
    found = await world.store.execution((await push.execution()).id)
    assert found is not None
    execution, pipeline = found
    outside = replace(execution, may_keep_cache=False, lane=replace(execution.lane, ref=Ref(RefKind.PULL_REQUEST, "9")))
    stage = pipeline.stages[0]
    context = ActionContext(outside, pipeline, stage, stage.actions[0], 1)
    caching = Caching(world.store, world.artifacts, world.clock, 1 << 20)
    cache = Cache(("deps", "/root/.m2/**/*"), "own", ("deps-",))
    (tmp_path / "folder/source").mkdir(parents=True)
    told: list[str] = []
    await caching.restore(context, context.job, cache, Keys("own", ("deps-",)), tmp_path / "folder", told.append)
    assert (tmp_path / "folder/source/deps/one").read_text() == "made at 1\n"
    allowed = replace(context, execution=replace(outside, outside=True))
    await caching.restore(allowed, context.job, cache, Keys("own", ("deps-",)), tmp_path / "allowed", told.append)
    assert not (tmp_path / "allowed").exists()
    before = await world.store.cache_entries(repo.repository)
    await caching.save(context, context.job, cache, Keys("own"), tmp_path / "folder", told.append)
    assert await world.store.cache_entries(repo.repository) == before
    world.clock.at += 1.0
    await Caching(world.store, world.artifacts, world.clock, 20).save(
        replace(context, execution=execution), context.job, cache, Keys("own"), tmp_path / "folder", told.append
    )
    left = [entry.key for entry in await world.store.cache_entries(repo.repository)]
    assert left == ["own"], "twenty bytes are not enough for both"


async def _remove_nothing(*given: Any) -> None:
    if given[2]:
        raise StorageUnavailable("no route")


async def test_cac_4_cac_8_which_cache_a_pull_request_s_batch_gets_and_what_goes_when_there_are_too_many(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its target's comes before the default branch's, and a build's own is no other's. What can't be removed yet is known still."""
    repo = await world.repo(FILE)
    push = await repo.push(files={"buildspec.yml": SPEC, "lock": "1"})
    found = await world.store.execution((await push.execution()).id)
    assert found is not None
    execution, pipeline = found
    revision = replace(execution.revision, target_branch="release")
    execution = replace(execution, revision=revision, lane=replace(execution.lane, ref=Ref(RefKind.PULL_REQUEST, "9")))
    stage = pipeline.stages[0]
    context = ActionContext(execution, pipeline, stage, stage.actions[0], 1)
    cache, keys, told = Cache(("deps", "/root/.m2/**/*"), "deps-", ("deps-",)), Keys("new", ("deps-",)), list[str]()
    [main] = await world.store.cache_entries(repo.repository)
    release = replace(main, ref="heads/release", key="deps-2", at=main.at - 1)
    await world.store.keep_cache_entry(repo.repository, release)
    world.clock.at += 10.0
    caching = Caching(world.store, world.artifacts, world.clock, 1 << 20)
    await caching.restore(context, f"{context.job}/b1", cache, keys, tmp_path / "batch", told.append)
    assert told.pop() == "No cache under the key new"
    await caching.restore(context, context.job, cache, keys, tmp_path / "own", told.append)
    assert told.pop() == "Cache restored under the key deps-2, saved by heads/release"
    used = {one.ref: one.used for one in await world.store.cache_entries(repo.repository)}
    assert used == {"heads/release": world.clock.at, "heads/main": main.used}

    small, two = Caching(world.store, world.artifacts, world.clock, 1), await world.store.cache_entries(repo.repository)
    with monkeypatch.context() as down:
        down.setattr(ArtifactStore, "remove", _remove_nothing)
        with pytest.raises(StorageUnavailable):
            await small._evict(repo.repository)
    assert await world.store.cache_entries(repo.repository) == two


def test_cac_2_paths_may_begin_with_the_variables_that_name_a_builds_folders(tmp_path: Path) -> None:
    for name in ("source/a/1", "source/b/2", "home/.m2/3", "home/.npm/4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    patterns = ["$CODEBUILD_SRC_DIR/a", "${CODEBUILD_SRC_DIR}/b/*", "$HOME/.m2/**/*", "~/.npm"]
    assert len(cached(patterns, tmp_path)) == 4
