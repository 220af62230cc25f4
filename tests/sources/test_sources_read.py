"""Reading commits: files, changed paths, messages; whatever their names and bytes are."""

import asyncio
import os
import signal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.pipeline import Checkout
from bot.ports import CommitUnavailable
from bot.sources.content import parse_commit, parse_tree
from bot.sources.failures import NotPossible, last_line
from bot.sources.lookup import FILE_LIMIT, read_commit
from tests.sources.git_host import WEB, Origin, World, with_submodules

ONE = Checkout()
STRANGE = ["-rf", "a b", "line\nbreak", 'quo"te', "ünïcødé", "日本", "back\\slash", "tab\t", "HEAD:x", "*"]


@pytest.fixture
def origin(world: World) -> Origin:
    """In place: reading is the same wherever the objects are."""
    origin = world.host.origin()
    world.in_place(origin)
    return origin


async def test_a_folder_stands_for_the_files_right_in_it(world: World, origin: Origin) -> None:
    commit = origin.commit(
        {".pipelines/web.yml": b"w", ".pipelines/api.yml": b"a", ".pipelines/old/x.yml": b"x", ".pipeline.yml": b"p"}
    )
    files = await world.sources.files(WEB, commit, [".pipeline.yml", ".pipelines/", "missing", "missing/", "missing/x"])
    assert files == {".pipeline.yml": b"p", ".pipelines/web.yml": b"w", ".pipelines/api.yml": b"a"}


async def test_everything_below_folders_is_listed_as_far_as_it_is_there(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"1", "k8s/b": b"2", "k8s/c/d": b"3", "other/e": b"4"})
    below = await world.sources.listing(WEB, commit, ["k8s", "missing", "a"])
    assert (sorted(below.paths), below.whole) == (["k8s/b", "k8s/c/d"], True)
    assert sorted((await world.sources.listing(WEB, commit, [""])).paths) == ["a", "k8s/b", "k8s/c/d", "other/e"]
    modules = with_submodules(origin, {"lib": ("url = ../lib.git", commit)})
    for folders in (["lib"], ["lib/deep"], [""]):
        assert not (await world.sources.listing(WEB, modules, folders)).whole, "a submodule may have more"


async def test_the_root_is_a_folder_too(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"1", "b/c": b"2"})
    assert await world.sources.files(WEB, commit, ["/"]) == {"a": b"1"}


@pytest.mark.parametrize(
    "path", ["", "/a", "b", "a/", "../a", "./a", "b//c", "a/b", "HEAD:a", "b/../a", "x" * 5000, "b/" * 3000]
)
async def test_a_path_that_names_no_file_finds_none(world: World, origin: Origin, path: str) -> None:
    commit = origin.commit({"a": b"1", "b/c": b"2"})
    assert await world.sources.files(WEB, commit, [path]) == {}


async def test_strange_names_are_only_names(world: World, origin: Origin) -> None:
    commit = origin.commit({f"dir/{name}": name.encode() for name in STRANGE})
    files = await world.sources.files(WEB, commit, ["dir/"])
    assert files == {f"dir/{name}": name.encode() for name in STRANGE}
    for name in STRANGE:
        assert await world.sources.files(WEB, commit, [f"dir/{name}"]) == {f"dir/{name}": name.encode()}
    other = origin.commit({"dir/plain": b""}, commit)
    assert set(await world.sources.changed_paths(WEB, commit, other)) == {*files, "dir/plain"}


async def test_a_symbolic_link_is_no_file(world: World, origin: Origin) -> None:
    commit = origin.commit({".pipeline.yml": b"/etc/passwd", "a": b"1"}, modes={".pipeline.yml": "120000"})
    assert await world.sources.files(WEB, commit, [".pipeline.yml", "/"]) == {"a": b"1"}


async def test_a_file_that_is_too_long_is_cut_and_the_next_one_is_read_right(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"x" * (FILE_LIMIT + 5_000_000), "b": b"y"})
    files = await world.sources.files(WEB, commit, ["a", "b"])
    assert (len(files["a"]), files["b"]) == (FILE_LIMIT, b"y")


