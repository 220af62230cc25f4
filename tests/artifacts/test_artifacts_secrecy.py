"""At rest nothing is legible, and nothing that was changed is taken for what was stored (ART-3)."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.artifacts import names, sealed
from bot.artifacts.errors import ArtifactDamaged
from bot.artifacts.keys import KeyUnknown, MasterKeys, decrypt, encrypt
from bot.artifacts.manifest import Manifest
from bot.artifacts.objects import Objects
from bot.artifacts.store import ArtifactStore
from tests.artifacts.conftest import MASTER
from tests.artifacts.trees import make

SPACE = "space"
NEW = b"n" * 32


def stored(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


async def test_art_3_nothing_legible_is_stored_and_the_wrong_key_opens_nothing(
    store: ArtifactStore, objects: Objects, tmp_path: Path
) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"secret-name": b"correct horse battery staple " * 50}))
    for file in stored(tmp_path):
        assert b"horse" not in file.read_bytes()
        assert b"secret-name" not in file.read_bytes()
    stranger = ArtifactStore(objects, MasterKeys([b"x" * 32]))
    with pytest.raises(KeyUnknown, match="a master key that is not set here"):
        await stranger.unpack(SPACE, "a", tmp_path / "out")


async def test_art_3_a_rotation_rewraps_keys_and_rewrites_no_content(
    store: ArtifactStore, objects: Objects, tmp_path: Path
) -> None:
    root = make(tmp_path / "in", {"a": b"1"})
    await store.pack(SPACE, "old", root)
    before = {file: file.read_bytes() for file in stored(tmp_path)}
    both = ArtifactStore(objects, MasterKeys([NEW, MASTER]))
    assert await both.rotate() == 2, "the space's secrets and the artifact's key"
    assert await both.rotate() == 0
    assert {file.name for file, was in before.items() if file.read_bytes() != was} == {"secrets", "key"}
    only_new = ArtifactStore(objects, MasterKeys([NEW]))
    await only_new.unpack(SPACE, "old", tmp_path / "out")
    assert (await only_new.pack(SPACE, "again", root, like=["old"])).stored == 0
    with pytest.raises(KeyUnknown):
        await store.manifest(SPACE, "old")


async def test_a_rotation_that_was_killed_is_carried_on(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await store.pack(SPACE, f"a{number}", make(tmp_path / f"in{number}", {"a": bytes([number])}))
    both = ArtifactStore(objects, MasterKeys([NEW, MASTER]))
    put = objects.put
    done: list[str] = []

    def killed(name: str, data: bytes) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        put(name, data)
        done.append(name)

    monkeypatch.setattr(objects, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        both._rotate()
    monkeypatch.undo()
    assert sorted((await both.wrapped_by()).values()) == [2, 2], "the space's secrets and three keys, half of them done"
    await both.unpack(SPACE, "a0", tmp_path / "out0")
    assert await both.rotate() == 2
    await ArtifactStore(objects, MasterKeys([NEW])).unpack(SPACE, "a2", tmp_path / "out2")


async def test_a_flipped_bit_is_found_and_named_wherever_it_is(store: ArtifactStore, tmp_path: Path) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"dir/one": bytes(range(256)) * 20, "two": b"2"}))
    for file in stored(tmp_path):
        if file.name == "secrets":
            continue  # they are for packing only
        whole = file.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            broken = bytearray(whole)
            broken[place] ^= 1
            file.write_bytes(broken)
            with pytest.raises(ArtifactDamaged) as caught:
                await store.unpack(SPACE, "a", tmp_path / f"out-{file.name}-{place}")
            assert str(file.relative_to(tmp_path / "objects")) in str(caught.value)
            if file.parent.parent.name == "packs":
                assert str(caught.value).startswith("dir/one and 1 more can't be had: ")
        file.write_bytes(whole)
    await store.unpack(SPACE, "a", tmp_path / "out")


async def test_objects_that_were_swapped_or_lost_are_found(
    store: ArtifactStore, objects: Objects, tmp_path: Path
) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    await store.pack(SPACE, "b", make(tmp_path / "in", {"b": b"2"}))
    manifest = names.manifest(SPACE, "a")
    whole, other = objects.get(manifest), objects.get(names.manifest(SPACE, "b"))
    assert whole is not None
    assert other is not None
    objects.put(manifest, bytes(other))
    with pytest.raises(ArtifactDamaged):
        await store.manifest(SPACE, "a")
    objects.put(manifest, bytes(whole))
    [pack] = (await store.manifest(SPACE, "a")).packs
    objects.delete(names.pack(SPACE, pack.id))
    with pytest.raises(ArtifactDamaged, match=r"^a can't be had: .* is gone$"):
        await store.unpack(SPACE, "a", tmp_path / "out")


def test_what_earlier_versions_have_written_opens_and_only_in_its_place() -> None:
    """Keys and bytes of any age lie in stores: how they are derived and bound must never change."""
    wrapped = "b703547681ed15c2000102030405060708090a0bed143cb4935fe7a47a9bc5d1a2a1a37c4af953e8ac72ee28e13aa6bb60b7d2e935466aba7be2fb942fa3c809a91d30a9"
    content = "000102030405060708090a0b09b29a5a61bef2d637ff378dc5b48fc0e1089c02828707"
    masters, name = MasterKeys([NEW, MASTER]), "space/packs/ab/abc"
    key = masters.unwrap(bytes.fromhex(wrapped), "space/artifacts/a/key")
    assert key == b"k" * 32
    assert decrypt(key, bytes.fromhex(content), name) == b"content"
    with pytest.raises(ArtifactDamaged):
        masters.unwrap(masters.wrap(key, "one"), "two")
    with pytest.raises(ArtifactDamaged):
        decrypt(key, encrypt(key, b"1", "one"), "two")


async def test_a_pack_that_holds_less_than_its_manifest_says_is_damaged(
    store: ArtifactStore, objects: Objects, tmp_path: Path
) -> None:
    """No file comes back shorter than it was."""
    await store.pack(SPACE, "a", make(tmp_path / "in", {"file": b"12345"}))
    [pack], [entry] = (manifest := await store.manifest(SPACE, "a")).packs, manifest.entries
    longer = entry._replace(pieces=(entry.pieces[0]._replace(length=6),))
    sealed.write(objects, MasterKeys([MASTER]), SPACE, "a", Manifest.of((replace(pack, size=6),), (longer,)))
    with pytest.raises(ArtifactDamaged, match="it has not the size it was stored with"):
        await store.unpack(SPACE, "a", tmp_path / "out")


@pytest.mark.parametrize("masters", [[], [b"short"], [b"m" * 32, b"n" * 31]])
def test_a_master_key_of_another_size_is_refused(masters: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKeys(masters)
