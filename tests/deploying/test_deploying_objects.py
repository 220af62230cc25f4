"""Deployments to object storage: to a folder and to an S3 server; who may, what is written again, what is deleted, and after a crash."""

import io
import zipfile
from pathlib import Path

import pytest

from bot.actions.deploying.objects.bucket import Bucket, Put
from bot.actions.deploying.objects.differences import begun, differences
from bot.actions.deploying.objects.files import FilesRefused, listed
from bot.actions.deploying.objects.naming import KeyRefused, checked, content_type, filled_in, fitting
from bot.actions.deploying.objects.places import PlaceRefused, Places
from bot.logs.files import LogFiles
from bot.model.error import ErrorCode
from bot.model.execution import ActionRun
from bot.model.object_deployment import WrittenObject, WrittenObjects
from bot.model.repository import Repository
from bot.ports import HostUnavailable
from tests.deploying.conftest import Site
from tests.world.aws import S3Bucket, options
from tests.world.repo import Push

SITE = {"site/index.html": "<p>one", "site/app.js": "1", "site/img/a b#c%20.svg": "<svg/>"}


def pipeline(deploy: str, inputs: str = "inputs: [site]") -> str:
    build = '{name: build, run: "true", outputs: {site: ["site/**"]}}'
    return f"stages: [{{name: prod, actions: [{build}, {{name: go, run_order: 2, deploy: {deploy}, {inputs}}}]}}]\n"


def allow(where: Site, **buckets: str) -> None:
    where.world.buckets |= buckets
    where.world.bucket_grants.append(("local:acme/*", "*"))


async def deployed(push: Push) -> ActionRun:
    return (await push.execution()).stages[0].action("go")


