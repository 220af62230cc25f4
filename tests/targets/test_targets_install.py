"""What an installation does on a real target, over SSH and on this machine alike (appspec reference, sections 2, 3 and 6)."""

import asyncio
import errno
import os
import signal
import subprocess
from pathlib import Path

import pytest

from bot.model.deployment import EventRun, TargetStatus
from bot.targets.agent import archive, permissions
from bot.targets.agent import install as installing
from bot.targets.agent.plan import Plan
from bot.targets.agent.state import State
from tests.targets.conftest import BOTH, Box

HEAD = "version: 0.0\nos: linux\n"
ALL = HEAD + "files: [{source: app, destination: /srv/app}]\n"


def failure(runs: list[EventRun]) -> EventRun:
    assert runs[-1].status is TargetStatus.FAILED
    return runs[-1]


@BOTH
async def test_files_come_with_modes_and_times_and_what_the_next_does_not_bring_goes(box: Box) -> None:
    """INS-1, INS-2, INS-3, INS-6, INS-7, INS-11, PRM-1: and a folder that others use stays."""
    spec = HEAD + (
        "files: [{source: app, destination: /srv/app}, {source: conf/app.ini, destination: /etc/app}]\n"
        "permissions: [{object: /srv/app, type: [file], mode: 640, except: [run.sh]}]\n"
    )
    files = {
        "appspec.yml": spec,
        "app/run.sh": "#!/bin/sh\n",
        "app/lib/one": "1",
        "app/link": "-> lib/one",
        "conf/app.ini": "x",
    }
    runs = await box.deploy("d-1", files)
    assert [run.status for run in runs][-1] is TargetStatus.SKIPPED, runs
    assert box.tree() == {
        "etc/app/app.ini": "x",
        "srv/app/lib/one": "1",
        "srv/app/link": "-> lib/one",
        "srv/app/run.sh": "#!/bin/sh\n",
    }
    assert (box.root / "srv/app/run.sh").stat().st_mode & 0o777 == 0o755
    assert (box.root / "srv/app/lib/one").stat().st_mode & 0o777 == 0o640
    made = (box.bundles / "d-1/app/lib/one").stat().st_mtime_ns
    assert (box.root / "srv/app/lib/one").stat().st_mtime_ns == made
    (box.root / "etc/app/theirs").write_text("t")
    runs = await box.deploy("d-2", {"appspec.yml": ALL, "app/lib/two": "2", "app/run.sh": "#!/bin/sh\n"})
    assert box.tree() == {"etc/app/theirs": "t", "srv/app/lib/two": "2", "srv/app/run.sh": "#!/bin/sh\n"}
    assert "removed" in runs[3].message
    assert (box.folder / "state/box/group/d-2/deployment-archive/appspec.yml").exists()


@BOTH
async def test_ins_1_a_slash_is_the_whole_bundle(box: Box) -> None:
    spec = HEAD + "files: [{source: /, destination: /srv/app}]\n"
    runs = await box.deploy("d-1", {"appspec.yml": spec, "lib/one": "1", "top": "t"})
    assert [run.status for run in runs][-1] is TargetStatus.SKIPPED, runs
    assert box.tree() == {"srv/app/appspec.yml": spec, "srv/app/lib/one": "1", "srv/app/top": "t"}


@BOTH
async def test_what_is_unchanged_stays_as_it_is(box: Box) -> None:
    await box.deploy("d-1", {"appspec.yml": ALL, "app/a": "a", "app/b": "b", "app/c": "c"})
    before = (box.root / "srv/app/a").stat().st_ino
    (box.root / "srv/app/c").write_text("meddled")
    runs = await box.deploy("d-2", {"appspec.yml": ALL, "app/a": "a", "app/b": "B", "app/c": "c"})
    assert runs[3].message == "files: 2 copied, 1 unchanged, 0 removed"
    assert (box.root / "srv/app/a").stat().st_ino == before
    assert box.tree() == {"srv/app/a": "a", "srv/app/b": "B", "srv/app/c": "c"}


