"""A build's specification and outputs, where the source has a link or a folder in their place. Nothing is read from outside the source."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.actions.building.collect import collect
from bot.actions.building.reach import Reach
from bot.actions.building.reports import read_reports
from bot.actions.building.spec import SpecInvalid, load
from bot.model.buildspec import ArtifactFiles, ReportFiles


def _by_way_of_itself(path: Path) -> None:
    path.symlink_to(f"{path.name}/../further")
    path.with_name("further").symlink_to("../outside.yml")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "outside.yml").write_text("version: 0.2\nphases: {build: {commands: [outside]}}\n")
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: path.symlink_to("../outside.yml"), "leads out", id="a link out"),
        pytest.param(_by_way_of_itself, "there is no file", id="a link out by way of itself"),
        pytest.param(lambda path: path.symlink_to("buildspec.yml"), "there is no file", id="a link to itself"),
        pytest.param(Path.mkdir, "is no file", id="a folder"),
    ],
)
def test_whatever_stands_in_a_buildspec_s_place_is_refused(
    source: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(source / "buildspec.yml")
    with pytest.raises(SpecInvalid, match=reason):
        load("buildspec.yml", source)


def test_arf_5_a_link_out_by_way_of_itself_is_left_out(source: Path, tmp_path: Path) -> None:
    _by_way_of_itself(source / "a")
    (source / "kept").write_text("1")
    collected = collect(ArtifactFiles(files=("a", "kept")), Reach(source), tmp_path / "into")
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["kept"]
    assert len(collected.warnings) == 1


def test_rep_2_a_report_that_is_a_link_is_not_read(source: Path, tmp_path: Path) -> None:
    """It may lead to what a page must not show."""
    (tmp_path / "outside.xml").write_text('<testsuite><testcase name="secret"/></testsuite>')
    (source / "link.xml").symlink_to(tmp_path / "outside.xml")
    (source / "own.xml").write_text('<testsuite><testcase name="own"/></testsuite>')
    [report] = read_reports((ReportFiles("unit", ("*.xml",)),), Reach(source), ())
    assert [case.name for case in report.cases] == ["own"]
