"""A store in a folder, and the same on an S3 server, which the tests of this folder share."""

from pathlib import Path

import pytest

from bot.artifacts.keys import MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.store import ArtifactStore
from tests.world.aws import S3Bucket

MASTER = b"m" * 32


def folder_objects(folder: Path) -> Objects:
    return Objects((folder / "objects").as_uri())


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return folder_objects(tmp_path)


@pytest.fixture
def store(objects: Objects) -> ArtifactStore:
    return ArtifactStore(objects, MasterKeys([MASTER]))


@pytest.fixture
def s3_objects(aws_url: str, tmp_path: Path) -> Objects:
    bucket = S3Bucket(aws_url, tmp_path.name.replace("_", "-")[:40])
    return Objects.at(f"s3://{bucket.name}/penstock?{bucket.options}")