@pytest.mark.parametrize(
    ("behavior", "text", "words"),
    [
        pytest.param("", "theirs", "app/a is there already", id="INS-8 DISALLOW"),
        pytest.param("file_exists_behavior: OVERWRITE\n", "ours", "", id="INS-8 OVERWRITE"),
        pytest.param("file_exists_behavior: RETAIN\n", "theirs", "", id="INS-8 RETAIN"),
    ],
)
async def test_a_file_that_is_nobodys(box: Box, behavior: str, text: str, words: str) -> None:
    """INS-8, INS-6 (A1): what is refused is refused before anything is touched."""
    await box.deploy("d-1", {"appspec.yml": HEAD + "files: [{source: old, destination: /srv/app}]\n", "old": "o"})
    (box.root / "srv/app/a").write_text("theirs")
    runs = await box.deploy("d-2", {"appspec.yml": ALL + behavior, "app/a": "ours"})
    assert (box.root / "srv/app/a").read_text() == text
    if words:
        assert words in failure(runs).message
        assert failure(runs).event == "DownloadBundle"
        assert (box.root / "srv/app/old").exists()
    else:
        assert runs[-1].status is TargetStatus.SKIPPED
        await box.deploy("d-3", {"appspec.yml": HEAD})
        assert (box.root / "srv/app/a").exists() is (text == "theirs")  # INS-7


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"appspec.yml": ALL}, "the bundle has no app", id="INS-4 a missing source"),
        pytest.param(
            {
                "appspec.yml": HEAD + "files: [{source: a/x, destination: /s}, {source: b/x, destination: /s}]",
                "a/x": "",
                "b/x": "",
            },
            "installed twice",
            id="INS-5 twice",
        ),
        pytest.param(
            {
                "appspec.yml": HEAD + "files: [{source: a, destination: /s}, {source: b, destination: /s}]",
                "a/x": "",
                "b/x/y": "",
            },
            "a file and a folder",
            id="INS-5 file and folder",
        ),
        pytest.param(
            {"appspec.yml": ALL, "app/out": "-> /etc"}, "leads out of the bundle", id="a link out of the bundle"
        ),
        pytest.param(
            {"appspec.yml": ALL, "app": "-> ../.."}, "leads out of the bundle", id="a source out of the bundle"
        ),
        pytest.param({"appspec.yml": ALL, "app/x": "-> ../app"}, "that it is in itself", id="a link round in circles"),
        pytest.param(
            {"appspec.yml": ALL + "permissions: [{object: /srv/app/x, except: [a]}]", "app/x": ""},
            "are for folders",
            id="PRM-2 except on a file",
        ),
        pytest.param(
            {
                "appspec.yml": ALL + "permissions: [{object: /srv/app, mode: 600}, {object: /srv/app/x, mode: 644}]",
                "app/x": "",
            },
            "two entries",
            id="PRM-4 two entries",
        ),
        pytest.param(
            {"appspec.yml": ALL + "permissions: [{object: /srv/app, owner: nobody-at-all}]", "app/x": ""},
            "no owner nobody-at-all",
            id="PRM-5 an unknown owner",
        ),
        pytest.param(
            {"appspec.yml": ALL + "permissions: [{object: /srv/app, acls: ['d:u:root:r']}]", "app/x": ""},
            "default list",
            id="PRM-5 a default list on a file",
        ),
    ],
)
async def test_what_cant_be_done_is_refused_before_anything_is_touched(
    box: Box, files: dict[str, str | None], words: str
) -> None:
    await box.deploy("d-0", {"appspec.yml": ALL, "app/first": "1"})
    run = failure(await box.deploy("d-1", files))
    assert words in run.message
    assert run.event == "DownloadBundle"
    assert box.tree() == {"srv/app/first": "1"}


async def test_ins_8_a_folder_that_is_nobodys_never_makes_room_for_a_file(box: Box) -> None:
    """Not even where files may be overwritten: it is told before anything is touched."""
    (box.root / "srv/app/x").mkdir(parents=True)
    (box.root / "srv/app/x/theirs").write_text("t")
    run = failure(
        await box.deploy("d-1", {"appspec.yml": ALL + "file_exists_behavior: OVERWRITE\n", "app/a": "", "app/x": ""})
    )
    assert (run.event, "is a folder there, and is to be a file" in run.message) == ("DownloadBundle", True), run.message
    assert box.tree() == {"srv/app/x/theirs": "t"}


