"""Event cursors: they point to a place in a log, reveal nothing about it, and cannot be forged (rules 48, 60, 61)."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.cursors import Cursors, Position
from models.errors import CursorInvalid

HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
CURSORS = Cursors("the secret of these cursors, which all processes share")
OTHERS = Cursors("the secret of another deployment, or of one whose secret changed")
MALFORMED = ["", "=", "====", "A" * 48, "ÿ" * 48, "ключ", "🎈", "\ud800", "\x00" * 48, " ", "null", "A" * 1_000_000]

numbers = st.integers(0, 2**63 - 1)
positions = st.builds(Position, numbers, st.integers(0, 2**31 - 1))


@given(st.uuids(), positions)
def test_a_cursor_is_read_back_as_the_position_it_was_made_of(gallery_id: UUID, position: Position) -> None:
    assert CURSORS.read(gallery_id, CURSORS.of_entry(gallery_id, position)) == position
    assert CURSORS.read(gallery_id, CURSORS.of_rest(gallery_id, position)) == position


@given(positions)
def test_an_entry_has_one_cursor_for_everyone_in_every_process(position: Position) -> None:
    again = Cursors("the secret of these cursors, which all processes share")
    assert CURSORS.of_entry(HERE, position) == again.of_entry(HERE, position)


@given(positions, positions)
def test_entries_at_different_places_have_different_cursors(one: Position, other: Position) -> None:
    same = CURSORS.of_entry(HERE, one) == CURSORS.of_entry(HERE, other)
    assert same == (one == other)


@given(positions)
def test_a_cursor_that_is_no_entrys_never_repeats_so_it_cannot_be_compared(position: Position) -> None:
    made = [CURSORS.of_rest(HERE, position) for _ in range(20)]
    assert len({*made, CURSORS.of_entry(HERE, position)}) == 21


@given(positions, st.uuids())
def test_all_cursors_are_of_one_length(position: Position, gallery_id: UUID) -> None:
    lengths = {len(CURSORS.of_entry(gallery_id, position)), len(CURSORS.of_rest(gallery_id, position))}
    assert lengths == {len(CURSORS.of_entry(HERE, Position(0, 0)))}


@given(positions)
def test_neighbours_do_not_look_alike(position: Position) -> None:
    following = Position(position.number + 1, position.mark)
    alike = zip(CURSORS.of_entry(HERE, position), CURSORS.of_entry(HERE, following), strict=True)
    assert sum(one == other for one, other in alike) < 16  # of 48; one or two are equal by chance


def refused(cursor: str) -> bool:
    with pytest.raises(CursorInvalid) as refusal:
        CURSORS.read(HERE, cursor)
    return refusal.value.field == ["after"]


@given(positions)
def test_another_gallerys_cursor_is_invalid(position: Position) -> None:
    assert refused(CURSORS.of_entry(ELSEWHERE, position))
    assert refused(CURSORS.of_rest(ELSEWHERE, position))


@given(positions)
def test_a_cursor_of_another_secret_is_invalid(position: Position) -> None:
    assert refused(OTHERS.of_entry(HERE, position))
    assert refused(OTHERS.of_rest(HERE, position))


@given(positions, st.data())
def test_a_cursor_with_a_flipped_bit_is_invalid(position: Position, data: st.DataObject) -> None:
    cursor = bytearray(CURSORS.of_entry(HERE, position).encode())
    place = data.draw(st.integers(0, len(cursor) - 1))
    cursor[place] ^= 1 << data.draw(st.integers(0, 6))
    assert refused(cursor.decode())


@given(positions, st.data())
def test_a_cut_cursor_is_invalid(position: Position, data: st.DataObject) -> None:
    cursor = CURSORS.of_rest(HERE, position)
    end = data.draw(st.integers(0, len(cursor) - 1))
    assert refused(cursor[:end])
    assert refused(cursor[end + 1 :])


@given(positions, st.text("+/=-_ \n!é\x00Aa1", min_size=1, max_size=3), st.data())
def test_a_cursor_with_anything_put_in_is_invalid(position: Position, more: str, data: st.DataObject) -> None:
    cursor = CURSORS.of_entry(HERE, position)
    place = data.draw(st.integers(0, len(cursor)))
    assert refused(cursor[:place] + more + cursor[place:])


@given(positions)
def test_a_cursor_in_the_other_base64_is_invalid(position: Position) -> None:
    cursor = CURSORS.of_entry(HERE, position)
    other = cursor.replace("-", "+").replace("_", "/")
    assert other == cursor or refused(other)


@given(st.text())
def test_text_that_is_no_cursor_is_invalid(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: f"{len(text)}")
def test_what_is_malformed_is_invalid(text: str) -> None:
    assert refused(text)


def test_a_guess_is_invalid() -> None:
    for _ in range(100):
        assert refused(CURSORS.of_entry(uuid4(), Position(1, 1)))
