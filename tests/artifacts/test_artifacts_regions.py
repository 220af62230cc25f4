"""ART-7: the stores of further regions, in a folder and on S3: what is copied to them and back, and what becomes of it when that fails."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.artifacts import names
from bot.artifacts.errors import ArtifactDamaged, ArtifactMissing, RegionUnknown
from bot.artifacts.keys import KeyUnknown, MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PACK_BYTES
from bot.artifacts.regions import Regions
from bot.artifacts.store import ArtifactStore
from bot.ports import StorageUnavailable
from tests.artifacts.conftest import MASTER
from tests.artifacts.test_artifacts_store import SPACE, Failing, noise
from tests.artifacts.trees import describe, make
from tests.world.aws import S3Bucket

NEW = b"n" * 32
KEYS = MasterKeys([MASTER])
EU = "eu-west-1"

Place = Callable[[str], Objects]


def folder_of(tmp_path: Path) -> Place:
    return lambda name: Objects.at((tmp_path / name).as_uri())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return folder_of(tmp_path)


@pytest.fixture(params=["folder", "s3"])
def any_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An address as an operator would write it."""
    if request.param == "folder":
        return folder_of(tmp_path)
    url: str = request.getfixturevalue("aws_url")

    def bucket(name: str) -> Objects:
        full = f"{tmp_path.name}-{name}".replace("_", "-").replace("[", "").replace("]", "")[-40:].lstrip("-")
        return Objects.at(f"s3://{full}/penstock?{S3Bucket(url, full).options}")

    return bucket


def regions(home: Objects, *further: Objects, keys: MasterKeys = KEYS, name: str = "") -> Regions:
    store = ArtifactStore(home, keys)
    others = [ArtifactStore(objects, keys, store) for objects in further]
    return Regions(store, dict(zip((EU, "ap-south-1"), others, strict=False)), name)


def packs(objects: Objects) -> dict[str, bytes]:
    found = {name: objects.get(name) for name, _ in objects.names(names.packs(SPACE))}
    return {name: bytes(content) for name, content in found.items() if content is not None}