async def test_permissions_of_patterns_folders_lists_and_owners(box: Box) -> None:
    """PRM-1, PRM-2, PRM-3, PRM-5."""
    spec = ALL + (
        "permissions:\n"
        "  - {object: /srv/app, pattern: '*.sh', mode: 4755, owner: root, group: root, type: file}\n"
        "  - {object: /srv/app, pattern: '**', except: ['*.sh'], mode: '600', type: file, acls: ['u:daemon:rw']}\n"
        "  - {object: /srv/app, mode: 5, type: directory}\n"
        "  - {object: /srv/other, mode: 777}\n"
    )
    await box.deploy("d-1", {"appspec.yml": spec, "app/a.sh": "", "app/b": "", "app/sub/c.sh": ""})
    modes = {
        name: oct((box.root / "srv/app" / name).stat().st_mode & 0o7777) for name in ("a.sh", "b", "sub/c.sh", "sub")
    }
    assert modes["a.sh"] == "0o4755"
    assert modes["sub"] == "0o5"
    assert modes["sub/c.sh"] == modes["b"] == "0o660"  # the list's mask shows as the group's bits


def _list_of(file: Path) -> list[str]:
    return subprocess.run(["getfacl", "-cp", str(file)], capture_output=True, text=True, check=True).stdout.split()


async def test_permissions_of_a_link_are_not_those_of_what_it_leads_to(box: Box) -> None:
    box.folder.joinpath("secret").write_text("")
    box.folder.joinpath("secret").chmod(0o600)
    spec = ALL + "permissions: [{object: /srv/app, mode: 666, type: file, acls: ['u:daemon:rw']}]\n"
    await box.deploy("d-1", {"appspec.yml": spec, "app/link": f"-> {box.folder / 'secret'}", "app/a": ""})
    assert oct((box.root / "srv/app/a").stat().st_mode & 0o777) == "0o666"
    assert _list_of(box.folder / "secret") == ["user::rw-", "group::---", "other::---"]


def test_prm_1_the_context_of_a_link_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """chcon follows links unless it is told not to. The program's arguments are looked at, since few machines have SELinux."""
    chcon, link = tmp_path / "chcon", tmp_path / "link"
    chcon.write_text('#!/bin/sh\necho "$@" > "$0.args"\n')
    chcon.chmod(0o755)
    link.symlink_to("/etc/shadow")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    context = {"type": "httpd_sys_content_t", "user": "", "range": ""}
    permissions.apply(str(link), {"mode": "", "acls": [], "context": context, "owner": "", "group": ""})
    assert (tmp_path / "chcon.args").read_text() == f"--no-dereference -t httpd_sys_content_t -- {link}\n"


@pytest.mark.skipif(Path("/sys/fs/selinux/enforce").exists(), reason="this machine has SELinux")
async def test_prm_5_a_context_where_there_is_no_selinux_is_refused_before_anything_is_touched(box: Box) -> None:
    context = "permissions: [{object: /srv/app, context: {type: httpd_sys_content_t}}]\n"
    run = failure(await box.deploy("d-1", {"appspec.yml": ALL + context, "app/a": "a"}))
    assert "SELinux is not at work on this target" in run.message
    assert (run.event, box.tree()) == ("DownloadBundle", {})


