"""What has not changed is found among many rows, whatever came, went and changed beside it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.artifacts import known
from bot.artifacts.columns import Entry, Piece
from bot.artifacts.known import Known, Places, alike
from bot.artifacts.manifest import Manifest, Pack, decode, encode
from bot.artifacts.rows import Row, path_of
from bot.artifacts.tree import Kind

PACK = Pack("ab", b"k" * 32, 1000)

listings = st.dictionaries(st.text("ab-/", min_size=1, max_size=3), st.integers(0, 2), max_size=40).map(
    lambda files: sorted(f"./{path}\0{stamp}" for path, stamp in files.items())
)


@given(listings, listings, st.integers(1, 5))
def test_all_that_two_listings_share_is_found_in_order(before: list[Row], now: list[Row], stretch: int) -> None:
    really, known._STRETCH = known._STRETCH, stretch
    try:
        found = list(alike(before, now))
    finally:
        known._STRETCH = really
    rows = [row for start, place, count in found for row in now[place : place + count]]
    assert rows == [row for start, place, count in found for row in before[start : start + count]]
    assert rows == sorted(set(before) & set(now))


def _lying(rows: list[Row], number: int) -> Known:
    """An artifact with one file a row, in a pack of its own, each of as many pieces as its path is long."""
    entries = [Entry(path_of(row), Kind.FILE, 0o644, "", tuple(_pieces(path_of(row), number))) for row in rows]
    return Known(Manifest.of([replace(PACK, id=str(number))], entries), rows)


def _pieces(path: str, number: int) -> list[Piece]:
    return [Piece(f"{number}{path}{part}".encode().ljust(32), 0, part, 1) for part in range(len(path))]


def _new(row: Row) -> Entry:
    return Entry(path_of(row), Kind.FILE, 0o600)


@given(listings, st.lists(listings, max_size=3))
def test_each_entry_is_the_first_artifact_s_that_has_its_row(now: list[Row], earlier: list[list[Row]]) -> None:
    lying = [_lying(rows, number) for number, rows in enumerate(earlier)]
    places = Places(lying)
    columns = places.columns(now, _new)
    packs = places.packs(())
    for row, entry in zip(now, columns, strict=True):
        number = next((number for number, rows in enumerate(earlier) if row in rows), None)
        if number is None:
            assert entry == _new(row)
            continue
        assert (entry.path, entry.mode) == (path_of(row), 0o644)
        assert [piece._replace(pack=0) for piece in entry.pieces] == _pieces(entry.path, number)
        assert {packs[piece.pack].id for piece in entry.pieces} == {str(number)}


def test_what_was_written_once_is_written_again_only_where_it_has_changed() -> None:
    rows = [f"./{name}\0" for name in "abc"]
    first = _lying(rows, 0)
    same = Places([first]).columns(rows, _new)
    changed = Places([first]).columns([*rows[:2], "./c\0x"], _new)
    assert same.outline is first.manifest.columns.outline
    assert changed.outline is not first.manifest.columns.outline
    for columns in (same, changed):
        manifest = Manifest((PACK,), columns)
        assert decode(encode(manifest)).entries == tuple(columns)


@given(listings.filter(bool), listings)
def test_a_pack_is_not_taken_to_be_used_more_than_it_is(before: list[Row], now: list[Row]) -> None:
    """Files of the same first letter have the same content, which counts once."""
    letters = sorted({path_of(row)[0] for row in before})
    pieces = {letter: Piece(letter.encode() * 32, 0, place, 1) for place, letter in enumerate(letters)}
    entries = [Entry(path_of(row), Kind.FILE, 0o644, "", (pieces[path_of(row)[0]],)) for row in before]
    places = Places([Known(Manifest.of([replace(PACK, size=len(letters))], entries), before)])
    used = sum(places.columns(now, _new).contents.used)
    for part in (0.3, 0.5, 1):
        if places.are_used(part):
            assert used >= part * len(letters)


def test_where_little_has_changed_nothing_is_counted_anew() -> None:
    """`_lying` gives "a", "b" and "c" a byte each."""
    rows = [f"./{name}\0" for name in "abc"]
    first = _lying(rows, 0)._replace(manifest=Manifest((replace(PACK, size=3),), _lying(rows, 0).manifest.columns))
    places = Places([first])
    places.columns([*rows[:2], "./c\0x"], _new)
    assert places.are_used(0.6)
    assert not places.are_used(0.7)