async def test_art_7_inputs_are_copied_into_the_region_and_only_what_is_missing_there(
    any_place: Place, tmp_path: Path
) -> None:
    home, there = any_place("home"), any_place("there")
    stores = regions(home, there)
    root = make(tmp_path / "in", {"a": noise(1, PACK_BYTES + 1), "b/c": b"legible", "b/l": "c"})
    await stores.pack(SPACE, "first", root)
    assert packs(there) == {}, "nothing is copied before somebody needs it"

    await stores.in_region(EU).unpack(SPACE, "first", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    assert packs(there) == packs(home), "as they are: encrypted, under the same names"
    assert not any(b"legible" in content for content in packs(there).values())

    before = set(packs(home))
    (root / "b/c").write_bytes(noise(2, 1000))
    await stores.pack(SPACE, "second", root)
    asked: list[str] = []
    get = home.get

    def noted(name: str) -> memoryview | None:
        asked.append(name)
        return get(name)

    home.get = noted  # type: ignore[method-assign]
    await stores.in_region(EU).unpack(SPACE, "second", tmp_path / "again")
    assert {name for name in asked if "/packs/" in name} == set(packs(home)) - before, "only what is new"
    asked.clear()
    await stores.in_region(EU).unpack(SPACE, "second", tmp_path / "once more")
    assert asked == [], "it is there by now"


async def test_art_7_outputs_are_written_there_and_are_at_home_when_it_returns(
    any_place: Place, tmp_path: Path
) -> None:
    home, there = any_place("home"), any_place("there")
    stores = regions(home, there)
    root = make(tmp_path / "in", {"a": noise(1, 1000), "b": b"2"})
    made = await stores.in_region(EU).pack(SPACE, "a", root, series="web/dist")
    assert (made.region, made.files, made.size) == (EU, 2, 1001)
    assert packs(there) == packs(home)
    await stores.unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    assert [chunk async for chunk in stores.tar(SPACE, "a")]
    again = await stores.in_region(EU).pack(SPACE, "b", root, series="web/dist")
    assert again.stored == 0, "of a series much is the same, in a region as at home"


async def test_art_7_a_region_without_a_store_is_refused_and_the_known_ones_are_named(place: Place) -> None:
    stores = regions(place("home"), place("there"), name="us-east-1")
    with pytest.raises(
        RegionUnknown, match=r"no artifact store in the region eu-north-1 \(it has eu-west-1, us-east-1\)"
    ):
        stores.in_region("eu-north-1")
    with pytest.raises(RegionUnknown, match="it has none but its own"):
        regions(place("home")).in_region(EU)


async def test_art_7_the_home_region_may_be_named(place: Place, tmp_path: Path) -> None:
    there = place("there")
    stores = regions(place("home"), there, name="us-east-1")
    made = await stores.in_region("us-east-1").pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    assert (made.region, packs(there)) == ("", {})


@pytest.mark.parametrize("where", ["home", "there"])
async def test_interrupted_anywhere_nothing_looks_whole_at_home_and_done_again_it_is(
    where: str, place: Place, tmp_path: Path
) -> None:
    """Two packs, the key, the manifest: the store fails at each of them in turn. What is at home is what counts."""
    root = make(tmp_path / "in", {str(n): noise(n, PACK_BYTES // 2 + 1) for n in range(2)})
    failing = Failing((tmp_path / where).as_uri())
    home, there = (failing, place("there")) if where == "home" else (place("home"), failing)
    failing.left = 100
    await regions(home, there).in_region(EU).pack(SPACE, "before", make(tmp_path / "other", {"x": b"x"}))
    failures = 0
    for failing.left in range(5):
        stores = regions(home, there)
        try:
            await stores.in_region(EU).pack(SPACE, "a", root)
        except StorageUnavailable:
            failures += 1
            with pytest.raises(ArtifactMissing):
                await stores.unpack(SPACE, "a", tmp_path / "never")
    assert failures >= 3
    await regions(home, there).unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)


async def test_interrupted_on_the_way_there_nothing_looks_whole_in_the_region(place: Place, tmp_path: Path) -> None:
    there = Failing((tmp_path / "there").as_uri())
    root = make(tmp_path / "in", {str(n): noise(n, PACK_BYTES // 2 + 1) for n in range(2)})
    await regions(place("home"), there).pack(SPACE, "a", root)
    failures, out = 0, tmp_path / "out"
    for there.left in range(5):
        try:
            await regions(place("home"), there).in_region(EU).unpack(SPACE, "a", out)
        except StorageUnavailable:
            failures += 1
            assert not there.has(names.manifest(SPACE, "a"))
            assert not out.exists()
        else:
            break
    assert failures >= 3
    assert describe(tmp_path / "out") == describe(root)


async def test_an_attempt_that_is_performed_again_replaces_what_it_had_made_in_one_step(
    place: Place, tmp_path: Path
) -> None:
    home = Failing((tmp_path / "home").as_uri())
    home.left = 100
    stores = regions(home, place("there"))
    first, second = make(tmp_path / "1", {"a": b"first"}), make(tmp_path / "2", {"a": b"second"})
    await stores.in_region(EU).pack(SPACE, "a", first)
    for attempt, home.left in enumerate((0, 1, 1, 2)):  # what one attempt has brought, the next one need not
        try:
            await stores.in_region(EU).pack(SPACE, "a", second)
        except StorageUnavailable:
            await stores.unpack(SPACE, "a", tmp_path / f"still-{attempt}")
            assert describe(tmp_path / f"still-{attempt}") == describe(first)
        else:
            break
    await stores.unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(second)


async def test_what_is_damaged_at_home_is_not_spread(place: Place, tmp_path: Path) -> None:
    home, there = place("home"), place("there")
    await regions(home, there).pack(SPACE, "a", make(tmp_path / "in", {"a": noise(1, 100)}))
    [(name, content)] = packs(home).items()
    home.put(name, content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactDamaged, match="is damaged"):
        await regions(home, there).in_region(EU).unpack(SPACE, "a", tmp_path / "out")
    assert packs(there) == {}
    home.delete(name)
    with pytest.raises(ArtifactDamaged, match="is gone"):
        await regions(home, there).in_region(EU).unpack(SPACE, "a", tmp_path / "out")


async def test_what_a_power_cut_has_left_in_a_region_is_copied_anew(place: Place, tmp_path: Path) -> None:
    home, there = place("home"), place("there")
    root = make(tmp_path / "in", {"a": noise(1, 100)})
    await regions(home, there).pack(SPACE, "a", root)
    there.put(next(iter(packs(home))), b"")
    await regions(home, there).in_region(EU).unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)


async def test_two_actions_that_need_the_same_wait_for_one_copy(place: Place, tmp_path: Path) -> None:
    home, there = place("home"), place("there")
    stores = regions(home, there)
    await stores.pack(SPACE, "a", make(tmp_path / "in", {"a": noise(1, 100_000)}))
    written: list[str] = []
    put = there.put

    def noted(name: str, data: bytes, *, durable: bool = True) -> None:
        written.append(name)
        put(name, data, durable=durable)

    there.put = noted  # type: ignore[method-assign]
    eu = stores.in_region(EU)
    await asyncio.gather(*(eu.unpack(SPACE, "a", tmp_path / f"out-{n}") for n in range(3)))
    assert written.count(names.manifest(SPACE, "a")) == 1


async def test_removing_and_collecting_go_through_every_store_that_answers(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    places = [place(name) for name in ("home", "there", "elsewhere")]
    stores = regions(*places)
    for region in (EU, "ap-south-1"):
        await stores.in_region(region).pack(SPACE, region, make(tmp_path / region, {region: noise(len(region), 100)}))
    [down, delete] = places[1], places[1].delete

    def unreachable(name: str) -> None:
        raise StorageUnavailable(f"{name}: no route")

    down.delete = unreachable  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable, match=r"^eu-west-1: .* no route$"):
        await stores.remove(SPACE, [EU, "ap-south-1"])
    assert [each.has(names.manifest(SPACE, "ap-south-1")) for each in places] == [False, False, False]
    assert await regions(places[0], places[2]).collect(SPACE) == 3, "two at home, one in the region that answers"
    down.delete = delete  # type: ignore[method-assign]
    await stores.remove(SPACE, [EU, "ap-south-1"])
    assert await stores.collect(SPACE) == 1
    assert [packs(each) for each in places] == [{}, {}, {}]


async def test_what_a_copy_refers_to_is_not_collected_though_that_was_decided_before(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collecting has seen that nothing refers to a pack; before it comes to it, a copy does."""
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    home, there = place("home"), place("there")
    stores = regions(home, there)
    await stores.pack(SPACE, "a", make(tmp_path / "in", {"a": noise(1, 100)}))
    await stores.in_region(EU).unpack(SPACE, "a", tmp_path / "once")
    there.delete(names.manifest(SPACE, "a"))
    listed = there.names
    loop = asyncio.get_running_loop()

    def slow(below: str) -> object:
        found = list(listed(below))
        if below == names.packs(SPACE):
            copy = stores.in_region(EU).unpack(SPACE, "a", tmp_path / "meanwhile")
            asyncio.run_coroutine_threadsafe(copy, loop).result(20)
        return iter(found)

    there.names = slow  # type: ignore[method-assign,assignment]
    assert await stores.collect(SPACE) == 0
    await stores.in_region(EU).unpack(SPACE, "a", tmp_path / "out")


async def test_art_3_a_rotation_goes_through_every_store(place: Place, tmp_path: Path) -> None:
    places = place("home"), place("there")
    await regions(*places).in_region(EU).pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    both = regions(*places, keys=MasterKeys([NEW, MASTER]))
    assert sum((await both.wrapped_by()).values()) == 4, "in each the space's secrets and the artifact's key"
    assert (await both.rotate(), await both.rotate()) == (4, 0)
    only_new = regions(*places, keys=MasterKeys([NEW]))
    await only_new.unpack(SPACE, "a", tmp_path / "home-out")
    await only_new.in_region(EU).unpack(SPACE, "a", tmp_path / "there-out")
    with pytest.raises(KeyUnknown):
        await regions(*places).in_region(EU).unpack(SPACE, "a", tmp_path / "never")


def test_an_address_that_can_t_be_right_is_told_without_what_it_holds() -> None:
    with pytest.raises(StorageUnavailable) as told:
        Objects.at("s3://bucket/below?regionn=eu-west-1&secret_access_key=hush")
    assert str(told.value) == "s3://bucket/below: Configuration key: 'regionn' is not valid for store 'S3'."