def files_in(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


async def test_feature_107_each_file_with_its_type_and_only_what_has_changed(site: Site, aws_url: str) -> None:
    bucket = S3Bucket(aws_url, "acme-site", versions=True)
    allow(site, site=f"s3://acme-site/www?{bucket.options}")
    deploy = '{objects: "s3://acme-site/www/docs", cache_control: "max-age=60", prune: true}'
    repo = await site.world.repo(pipeline(deploy))
    first = await deployed(await repo.push(files=SITE))
    assert first.summary == "3 files written to s3://acme-site/www/docs/site, 0 unchanged, 0 deleted".replace(
        "/site,", ","
    )
    assert bucket.keys() == ["www/docs/site/app.js", "www/docs/site/img/a b#c%20.svg", "www/docs/site/index.html"]
    page = bucket.get("www/docs/site/index.html")
    assert (page["ContentType"], page["CacheControl"], page["Body"].read()) == ("text/html", "max-age=60", b"<p>one")
    assert first.outputs["ObjectKey"] == "www/docs"

    bucket.client.put_object(Bucket="acme-site", Key="www/docs/foreign", Body=b"not ours")
    bucket.client.put_object(Bucket="acme-site", Key="www/docs/site/app.js", Body=b"somebody else's")
    second = await deployed(await repo.push(files={"site/index.html": "<p>two", "site/img/a b#c%20.svg": None}))
    assert second.summary.startswith("2 files written")  # the page, and what somebody else had overwritten
    assert second.summary.endswith("0 unchanged, 1 deleted")
    assert bucket.keys() == ["www/docs/foreign", "www/docs/site/app.js", "www/docs/site/index.html"]
    assert bucket.get("www/docs/site/app.js")["Body"].read() == b"1"
    written = bucket.written()
    third = await deployed(await repo.push("nothing of the site"))
    assert third.summary.startswith("0 files written")
    assert bucket.written() == written


async def test_feature_107_one_zip_file_under_a_key_with_placeholders(site: Site, aws_url: str) -> None:
    bucket = S3Bucket(aws_url, "acme-releases", versions=True)
    allow(site, releases=f"s3://acme-releases?{bucket.options}")
    deploy = '{objects: releases, extract: false, key: "#{source.BranchName}/web-{datetime}-{uuid}.zip"}'
    repo = await site.world.repo(pipeline(deploy))
    run = await deployed(await repo.push(files=SITE))
    (key,) = bucket.keys()
    assert key == run.outputs["ObjectKey"]
    assert key.startswith("main/web-20")
    assert "{" not in key
    got = bucket.get(key)
    assert (got["ContentType"], got["VersionId"]) == ("application/zip", run.outputs["VersionId"])
    with zipfile.ZipFile(io.BytesIO(got["Body"].read())) as archive:
        assert sorted(archive.namelist()) == sorted(SITE)
        assert archive.read("site/index.html") == b"<p>one"


async def test_the_commit_itself_to_a_folder_without_its_history(site: Site) -> None:
    folder = site.world.folder / "www"
    allow(site, www=folder.as_uri())
    repo = await site.world.repo(pipeline("{objects: www, key: docs, prune: true}", "env: {}").replace(", env: {}", ""))
    run = await deployed(await repo.push(files=SITE))
    assert run.status == "Succeeded", run.summary
    assert files_in(folder / "docs").keys() >= SITE.keys()
    assert not (folder / "docs/.git").exists()
    await repo.push(files={"site/app.js": None})
    assert "site/app.js" not in files_in(folder / "docs")


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ("other", "there is no place other that local:acme/web may write to (it may write to docs)"),
        ("secret", "there is no place secret that local:acme/web may write to (it may write to docs)"),
        ("s3://acme-site", "no place at s3://acme-site"),
        ("s3://acme-site/docs-of-others", "no place at s3://acme-site/docs-of-others"),
        ("s3://acme-site/docs/../secret", "parts that are empty, `.` or `..`"),
        ("s3://acme-site/docs/%2e%2e/secret", "parts that are empty, `.` or `..`"),
        ("s3://me@acme-site/docs", "no options and no credentials"),
        ("s3://acme-site/docs?endpoint=http://127.0.0.1", "no options and no credentials"),
        ("file:///etc", "no place at file:///etc"),
    ],
)
def test_who_may_write_where(objects: str, why: str) -> None:
    buckets = {"docs": "s3://acme-site/docs?secret_access_key=hush", "secret": "s3://acme-site/secret"}
    places = Places(buckets, [("local:acme/web", "docs"), ("local:acme/admin", "*")])
    web = Repository("local", "1", "acme/web")
    with pytest.raises(PlaceRefused) as refused:
        places.find(objects, web)
    assert why in str(refused.value)
    assert "hush" not in f"{refused.value}{places.find('docs', web)!r}"
    assert places.find("s3://acme-site/docs/a/", web).below == "a"
    with pytest.raises(PlaceRefused):
        Places(buckets, []).find("docs", web)


async def test_a_place_that_is_not_there_or_not_allowed_fails_with_the_reason(site: Site, aws_url: str) -> None:
    allow(site, nowhere=f"s3://no-such-bucket?{options(aws_url)}")
    repo = await site.world.repo(pipeline("{objects: nowhere}"))
    run = await deployed(await repo.push(files=SITE))
    assert (run.error, run.summary) == (ErrorCode.PERMISSION, "there is no bucket s3://no-such-bucket")


async def test_a_bucket_that_does_not_answer_is_waited_for_and_no_credentials_are_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    bucket = Bucket("s3://b?endpoint=http://127.0.0.1:9&region=x&access_key_id=x&secret_access_key=hush&max_retries=0")
    with pytest.raises(HostUnavailable) as told:
        await bucket.put("x", tmp_path / "x", {})
    assert "hush" not in f"{told.value!r}{bucket!r}"


async def test_a_place_that_never_takes_an_object_is_not_waited_for_without_end(site: Site) -> None:
    """A file stands where a folder is to be: a store tells of that as of one that does not answer."""
    folder = site.world.folder / "www"
    folder.mkdir()
    (folder / "site").write_text("a file")
    allow(site, www=folder.as_uri())
    push = await (await site.world.repo(pipeline("{objects: www}"))).push(files=SITE)
    assert (await deployed(push)).status == "InProgress"
    await site.world.wind(seconds=2)
    assert (await deployed(push)).status == "InProgress"
    await site.world.wind(seconds=3600)
    run = await deployed(push)
    assert (run.status, run.error) == ("Failed", ErrorCode.TIMEOUT)
    assert "does not answer (GenericError), and did not within the timeout of " in run.summary