async def test_a_folder_of_too_many_files_is_refused(world: World, origin: Origin) -> None:
    commit = origin.commit({f".pipelines/{number}.yml": b"" for number in range(501)})
    with pytest.raises(NotPossible, match=r"The folder \.pipelines/ holds more than 500 files"):
        await world.sources.files(WEB, commit, [".pipelines/"])


async def test_a_folder_of_too_many_bytes_is_refused(world: World, origin: Origin) -> None:
    commit = origin.commit({f".pipelines/{number}.yml": b"x" * FILE_LIMIT for number in range(17)})
    with pytest.raises(NotPossible, match="larger than 32 MiB together"):
        await world.sources.files(WEB, commit, [".pipelines/"])


async def test_changed_paths_name_added_changed_and_deleted_files(world: World) -> None:
    """Both ends are fetched when they are not there, without the history between them."""
    origin = world.host.origin()
    before = origin.commit({"kept": b"1", "changed": b"1", "deleted": b"1", "moved": b"same"})
    between = origin.commit({"kept": b"1"}, before)
    after = origin.commit({"kept": b"1", "changed": b"2", "added": b"1", "new/place": b"same"}, between)
    changed = await world.sources.changed_paths(WEB, before, after)
    assert set(changed) == {"changed", "deleted", "added", "moved", "new/place"}
    assert world.host.fetches == 1
    with pytest.raises(CommitUnavailable):
        await world.sources.files(WEB, between, ["kept"])


async def test_everything_in_a_new_branch_is_a_change(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"1", "b/c": b"2"})
    assert await world.sources.changed_paths(WEB, "0" * 40, commit) == ("a", "b/c")


async def test_a_commit_is_described_by_its_whole_message_and_author_date(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"1"}, message="Fix the typo\n\nIt said œuf.\n")
    described = await world.sources.describe(WEB, commit)
    assert described == ("Fix the typo\n\nIt said œuf.", "2023-11-14T23:13:20+01:00")


async def test_a_commit_that_was_never_fetched_is_missing_not_an_accident(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    for question in (world.sources.files(WEB, commit, ["a"]), world.sources.describe(WEB, commit)):
        with pytest.raises(CommitUnavailable):
            await question


async def test_an_annotated_tag_is_read_as_its_commit(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"1"})
    tag = origin.git("mktag", stdin=f"object {commit}\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\nv1\n".encode())
    await world.sources.fetch(WEB, [tag], ONE)
    assert await world.sources.files(WEB, tag, ["a"]) == {"a": b"1"}


@pytest.mark.parametrize("kind", ["tree", "blob"])
async def test_an_id_of_something_else_is_no_commit(world: World, origin: Origin, kind: str) -> None:
    commit = origin.commit({"a": b"1"})
    oid = origin.git("rev-parse", f"{commit}^{{tree}}" if kind == "tree" else f"{commit}:a")
    with pytest.raises(CommitUnavailable):
        await world.sources.fetch(WEB, [oid], ONE)


async def test_many_questions_at_once_are_all_answered_right(world: World, origin: Origin) -> None:
    commits = origin.line(20)
    answers = await asyncio.gather(*(world.sources.files(WEB, commit, ["count"]) for commit in commits * 5))
    assert [files["count"] for files in answers] == [b"%d\n" % number for number in range(20)] * 5


async def test_a_reader_that_died_is_replaced(world: World, origin: Origin) -> None:
    commit = origin.commit({"a": b"1"})
    await world.sources.files(WEB, commit, ["a"])
    (slot,) = world.sources._readers._slots.values()
    assert slot.cat is not None
    os.kill(slot.cat._process.pid, signal.SIGKILL)
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


