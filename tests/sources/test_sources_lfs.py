"""Large files by the real git-lfs, from an LFS server over HTTP: content on request, never a secret beside it."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from bot.model.people import Person
from bot.model.pipeline import Checkout
from bot.sources.failures import NotPossible
from tests.sources.git_host import PASSWORD, WEB, Host, World, git, serve, with_submodules
from tests.sources.lfs_host import BATCH, LargeFiles, pointer

LARGE = Checkout(lfs=True)
ATTRIBUTES = b"*.bin filter=lfs diff=lfs merge=lfs -text\n"
CONTENT = b"\0large\r\n" * 9999
NewFolder = Callable[[], Path]


@pytest.fixture
async def large(host: Host) -> AsyncIterator[LargeFiles]:
    large = LargeFiles(host)
    async with AsyncExitStack() as stack:
        host.url = await serve(large.answer, stack)
        yield large


async def checked_out(world: World, commit: str, into: Path, checkout: Checkout) -> Path:
    await world.sources.fetch(WEB, [commit], checkout)
    await world.sources.check_out(WEB, commit, checkout, into)
    return into


async def test_large_files_come_as_content_on_request(
    world: World, large: LargeFiles, into: NewFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    files = {".gitattributes": ATTRIBUTES, "a.bin": large.keep(CONTENT), "d/b.bin": large.keep(b"other"), "c": b"1"}
    commit = world.host.origin().commit(files)
    tree = await checked_out(world, commit, into(), LARGE)
    assert {name: (tree / name).read_bytes() for name in ("a.bin", "d/b.bin", "c")} == {
        "a.bin": CONTENT,
        "d/b.bin": b"other",
        "c": b"1",
    }
    assert git(tree, "-c", "filter.lfs.clean=git-lfs clean -- %f", "status", "--porcelain") == ""
    written = [path for folder in (world.root, tree) for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in "".join(capfd.readouterr()) + "".join(large.asked)


async def test_without_the_request_pointers_stay_and_nothing_is_fetched(
    world: World, large: LargeFiles, into: NewFolder
) -> None:
    commit = world.host.origin().commit({".gitattributes": ATTRIBUTES, "a.bin": large.keep(CONTENT)})
    tree = await checked_out(world, commit, into(), Checkout())
    assert (tree / "a.bin").read_bytes() == pointer(CONTENT)
    assert large.asked == []


@pytest.mark.parametrize("settings", [b"", b"[lfs]\n\tskipdownloaderrors = true\n"])
async def test_an_object_that_is_missing_fails_with_the_remedy(
    world: World, large: LargeFiles, into: NewFolder, settings: bytes
) -> None:
    """Also when the repository would have it passed over: its actions would build from pointers."""
    files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings, "a.bin": pointer(b"never pushed")}
    commit = world.host.origin().commit(files)
    tree = into()
    with pytest.raises(
        NotPossible, match=r"LFS objects of the repository could not be fetched: .*git lfs push --all"
    ) as caught:
        await checked_out(world, commit, tree, LARGE)
    assert PASSWORD not in str(caught.value)
    assert large.asked == [f"POST {BATCH}"]
    assert not tree.exists()


async def test_a_server_elsewhere_is_not_given_the_password(world: World, large: LargeFiles, into: NewFolder) -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response(status=401, headers={"LFS-Authenticate": 'Basic realm="mine"'})

    async with AsyncExitStack() as stack:
        other = await serve(elsewhere, stack)
        host = large.host.url.removeprefix("http://")
        origin = world.host.origin()
        for address in (f"{other}/lfs", f"{other}/x@{host}", f"{other}/lfs?x=//x-access-token@{host}"):
            settings = f'[lfs]\n\turl = "{address}"\n'.encode()
            files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings, "a.bin": large.keep(CONTENT)}
            with pytest.raises(NotPossible, match=r"only 127\.0\.0\.1 is given the bot's credentials"):
                await checked_out(world, origin.commit(files), into(), LARGE)
    assert seen
    assert set(seen) == {""}


ELSEWHERE = [
    '[lfs]\n\turl = "{host}/secret.git/info/lfs"\n',
    '[lfs]\n\turl = "{host}/secret/info/lfs/"\n',
    '[remote "origin"]\n\tlfsurl = "{host}/secret.git/info/lfs"\n',
    '[lfs]\n\turl = "{host}/web.git/../secret.git/info/lfs"\n',
    '[lfs]\n\turl = "{host}/%73ecret.git/info/lfs"\n',
    '[lfs]\n\turl = "http://x-access-token@{netloc}/secret.git/info/lfs"\n',
    '[lfs]\n\turl = "{host}/secret.git/info/lfs"\n[lfs "{host}/secret.git/info/lfs"]\n\taccess = basic\n',
    '[url "{host}/secret.git"]\n\tinsteadOf = {host}/web.git\n[lfs]\n\turl = "{host}/secret.git/info/lfs"\n',
]


async def test_the_server_of_another_repository_is_not_given_the_password(
    world: World, large: LargeFiles, into: NewFolder
) -> None:
    """Git LFS itself would give it to any server of the remote's host."""
    origin = world.host.origin()
    for setting in ELSEWHERE:
        settings = setting.format(host=large.host.url, netloc=large.host.url.removeprefix("http://"))
        files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings.encode(), "a.bin": large.keep(CONTENT)}
        with pytest.raises(NotPossible, match="The LFS objects of the repository could not be fetched: 127"):
            await checked_out(world, origin.commit(files), into(), LARGE)
        assert large.host.shown == {"web"}, setting
        assert large.asked == []


