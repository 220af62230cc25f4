"""Commits of the bot's own: by whom they are, and signed by a real key, as hosts check it."""

import subprocess
from pathlib import Path

import pytest

from bot.ports import Author, NewCommit, NotSigned
from tests.sources.git_host import WEB, Host, World


def key_in(folder: Path, passphrase: str = "") -> Path:
    key = folder / "signing"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "bot", "-f", str(key)]
    subprocess.run(words, check=True)
    return key


async def committed(world: World, host: Host, author: Author, folder: Path) -> str:
    origin = host.origin()
    origin.git("config", "http.receivepack", "true")
    parent = origin.commit({"web.yaml": b"tag: v0\n"})
    async with world.sources.branches(folder / "branches").open(await world.remote(WEB), ["main"]) as opened:
        made = await opened.commit(
            NewCommit(parent, {"web.yaml": b"tag: v1\n"}, (), "Run v1\n", author, 1_795_449_000.0)
        )
        await opened.push(made, "main", parent)
    return made


async def test_a_commit_is_the_authors_and_signed_with_their_key(world: World, host: Host, tmp_path: Path) -> None:
    key = key_in(tmp_path)
    made = await committed(world, host, Author("Release Bot", "bot@example.org", key), tmp_path)
    origin, allowed = host.origin(), tmp_path / "allowed"
    allowed.write_text(f"bot@example.org {key.with_suffix('.pub').read_text()}")
    assert origin.git("log", "-1", "--format=%an <%ae> %cn <%ce>", made) == " ".join(
        ["Release Bot <bot@example.org>"] * 2
    )
    origin.git("-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={allowed}", "verify-commit", made)


async def test_a_key_that_cannot_sign_is_told(world: World, host: Host, tmp_path: Path) -> None:
    with pytest.raises(NotSigned, match="The commit can't be signed with signing: "):
        await committed(world, host, Author("Bot", "bot@example.org", key_in(tmp_path, "hush-7f3a")), tmp_path)
    assert host.origin().git("log", "--format=%s", "main") == "Fix the typo"


async def test_a_link_is_no_file_that_is_read_or_kept(world: World, host: Host, tmp_path: Path) -> None:
    """Its content is where it leads to: whoever edits that has it lead elsewhere."""
    files = {"web.yaml": b"tag: v0\n", "link.yaml": b"web.yaml"}
    parent = host.origin().commit(files, modes={"link.yaml": "120000"})
    new = NewCommit(parent, {"link.yaml": b"tag: v1\n"}, (), "Run v1\n", Author("Bot", "bot@example.org"), 0.0)
    async with world.sources.branches(tmp_path / "branches").open(await world.remote(WEB), ["main"]) as opened:
        assert await opened.read(parent, ["web.yaml", "link.yaml"]) == {"web.yaml": b"tag: v0\n"}
        made = await opened.commit(new)
        assert await opened.read(made, ["link.yaml"]) == {"link.yaml": b"tag: v1\n"}