async def test_a_cancelled_question_leaves_no_half_answer_behind(world: World, origin: Origin) -> None:
    commit = origin.commit({f".pipelines/{number}": b"x" * 1_000_000 for number in range(20)} | {"a": b"1"})
    for _ in range(3):
        asking = asyncio.create_task(world.sources.files(WEB, commit, [".pipelines/"]))
        await asyncio.sleep(0.005)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


async def test_only_so_many_readers_stay_open_and_idle_ones_close(world: World) -> None:
    readers = world.sources._readers
    readers._limit = 2
    for name in ("one", "two", "three"):
        origin = world.host.origin(name)
        commit = origin.commit({"a": name.encode()})
        assert await readers.ask(origin.path, partial(read_commit, commit=commit)) is not None
    assert [path.stem for path in readers._slots] == ["two", "three"]
    readers._close_idle()
    assert len(readers._slots) == 2
    readers._idle = 0
    readers._close_idle()
    assert not readers._slots
    await asyncio.gather(*readers._closing)


@given(st.binary(max_size=300))
def test_no_bytes_of_a_tree_or_commit_make_the_parsers_fail(data: bytes) -> None:
    parse_commit("0" * 40, data)
    parse_commit("0" * 40, b"tree x\nauthor " + data + b"\nencoding " + data[:10] + b"\n\n" + data)
    for entry in parse_tree(data, 40):
        assert len(entry.id) == 40


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (b"A <a@b> 1700000000 -0230", "2023-11-14T19:43:20-02:30"),
        (b"A <a@b> 99999999999999 +0000", ""),
        (b"A <a@b> -1 +0000", "1969-12-31T23:59:59+00:00"),
        (b"A <a@b> 1700000000 +9999", ""),
        (b"A <a@b>", ""),
    ],
)
def test_impossible_author_dates_are_left_out(author: bytes, expected: str) -> None:
    assert parse_commit("0" * 40, b"tree x\nauthor " + author + b"\n\nm").authored_at == expected


@pytest.mark.parametrize(
    ("encoding", "message", "expected"),
    [
        (b"iso-8859-1", b"\xe9t\xe9", "été"),
        (b"base64", b"\xc3\xa9", "é"),
        (b"\xff", b"a", "a"),
        (b"utf-8", b"\xff\0", "\ufffd\ufffd"),
    ],
)
def test_a_message_is_text_in_any_encoding(encoding: bytes, message: bytes, expected: str) -> None:
    commit = parse_commit("0" * 40, b"tree x\nencoding " + encoding + b"\ngpgsig a\n encoding utf-16\n\n" + message)
    assert commit.message == expected


@given(st.text(max_size=400))
def test_what_a_host_says_is_shown_in_one_printable_line_without_the_password(said: str) -> None:
    line = last_line(f"fatal: {said}s3cret{said}", "s3cret")
    assert line.isprintable()
    assert len(line) <= 300
    assert "s3cret" not in line


async def test_a_user_name_and_password_in_an_address_are_not_shown() -> None:
    assert (
        last_line("fatal: unable to access 'https://u:p@host/x/': boom") == "unable to access 'https://host/x/': boom"
    )


async def test_a_pull_requests_paths_are_those_since_it_left_its_target(world: World) -> None:
    """Also when the target has gone on for longer than the first fetch reaches back."""
    origin = world.host.origin()
    fork = origin.commit({"a": b"1"})
    head = origin.commit({"a": b"1", "ours": b"1"}, fork, branch="topic")
    base = fork
    for number in range(60):
        base = origin.commit({"a": b"1", "theirs": b"%d" % number}, base)
    assert await world.sources.changed_paths(WEB, base, head) == ("ours", "theirs")
    assert await world.sources.changed_paths(WEB, base, head, since_fork=True) == ("ours",)


async def test_without_a_history_in_common_everything_that_differs_is_changed(world: World) -> None:
    origin = world.host.origin()
    base, head = origin.commit({"a": b"1"}), origin.commit({"b": b"1"}, branch="orphan")
    assert await world.sources.changed_paths(WEB, base, head, since_fork=True) == ("a", "b")