async def test_the_server_of_another_repository_is_read_for_people_who_may(
    world: World, large: LargeFiles, into: NewFolder
) -> None:
    world.readers["secret"] = ("ada",)
    settings = ELSEWHERE[0].format(host=large.host.url).encode()
    files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings, "a.bin": large.keep(CONTENT)}
    commit, tree = world.host.origin().commit(files), into()
    await world.sources.fetch(WEB, [commit], LARGE)
    with pytest.raises(
        NotPossible, match=r"not let everybody read secret.*, and nobody here may read secret; the operator"
    ):
        await world.sources.check_out(WEB, commit, LARGE, into(), [Person("ben")])
    await world.sources.check_out(WEB, commit, LARGE, tree, [Person("ada")])
    assert (tree / "a.bin").read_bytes() == CONTENT
    assert {path.split(".git/")[0] for path in large.asked} == {"POST /secret", "GET /secret"}


async def test_a_server_that_everybody_may_read_is_asked_without_credentials(
    world: World, large: LargeFiles, into: NewFolder
) -> None:
    large.host.public.add("secret")
    settings = ELSEWHERE[0].format(host=large.host.url).encode()
    files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings, "a.bin": large.keep(CONTENT)}
    tree = await checked_out(world, world.host.origin().commit(files), into(), LARGE)
    assert (tree / "a.bin").read_bytes() == CONTENT
    assert large.host.shown == {"web"}


async def test_a_repository_may_name_its_own_server(world: World, large: LargeFiles, into: NewFolder) -> None:
    settings = f'[lfs]\n\turl = "{large.host.url}/web.git/info/lfs"\n\tfetchexclude = other\n'.encode()
    files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings, "a.bin": large.keep(CONTENT)}
    tree = await checked_out(world, world.host.origin().commit(files), into(), LARGE)
    assert (tree / "a.bin").read_bytes() == CONTENT


async def test_large_files_of_submodules_come_too(world: World, large: LargeFiles, into: NewFolder) -> None:
    world.readers["lib"] = ("ada",)
    inner = world.host.origin("lib").commit({".gitattributes": ATTRIBUTES, "a.bin": large.keep(CONTENT)})
    commit = with_submodules(world.host.origin(), {"lib": ("url = ../lib.git", inner)})
    wanted, tree = Checkout(submodules=True, lfs=True, format="zip"), into()
    await world.sources.fetch(WEB, [commit], wanted)
    await world.sources.check_out(WEB, commit, wanted, tree, [Person("ada")])
    assert (tree / "lib" / "a.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in tree.rglob("*")) == [".gitattributes", ".gitmodules", "a.bin", "lib"]


@pytest.mark.parametrize(
    "setting",
    [
        '[lfs]\n\turl = "file://{victim}"',
        '[lfs]\n\turl = "{victim}"',
        '[remote "origin"]\n\tlfsurl = "FILE://{victim}"',
        '[lfs]\n\turl = "ssh://-oProxyCommand=touch {witness}/x"',
        '[lfs]\n\turl = "git@127.0.0.1:x"',
    ],
)
async def test_an_address_of_the_bots_own_disk_is_refused(
    world: World, large: LargeFiles, into: NewFolder, tmp_path: Path, setting: str
) -> None:
    """Another repository's large files lie there."""
    victim, witness = tmp_path / "victim.git", tmp_path / "witness"
    git(tmp_path, "init", "-q", "--bare", str(victim))
    oid = pointer(CONTENT).split(b"sha256:")[1][:64].decode()
    stored = victim / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    stored.parent.mkdir(parents=True)
    stored.write_bytes(CONTENT)
    settings = setting.format(victim=victim, witness=witness).encode()
    files = {".gitattributes": ATTRIBUTES, ".lfsconfig": settings, "a.bin": pointer(CONTENT)}
    with pytest.raises(NotPossible, match=r"\.lfsconfig of the repository names an LFS server .* https"):
        await checked_out(world, world.host.origin().commit(files), into(), LARGE)
    assert not witness.exists()
    assert large.asked == []


async def test_without_git_lfs_it_is_said_what_to_install(
    world: World, large: LargeFiles, into: NewFolder, tmp_path: Path
) -> None:
    """A PATH with git and nothing else: what is installed on the machine does not matter."""
    programs, found = tmp_path / "programs", shutil.which("git")
    assert found
    programs.mkdir()
    (programs / "git").symlink_to(found)
    world.sources._git._environment["PATH"] = str(programs)
    commit = world.host.origin().commit({".gitattributes": ATTRIBUTES, "a.bin": large.keep(CONTENT)})
    tree = into()
    with pytest.raises(NotPossible, match="git-lfs is not installed where Penstock runs"):
        await checked_out(world, commit, tree, LARGE)
    assert not tree.exists()
