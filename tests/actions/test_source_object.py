"""Object sources: in a folder and on an S3 server with versions; what is refused, and archives that mean harm."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from bot.actions.source.kind import Asker
from bot.actions.source.object import ObjectKind
from bot.actions.source.unpacking import ArchiveLimits, ArchiveRefused, unpack
from bot.model.repository import Repository
from bot.model.source import ObjectSource
from bot.ports import HostUnavailable, SourceRefused, SourceUnavailable
from tests.world.aws import S3Bucket

ASKER = Asker(Repository("local", "1", "acme/web"), ())


def zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return made.getvalue()


def files_in(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


async def test_src_2_an_object_s_version_is_its_revision_and_an_older_one_can_be_asked_for(
    aws_url: str, tmp_path: Path
) -> None:
    bucket = S3Bucket(aws_url, "versioned", versions=True)
    kind, source = ObjectKind({"assets": bucket.address}), ObjectSource("assets", "data/seed.zip")
    bucket.put("data/seed.zip", zipped(a="one", sub__b="two"))
    first = await kind.newest(source, ASKER)
    bucket.put("data/seed.zip", zipped(a="three"))
    second = await kind.newest(source, ASKER)
    assert first.id != second.id

    newest = await kind.fetch(source, ASKER, "", tmp_path / "newest")
    assert newest.revision == second
    assert files_in(tmp_path / "newest") == {"a": "three"}
    older = await kind.fetch(source, ASKER, first.id, tmp_path / "older")
    assert files_in(tmp_path / "older") == {"a": "one", "sub/b": "two"}
    assert older.variables["VersionId"] == first.id
    assert (older.variables["BucketName"], older.variables["ObjectKey"]) == ("assets", "data/seed.zip")
    with pytest.raises(SourceUnavailable):
        await kind.fetch(source, ASKER, "no-such-version", tmp_path / "none")


async def test_without_versions_the_etag_is_the_revision_as_long_as_it_is_there(aws_url: str, tmp_path: Path) -> None:
    bucket = S3Bucket(aws_url, "plain-bucket", versions=False)
    kind, source = ObjectKind({"assets": bucket.address}), ObjectSource("assets", "notes.txt")
    bucket.put("notes.txt", b"one")
    first = await kind.newest(source, ASKER)
    assert (await kind.fetch(source, ASKER, first.id, tmp_path / "one")).revision.id == first.id
    assert files_in(tmp_path / "one") == {"notes.txt": "one"}
    bucket.put("notes.txt", b"two")
    with pytest.raises(SourceUnavailable, match="keeps no versions"):
        await kind.fetch(source, ASKER, first.id, tmp_path / "two")


async def test_a_folder_is_a_bucket_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "notes.txt").write_text("one")
    kind, source = ObjectKind({"assets": folder.as_uri()}), ObjectSource("assets", "notes.txt")
    fetched = await kind.fetch(source, ASKER, "", tmp_path / "into")
    assert files_in(tmp_path / "into") == {"notes.txt": "one"}
    assert fetched.revision.summary == "3 bytes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assets", "into"]


@pytest.mark.parametrize("key", ["../secret", "a/../../secret", "gone", "/etc/passwd"])
async def test_nothing_beside_the_bucket_is_read(tmp_path: Path, key: str) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "secret").write_text("hush")
    kind = ObjectKind({"assets": (tmp_path / "assets").as_uri()})
    with pytest.raises((SourceRefused, SourceUnavailable)):
        await kind.fetch(ObjectSource("assets", key), ASKER, "", tmp_path / "into")


async def test_only_buckets_of_the_settings_are_read_and_no_credentials_are_told(aws_url: str, tmp_path: Path) -> None:
    kind = ObjectKind(
        {"assets": f"s3://nowhere?endpoint={aws_url}&region=us-east-1&access_key_id=x&secret_access_key=hush"}
    )
    with pytest.raises(SourceRefused, match="has no bucket other"):
        await kind.newest(ObjectSource("other", "x"), ASKER)
    with pytest.raises((SourceRefused, SourceUnavailable, HostUnavailable)) as told:
        await kind.fetch(ObjectSource("assets", "x"), ASKER, "", tmp_path / "into")
    assert "hush" not in str(told.value)


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def test_an_archive_keeps_what_is_executable_and_makes_no_links(tmp_path: Path) -> None:
    script, link = tarfile.TarInfo("bin/run"), tarfile.TarInfo("out")
    script.mode, link.type, link.linkname = 0o755, tarfile.SYMTYPE, "/etc"
    (tmp_path / "file").write_bytes(tarred((script, b"#!/bin/sh\n"), (link, b"")))
    unpack(tmp_path / "file", "x.tar.gz", tmp_path / "into")
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["bin"]
    assert (tmp_path / "into/bin/run").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/../x", "..\\x", ".git/config", "a/.GIT/hooks/x"])
@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_archive_that_means_harm_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    data = zipped(**{name.replace("/", "__"): "x"}) if kind == "zip" else tarred((tarfile.TarInfo(name), b"x"))
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ArchiveRefused):
        unpack(tmp_path / "file", f"x.{kind}", tmp_path / "into")
    assert not (tmp_path / "x").exists()


def test_an_archive_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(zipped(a="x" * 1001))
    with pytest.raises(ArchiveRefused, match="more than 1,000 bytes"):
        unpack(tmp_path / "file", "x.zip", tmp_path / "into", ArchiveLimits(size=1000))


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.tar"])
def test_what_is_no_archive_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"nothing of the kind")
    with pytest.raises(ArchiveRefused, match="can't be unpacked"):
        unpack(tmp_path / "file", name, tmp_path / "into")
