"""Masking: no cut of the stream into chunks lets a secret through, nor changes what is shown."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs.mask import MASK, Masker, forbidden

KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabc\n-----END KEY-----\n"


def masked(secrets: list[str], *chunks: bytes) -> bytes:
    masker = Masker(forbidden(secrets))
    return b"".join([*map(masker.feed, chunks), masker.flush()])


@pytest.mark.parametrize(
    ("secrets", "output", "shown"),
    [
        (["hunter22"], b"the password is hunter22.", b"the password is ****."),
        (["hunter22"], b"hunter2", b"hunter2"),
        (["hunter22"], b"hunter22hunter22 hunter22", b"**** ****"),
        (["abcde", "cdefg"], b"x abcdefg y", b"x **** y"),
        (["abab"], b"xababab!", b"x****!"),
        (["secret", "secret-longer"], b"secret-longer secret", b"**** ****"),
        (["  padded \n"], b"[padded]", b"[****]"),
        (["", "  \n"], b"nothing to hide", b"nothing to hide"),
        (["käse-schlüssel"], "ein käse-schlüssel".encode(), b"ein ****"),
        (["\udcff\udcfe!x"], b"raw \xff\xfe!x", b"raw ****"),
        ([KEY], b"| MIIEvQIBADANBgkqhkiG9w0BAQEFAASC |\n| abc |", b"| **** |\n| abc |"),
        ([KEY], KEY.replace("\n", "\r\n").encode(), b"****\r\n****\r\nabc\r\n****\r\n"),
    ],
)
def test_every_occurrence_is_hidden_and_nothing_else(secrets: list[str], output: bytes, shown: bytes) -> None:
    assert masked(secrets, output) == shown


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(b"p&ss/w\xc3\xb6rd?>~"),
        base64.b64encode(b"user:p&ss/w\xc3\xb6rd?>~"),
        base64.b64encode(b"me:p&ss/w\xc3\xb6rd?>~@host"),
        base64.urlsafe_b64encode(b"p&ss/w\xc3\xb6rd?>~"),
        base64.b64encode(b"p&ss/w\xc3\xb6rd?>~\n"),
        quote("p&ss/wörd?>~", safe="").encode(),
        quote("p&ss/wörd?>~", safe="").lower().encode(),
        json.dumps("p&ss/wörd?>~").encode(),
        "p&ss/wörd?>~".encode(),
    ],
)
def test_common_encodings_of_a_secret_are_hidden(encoded: bytes) -> None:
    """Of Base64, a character or two that depend on the neighbours may stay: they tell next to nothing."""
    shown = masked(["p&ss/wörd?>~"], b"-> " + encoded + b" <-")
    assert MASK in shown
    assert len(shown) <= len(b"-> **** <-") + 8 + 10  # what stands around it in the longest of them
    assert encoded[6:-6] not in shown


def test_wrapped_base64_of_a_long_secret_is_hidden() -> None:
    secret = KEY * 4
    shown = masked([secret], base64.encodebytes(secret.encode()))
    assert set(shown.split(b"\n")) <= {
        MASK,
        b"",
        *([shown.split(b"\n")[-2]] if len(shown.split(b"\n")[-2]) < 4 else []),
    }


def test_text_that_begins_no_secret_is_shown_at_once() -> None:
    masker = Masker(forbidden(["hunter22"]))
    assert masker.feed(b"Password: ") == b"Password: "
    assert masker.feed(b"so hunt") == b"so "
    assert masker.feed(b"ing") == b"hunting"
    assert masker.feed(b" hunter2") == b" "
    assert masker.flush() == b"hunter2"


ALPHABET = st.sampled_from("abc\n")
SECRETS = st.lists(st.text(ALPHABET, min_size=1, max_size=12), min_size=1, max_size=4)


@given(SECRETS, st.data())
def test_any_cut_into_chunks_gives_the_same(secrets: list[str], data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.one_of(st.sampled_from(secrets), st.text(ALPHABET, max_size=6)), max_size=12))
    stream = "".join(pieces).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert masked(secrets, *chunks) == _by_definition(forbidden(secrets), stream)


def _by_definition(texts: list[bytes], stream: bytes) -> bytes:
    """The rule of the module's docstring, taken literally."""
    hidden = [False] * len(stream)
    for text in texts:
        for at in range(len(stream) - len(text) + 1):
            if stream[at : at + len(text)] == text:
                hidden[at : at + len(text)] = [True] * len(text)
    shown = b""
    for at, byte in enumerate(stream):
        if not hidden[at]:
            shown += bytes([byte])
        elif at == 0 or not hidden[at - 1]:
            shown += MASK
    return shown


@pytest.mark.parametrize("secret", ["a" * 2000, "a" * 1999 + "b", "ab" * 1000])
def test_hostile_output_takes_linear_time(secret: str) -> None:
    """Four times the output must not take sixteen times as long; the bound is loose, the machine may be busy."""

    def seconds(size: int) -> float:
        masker = Masker(forbidden([secret]))
        stream = b"a" * size
        began = time.process_time()
        for at in range(0, size, 1 << 16):
            masker.feed(stream[at : at + (1 << 16)])
        return time.process_time() - began

    assert seconds(1 << 20) < 10 * (seconds(1 << 18) + 0.01)
