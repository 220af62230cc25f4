"""Sealed secrets and the keys they are sealed to: only the right bot, repository and name open one."""

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.repository import Repository
from bot.ports import SealBroken
from bot.security.keys import KeyMalformed, kept_secret, master_keys, write_keys
from bot.security.seal import LONGEST, Keyring, seal

WEB = Repository("github", "7", "acme/web")
KEYRING = Keyring(bytes(range(32)))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
def test_what_was_sealed_opens(secret: str) -> None:
    value = seal(KEYRING.public_key(WEB), WEB, "KEY", secret)
    assert KEYRING.open(WEB, "KEY", value) == secret
    assert KEYRING.open(Repository("github", "7", "acme/renamed"), "KEY", value) == secret


def test_two_seals_of_one_secret_differ() -> None:
    key = KEYRING.public_key(WEB)
    assert seal(key, WEB, "KEY", "x") != seal(key, WEB, "KEY", "x")


def test_what_was_sealed_by_an_earlier_version_opens() -> None:
    """It stands in pipeline files of any age: how keys are derived, and what a secret is bound to, must never change."""
    assert KEYRING.public_key(WEB) == "pkSTgfj3LGL23gMrRK0NGxFSy8htMPe80KoLIvNKYkw"
    value = "v1.Am1x8s3i1XMgejchOwByBnYhKWiperfRdxDuCq3KBTRuFeSkGtr1HKGYYuFaC7sYeQV5Yr5J"
    assert KEYRING.open(WEB, "KEY", value) == "s3cret"


@pytest.mark.parametrize(
    ("keyring", "repository", "name"),
    [
        (Keyring(bytes(32)), WEB, "KEY"),
        (KEYRING, Repository("github", "8", "acme/web"), "KEY"),
        (KEYRING, Repository("local", "7", "acme/web"), "KEY"),
        (KEYRING, WEB, "OTHER"),
    ],
    ids=["another bot", "another repository", "another host", "another name"],
)
def test_elsewhere_it_does_not_open(keyring: Keyring, repository: Repository, name: str) -> None:
    value = seal(KEYRING.public_key(WEB), WEB, "KEY", "s3cret")
    with pytest.raises(SealBroken) as broken:
        keyring.open(repository, name, value)
    assert "s3cret" not in str(broken.value)


def test_a_change_anywhere_is_noticed() -> None:
    value = seal(KEYRING.public_key(WEB), WEB, "KEY", "s3cret")
    for at in range(len(value)):
        changed = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        with pytest.raises(SealBroken):
            KEYRING.open(WEB, "KEY", changed)
        with pytest.raises(SealBroken):
            KEYRING.open(WEB, "KEY", value[:at] + "\n" + value[at:])


@given(st.text(max_size=200))
def test_anything_else_is_refused_in_words(text: str) -> None:
    for value in (text, "v1." + text):
        with pytest.raises(SealBroken):
            KEYRING.open(WEB, "KEY", value)


@pytest.mark.parametrize("secret", ["", "x" * (LONGEST + 1), "a\0b"])
def test_what_could_not_be_given_to_a_command_is_not_sealed(secret: str) -> None:
    with pytest.raises(SealBroken):
        seal(KEYRING.public_key(WEB), WEB, "KEY", secret)
    assert KEYRING.open(WEB, "KEY", seal(KEYRING.public_key(WEB), WEB, "KEY", "x" * LONGEST)) == "x" * LONGEST


@pytest.mark.parametrize("key", ["", "x", "A" * 43, "é" * 43])
def test_a_malformed_public_key_is_refused(key: str) -> None:
    if key != "A" * 43:
        with pytest.raises(SealBroken):
            seal(key, WEB, "KEY", "x")


def test_the_master_key_is_given_or_read_or_made_once(tmp_path: Path) -> None:
    raw = bytes(range(200, 232))
    for text in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=") + "\n"):
        (tmp_path / "key").write_text(text)
        assert master_keys(text, None, tmp_path / "kept") == [raw]
        assert master_keys("", tmp_path / "key", tmp_path / "kept") == [raw]
    made = master_keys("", None, tmp_path / "kept")
    assert made == master_keys("", None, tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_a_master_key_is_on_the_disk_before_it_has_its_name_and_takes_no_other_one_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two starts at once one makes it, and both have that one."""
    there, fsync = tmp_path / "kept", os.fsync

    def another_start(descriptor: int) -> None:
        assert not there.exists()
        fsync(descriptor)
        there.write_text("the other's")

    monkeypatch.setattr("os.fsync", another_start)
    assert kept_secret(there) == "the other's"
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]


def test_a_newer_master_key_stands_before_the_older_ones(tmp_path: Path) -> None:
    new, old = bytes(range(32)), bytes(range(100, 132))
    write_keys(tmp_path / "key", [new, old])
    assert master_keys("", tmp_path / "key", tmp_path / "kept") == [new, old]
    assert master_keys((tmp_path / "key").read_text().replace("\n", " "), None, tmp_path / "kept") == [new, old]
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(KeyMalformed):
        master_keys((tmp_path / "key").read_text() + "hunter2", None, tmp_path / "kept")


def test_what_was_sealed_to_an_older_key_opens_and_what_is_new_is_sealed_to_the_newest() -> None:
    old, new = bytes(32), bytes(range(32))
    before = seal(Keyring(old).public_key(WEB), WEB, "KEY", "s3cret")
    both = Keyring(new, [old])
    assert both.open(WEB, "KEY", before) == "s3cret"
    assert both.public_key(WEB) == Keyring(new).public_key(WEB)
    assert both.unguessable(WEB, "hook") == Keyring(old).unguessable(WEB, "hook"), "an address told to others stays"
    with pytest.raises(SealBroken):
        Keyring(new).open(WEB, "KEY", before)


@pytest.mark.parametrize("text", ["hunter2", "A" * 42, "A" * 45, "!" * 43])
def test_a_malformed_master_key_is_refused_without_being_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(KeyMalformed) as error:
        master_keys(text, None, tmp_path / "kept")
    assert text not in str(error.value)