async def test_begun_again_in_the_middle_it_is_finished_with_what_was_written_known(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real, fails = site.world.folder / "www", Bucket.put, [True]

    async def falters(bucket: Bucket, key: str, file: Path, headers: dict[str, str]) -> Put:
        if key.endswith("index.html") and fails:
            fails.clear()
            raise HostUnavailable("the bucket does not answer")
        return await real(bucket, key, file, headers)

    allow(site, www=folder.as_uri())
    repo = await site.world.repo(pipeline("{objects: www, prune: true}"))
    monkeypatch.setattr(Bucket, "put", falters)
    push = await repo.push(files=SITE)
    run = await deployed(push)
    assert run.status == "InProgress"
    assert sorted(files_in(folder)) == ["site/app.js", "site/img/a b#c%20.svg"]  # pages come last
    destination = f"local:{repo.repository.id}:web:prod/go:{folder.as_uri()}"
    known = await site.world.store.written_objects(destination)
    assert dict(known.objects) == dict.fromkeys(SITE, WrittenObject())
    await site.world.wind(seconds=2)
    assert (await deployed(push)).status == "Succeeded"
    assert files_in(folder) == SITE
    assert "does not answer: it is tried again" in await LogFiles(site.world.folder / "logs").tail(run.log, 20)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "text/html"),
        ("a/b.mjs", "text/javascript"),
        ("app.js.gz", "application/gzip"),
        ("x.tar.gz", "application/gzip"),
        ("font.woff2", "font/woff2"),
        ("data:x.json", "application/json"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_content_types(name: str, expected: str) -> None:
    assert content_type(name) == expected


@pytest.mark.parametrize("key", ["../x", "a/../../x", "a//b", "a/./b", "a\nb", "a\udcffb"])
def test_a_key_that_references_made_leads_nowhere_else(key: str) -> None:
    with pytest.raises(KeyRefused):
        checked(key)


@pytest.mark.parametrize(("key", "folder"), [("ü" * 513, False), ("a/" + "ü" * 128, True), ("a/" * 600, True)])
def test_a_key_that_no_place_takes_is_refused_at_once(key: str, folder: bool) -> None:
    with pytest.raises(KeyRefused, match="bytes"):
        fitting(key, folder=folder)
    assert fitting("ü" * 512, folder=False)
    assert fitting("a/" + "ü" * 127, folder=True)


def test_the_same_attempt_has_the_same_key() -> None:
    first, again = (filled_in("{uuid}/{datetime}", "e/s/a/1", 0.0) for _ in range(2))
    assert first == again
    assert first.endswith("/1970-01-01_00-00-00")
    assert filled_in("{uuid}", "e/s/a/2", 0.0) not in first


def test_links_count_as_files_of_the_artifact_and_lead_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush")
    root = tmp_path / "site"
    root.mkdir()
    (root / "a").write_text("a")
    (root / "b").symlink_to("a")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to("/etc")
    assert listed(root) == (["a", "b"], ["folder", "out"])
    (root / "odd\n").touch()
    with pytest.raises(FilesRefused):
        listed(root)


def test_what_is_written_and_deleted() -> None:
    before = WrittenObjects(
        "h",
        {
            "same": WrittenObject("1", "t"),
            "other": WrittenObject("1", "t"),
            "gone": WrittenObject("1", "t"),
            "taken": WrittenObject("1", "t"),
            "unsure": WrittenObject(),
            "missing": WrittenObject("1", "t"),
        },
    )
    there = {"same": "t", "other": "t", "gone": "t", "taken": "somebody else's", "unsure": "?", "foreign": "?"}
    wanted = {"same": "1", "other": "2", "new.html": "3", "new.css": "4"}
    found = differences(wanted, "h", before, there, prune=True)
    assert (found.first, found.pages, found.delete) == (["other", "new.css"], ["new.html"], ["gone", "unsure"])
    assert differences(wanted, "h", before, there, prune=False).delete == ()
    assert differences(wanted, "other headers", before, there, prune=True).write == len(wanted)
    assert begun(before, found).objects["other"] == WrittenObject()
