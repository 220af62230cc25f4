"""Buckets of the AWS on loopback (the fixture `aws_url`), as somebody beside the bot sees them."""

from typing import Any

import boto3

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "a-secret"}
REGION = "us-east-1"


class S3Bucket:
    """Made with it. `options` are what the bot is told of the way there: for behind the question mark of an address."""

    def __init__(self, url: str, name: str, *, versions: bool = False) -> None:
        self.client: Any = boto3.client("s3", endpoint_url=url, region_name=REGION, **KEYS)
        self.name = name
        self.client.create_bucket(Bucket=name)
        if versions:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.options = options(url)

    @property
    def address(self) -> str:
        return f"s3://{self.name}?{self.options}"

    def keys(self) -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=self.name).get("Contents", ())]

    def get(self, key: str) -> Any:
        return self.client.get_object(Bucket=self.name, Key=key)

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def written(self) -> int:
        """How often anything was, where it has versions."""
        versions = self.client.list_object_versions(Bucket=self.name)
        return len(versions.get("Versions", ()))


def options(url: str) -> str:
    keys = "&".join(f"{name.removeprefix('aws_')}={value}" for name, value in KEYS.items())
    return f"endpoint={url}&region={REGION}&{keys}"