@pytest.mark.parametrize("there", [False, True], ids=["a new folder", "a folder that was there"])
async def test_a_killed_installation_is_the_next_ones_to_mend(box: Box, there: bool) -> None:
    """INS-6, INS-7: killed in the middle of a file of Install, as by a power cut, then deployed again and anew. In a folder that was there no file is ever half."""
    if there:
        (box.root / "srv/app").mkdir(parents=True)
    files: dict[str, str | None] = {"appspec.yml": ALL, **{f"app/f{number}": "x" for number in range(400)}}
    await box.deploy("d-1", files, "DownloadBundle")
    state = box.folder / "state/box/group"
    pid = os.fork()
    if pid == 0:
        placed = 0
        real = installing.make

        def die_after_some(source: str, part: str, found: os.stat_result) -> None:
            nonlocal placed
            placed += 1
            if placed == 200:
                Path(part).write_text("half")
                os.kill(os.getpid(), signal.SIGKILL)
            real(source, part, found)

        installing.make = die_after_some
        installing.install(State(str(state), wait=10), "d-1", str(box.root))
        os._exit(0)
    assert os.WIFSIGNALED((await asyncio.to_thread(os.waitpid, pid, 0))[1])
    assert 0 < len(box.tree()) < 400
    assert [place for place, text in box.tree().items() if text != "x"] == [
        f"srv/app/f278{installing.PART}" if there else "srv/app/f278"
    ]
    await box.deploy("d-2", {"appspec.yml": ALL, "app/f1": "y"})
    assert box.tree() == {"srv/app/f1": "y"}


def test_ins_7_what_is_made_is_written_down_before_and_a_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    """Else what a killed installation has left would be nobody's, or would keep the next one from beginning."""
    made, told = Plan(), list[str]()
    made.folders[str(tmp_path / "app/lib")] = ""

    def tell(place: str) -> None:
        assert not Path(place).exists()
        told.append(place)

    installing.make_folders(made, tell)
    assert told == [str(tmp_path / "app"), str(tmp_path / "app/lib")]
    state = State(str(tmp_path / "state"))
    Path(state.path("cleanup")).write_text('"/srv/app"\n"/srv/app/o')
    assert state.cleanup() == ["/srv/app"]


async def test_scr_3_a_script_that_leads_out_of_the_bundle_is_not_run(box: Box) -> None:
    spec = HEAD + "hooks: {AfterInstall: [{location: out.sh}]}\n"
    (box.folder / "out.sh").write_text(f"#!/bin/sh\ntouch {box.folder}/ran\n")
    (box.folder / "out.sh").chmod(0o755)
    run = failure(await box.deploy("d-1", {"appspec.yml": spec, "out.sh": f"-> {box.folder}/out.sh"}))
    assert (run.event, run.code, run.message) == (
        "AfterInstall",
        "ScriptMissing",
        "the script out.sh leads out of the bundle",
    )
    assert not (box.folder / "ran").exists()


async def test_the_last_five_revisions_are_kept_and_the_last_success_among_them(box: Box) -> None:
    """INS-10."""
    for number in range(8):
        await box.deploy(f"d-{number}", {"appspec.yml": HEAD})
    kept = sorted(path.name for path in (box.folder / "state/box/group").glob("d-*"))
    assert kept == ["d-3", "d-4", "d-5", "d-6", "d-7"]


@BOTH
async def test_only_what_is_missing_is_sent_and_a_target_takes_one_deployment_at_a_time(box: Box) -> None:
    """DPL-6."""
    await box.deploy("d-1", {"appspec.yml": ALL, "app/a": "a" * 100_000})
    session = await box.session("d-2")
    with pytest.raises(Exception, match="at work on this target"):
        await box.session("d-3")
    await session.close()
    box.sessions.remove(session)
    runs = await box.deploy("d-2", {"appspec.yml": ALL, "app/a": "a" * 100_000, "app/b": "b"})
    assert runs[3].message == "files: 1 copied, 1 unchanged, 0 removed"


@pytest.mark.parametrize("copied", [None, 0, 1000])
def test_a_file_is_copied_whole_where_the_kernel_copies_no_ranges_or_stops_in_the_middle(
    copied: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file system copies to every other, and a Python may have been built without the call."""

    def stops(reading: int, writing: int, count: int) -> int:
        if copied == 0 or os.lseek(reading, 0, os.SEEK_CUR):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return os.copy_file_range(reading, writing, min(count, copied or 0))

    monkeypatch.setattr(archive, "_copy_range", None if copied is None else stops)
    (tmp_path / "from").write_bytes(content := os.urandom(3 * archive.CHUNK + 5))
    archive.copy(str(tmp_path / "from"), str(tmp_path / "to"), 0o640, 10**18, len(content))
    assert (tmp_path / "to").read_bytes() == content
