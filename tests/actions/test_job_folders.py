"""Folders of jobs: no two meet in one, and those that an older version has named are still found and removed."""

from pathlib import Path

import pytest

from bot.actions.job_folders import JobFolders


@pytest.mark.parametrize(
    ("one", "other"),
    [("e/a--b/c/1", "e/a/b--c/1"), ("e/a/b/1", "e/a/b--1"), ("e/a/b/1/b0", "e/a/b--1--b0")],
)
def test_no_two_jobs_meet_in_one_folder(tmp_path: Path, one: str, other: str) -> None:
    folders = JobFolders(tmp_path)
    assert folders.of(one) != folders.of(other)


def test_only_what_goes_on_from_a_name_is_below_it(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path)
    for job in ("e/a/b/1/b0", "e/a/b/1/b0/retry-1", "e/a/b--1--b7/1", "e/a/b/12"):
        folders.of(job).mkdir()
    assert folders.below("e/a/b/1") == ["e/a/b/1/b0", "e/a/b/1/b0/retry-1"]


def test_what_an_older_version_made_stays_where_its_job_goes_on_and_goes_where_not(tmp_path: Path) -> None:
    for name in ("e--a--b--1", "e--a--b--1--b0", "e--a--c--1"):
        (tmp_path / name).mkdir()
    folders = JobFolders(tmp_path)
    kept = ["e/a/b/1", *folders.below("e/a/b/1"), "e/a/d/1"]
    assert kept == ["e/a/b/1", "e/a/b/1/b0", "e/a/d/1"]
    assert folders.left(kept) == [tmp_path / "e--a--c--1"]
    assert folders.of("e/a/b/1/b0") == tmp_path / "e--a--b--1--b0"
    assert folders.of("e/a/d/1").name == "e~a~d~1"
