"""Archives made to harm, as an object source may find them: whatever is in one, nothing leaves the folder, and nothing grows without end."""

import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.actions.source import expanding, unpacking
from bot.actions.source.unpacking import ArchiveLimits, ArchiveRefused, unpack

Make = Callable[..., Path]


def entry(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: object
) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, len(data)
    for field, value in fields.items():
        setattr(made, field, value)
    return made, data


@pytest.fixture
def unpacked(tmp_path: Path) -> Make:
    """Makes an archive of the entries, unpacks it, and gives the folder."""

    def make(*entries: tuple[tarfile.TarInfo, bytes], compression: str = "gz") -> Path:
        name = f"x.tar.{compression}".rstrip(".")
        with tarfile.open(tmp_path / "file", f"w:{compression}", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
            for member, data in entries:
                archive.addfile(member, io.BytesIO(data))
        unpack(tmp_path / "file", name, tmp_path / "into", unpacking.USUAL)
        return tmp_path / "into"

    return make


def names(folder: Path) -> list[bytes]:
    return sorted(os.fsencode(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_however_it_is_compressed(unpacked: Make, compression: str) -> None:
    content = os.urandom(300_000)
    assert (unpacked(entry("d/x", content), compression=compression) / "d/x").read_bytes() == content


def test_nothing_is_written_through_a_link_and_none_is_made(unpacked: Make, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    into = unpacked(
        entry("d", kind=tarfile.SYMTYPE, linkname=str(tmp_path / "outside")),
        entry("d/through", b"1"),
        entry("hard", kind=tarfile.LNKTYPE, linkname="/etc/passwd"),
        entry("up", kind=tarfile.LNKTYPE, linkname="../../outside"),
        entry("device", kind=tarfile.CHRTYPE, devmajor=1, devminor=3),
        entry("pipe", kind=tarfile.FIFOTYPE),
        entry("/etc/absolute", b"2"),
    )
    assert names(into) == [b"d/through", b"etc/absolute"]
    assert not list((tmp_path / "outside").iterdir())


def test_odd_names_are_kept_as_they_are(unpacked: Make) -> None:
    longest = "\u00e9" * 127  # 254 bytes
    odd = [longest, "line\nbreak", "Same", "same", "-rf", os.fsdecode(b"not-utf8-\xff"), " ", "a\\b"]
    into = unpacked(*(entry(name, b"1") for name in odd), entry("same", b"the last one counts"))
    assert names(into) == sorted(os.fsencode(name.replace("\\", "/")) for name in odd)
    assert (into / "same").read_bytes() == b"the last one counts"


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry("\u00e9" * 128)], "File name too long"),
        ([entry("a", b"1"), entry("a/b", b"2")], "File exists"),
        ([entry("a/b", b"1"), entry("a", b"2")], "Is a directory"),
        ([entry("/".join(["d" * 250] * 20), b"1")], "File name too long"),
        ([entry("x", b"1", pax_headers={"comment": "x" * (2 << 20)})], "more of one of its files"),
        (
            [
                entry(
                    "map",
                    b"999999999\n" + b"0\n" * (1 << 20),
                    pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"},
                )
            ],
            "more of one of its files",
        ),
    ],
    ids=[
        "a long name",
        "a file as a folder",
        "a folder as a file",
        "a deep one",
        "a large header",
        "a large map of holes",
    ],
)
def test_what_can_not_be_is_refused_with_the_reason(
    unpacked: Make, entries: list[tuple[tarfile.TarInfo, bytes]], reason: str
) -> None:
    with pytest.raises(ArchiveRefused, match=reason):
        unpacked(*entries)


def test_entries_without_end_are_refused(unpacked: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "USUAL", ArchiveLimits(files=10))
    with pytest.raises(ArchiveRefused, match="more than 10 files"):
        unpacked(*(entry(str(number), b"") for number in range(11)))


def test_folders_and_links_without_end_are_refused(unpacked: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "USUAL", ArchiveLimits(files=10))
    with pytest.raises(ArchiveRefused, match="more than 20 files, folders and links"):
        unpacked(*(entry(str(number), kind=tarfile.DIRTYPE) for number in range(21)))


def test_what_is_only_passed_over_counts_as_well(unpacked: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has to be decompressed all the same."""
    monkeypatch.setattr(unpacking, "USUAL", ArchiveLimits(size=1000))
    with pytest.raises(ArchiveRefused, match=r"more than 1,000 bytes.*PENSTOCK_SOURCE_ARCHIVE_SIZE"):
        unpacked(entry("unheard-of", b"x" * 1001, kind=b"Z"))


def test_a_zip_file_s_list_is_not_read_if_it_is_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        for number in range(100):
            archive.writestr(str(number), b"")
        archive.comment = b"PK\5\6 is no end"
    monkeypatch.setattr(unpacking, "LONGEST_ENTRY", 40)
    with pytest.raises(ArchiveRefused, match="names without end"):
        unpack(tmp_path / "file", "x.zip", tmp_path / "into", ArchiveLimits(files=100))


def test_a_zip_file_with_a_link_and_a_file_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc")
        archive.writestr("twice", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("twice", "2")
    unpack(tmp_path / "file", "x.zip", tmp_path / "into")
    assert not (tmp_path / "into/link").is_symlink()
    assert (tmp_path / "into/twice").read_text() == "2"


def test_a_zip_file_that_tells_less_than_it_holds_writes_no_more_than_it_tells(tmp_path: Path) -> None:
    """Its list says 1000 bytes, which is what is checked beforehand; what is compressed are ten million."""
    size = 10_000_000
    with zipfile.ZipFile(tmp_path / "file", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * size)
    whole = (tmp_path / "file").read_bytes()
    told = whole.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert told != whole
    (tmp_path / "file").write_bytes(told)
    with pytest.raises(ArchiveRefused, match="BadZipFile"):
        unpack(tmp_path / "file", "x.zip", tmp_path / "into")
    assert (tmp_path / "into/bomb").stat().st_size <= 1000


def test_xz_that_asks_for_more_memory_than_is_reasonable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expanding, "XZ_MEMORY", 1 << 20)
    (tmp_path / "file").write_bytes(lzma.compress(b"x" * 100_000, preset=6))
    with pytest.raises(ArchiveRefused, match="LZMAError"):
        unpack(tmp_path / "file", "x.tar.xz", tmp_path / "into")


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_one_that_is_cut_off_is_refused(unpacked: Make, tmp_path: Path, compression: str) -> None:
    unpacked(entry("x", os.urandom(100_000)), compression=compression)
    whole = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveRefused, match="can't be unpacked"):
        unpack(tmp_path / "file", f"x.tar.{compression}", tmp_path / "again")
