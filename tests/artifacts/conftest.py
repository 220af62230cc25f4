"""A store in a folder, and the same on an S3 server, which the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bot.artifacts.keys import MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.store import ArtifactStore

MASTER = b"m" * 32


def folder_objects(folder: Path) -> Objects:
    return Objects((folder / "objects").as_uri())


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return folder_objects(tmp_path)


@pytest.fixture
def store(objects: Objects) -> ArtifactStore:
    return ArtifactStore(objects, MasterKeys([MASTER]))


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The server's URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_objects(s3: str, tmp_path: Path) -> Objects:
    bucket = tmp_path.name.replace("_", "-")[:40]
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    boto3.client("s3", endpoint_url=s3, region_name="us-east-1", **keys).create_bucket(Bucket=bucket)
    return Objects(f"s3://{bucket}/penstock", {"endpoint": s3, "region": "us-east-1", **keys}, plain_http=True)
