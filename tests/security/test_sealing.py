"""Master keys that there were: kept so that nothing sealed needs them to be set, in whatever order things are done."""

import pytest

from bot.artifacts.keys import KeyUnknown, MasterKeys
from bot.ports import SealingKey
from bot.security.sealing import to_write, unwrapped

A, B, C = (bytes([number]) * 32 for number in (1, 2, 3))


def after(kept: list[SealingKey], *masters: bytes) -> list[SealingKey]:
    written = {one.name: one for one in (*kept, *to_write(kept, masters, MasterKeys(masters)))}
    return sorted(written.values(), key=lambda one: one.place)


def test_each_key_that_there_was_opens_with_the_newest_alone() -> None:
    kept = after(after([], B, A), C, B)
    assert [unwrapped(one, MasterKeys([C])) for one in kept] == [A, B]


def test_several_at_once_are_kept_in_their_order() -> None:
    assert [unwrapped(one, MasterKeys([C])) for one in after([], C, B, A)] == [A, B]


def test_done_again_there_is_nothing_to_write() -> None:
    kept = after([], B, A)
    assert to_write(kept, [B, A], MasterKeys([B, A])) == []
    assert to_write(kept, [B], MasterKeys([B])) == []


def test_one_that_was_removed_too_early_is_told_and_nothing_is_written() -> None:
    kept = after([], B, A)
    with pytest.raises(KeyUnknown):
        to_write(kept, [C], MasterKeys([C]))
    with pytest.raises(KeyUnknown):
        unwrapped(kept[0], MasterKeys([C]))
