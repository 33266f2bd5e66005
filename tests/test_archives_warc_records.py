"""WARC files record by record: whole ones come out, broken ones are named, whatever the bytes and however cut."""

import gzip
from collections import Counter
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pasts import warc_record
from warcio.archiveiterator import ArchiveIterator

from tasks.archives import warc_records
from tasks.archives.basket import Left
from tasks.archives.warc_inflating import MAX_BREAKS
from tasks.archives.warc_records import Head, Record, Records

FIRST, SECOND, THIRD = (warc_record(f"https://www.nordwerk.example/{name}") for name in ("a", "b", "c"))


def wanted(_head: Head) -> str | None:
    return None


def read(file: bytes, step: int = 1 << 20) -> list[Record | Left]:
    records = Records(wanted)
    found = [one for start in range(0, len(file), step) for one in records.feed(file[start : start + step])]
    return [*found, *records.end()]


def targets(found: list[Record | Left]) -> list[str]:
    uris = (one.head.headers["warc-target-uri"] for one in found if isinstance(one, Record))
    return [uri.rpartition("/")[2] for uri in uris]


def kinds(found: list[Record | Left]) -> Counter[str]:
    return Counter(one.why for one in found if isinstance(one, Left))


def packed(*records: bytes) -> bytes:
    return b"".join(gzip.compress(record) for record in records)


def with_length(record: bytes, change: int) -> bytes:
    """The record with a length that is wrong by `change`."""
    length = int(record.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    return record.replace(b"Content-Length: %d" % length, b"Content-Length: %d" % (length + change), 1)


BROKEN = {
    "a plain file": (FIRST + SECOND + THIRD, "abc", {}),
    "a member for each record": (packed(FIRST, SECOND, THIRD), "abc", {}),
    "one member for the whole file": (gzip.compress(FIRST + SECOND + THIRD), "abc", {}),
    "records that go over the borders of members": (
        packed(FIRST[:100], FIRST[100:] + SECOND, THIRD[:50], THIRD[50:]), "abc", {}),
    "zeros behind the last member": (packed(FIRST, SECOND) + bytes(512), "ab", {}),
    "no blank line between records": (FIRST.rstrip() + SECOND, "ab", {}),
    "no blank line at the end": (FIRST + SECOND.rstrip(b"\r\n"), "ab", {}),
    "lines that end in LF only": (b"WARC/1.0\nWARC-Target-URI: /a\nContent-Length: 3\n\nabc\n\n" + SECOND, "ab", {}),
    "a length that is too short, packed": (
        packed(FIRST, with_length(SECOND, -20), THIRD), "ac", {warc_records.WRONG_LENGTH: 1}),
    "a length that is too long, packed": (
        packed(FIRST, with_length(SECOND, 20), THIRD), "ac", {warc_records.WRONG_LENGTH: 1}),
    "a length that is too short, plain": (
        FIRST + with_length(SECOND, -20) + THIRD, "ac", {warc_records.WRONG_LENGTH: 1}),
    "a length that swallows the start of the next, plain": (
        FIRST + with_length(SECOND, 20) + THIRD, "ac", {warc_records.WRONG_LENGTH: 1}),
    "a length that is no number": (
        packed(FIRST, SECOND.replace(b"Content-Length: ", b"Content-Length: x", 1), THIRD), "ac",
        {warc_records.NO_HEAD: 1}),
    "a length below zero": (
        packed(FIRST, SECOND.replace(b"Content-Length: ", b"Content-Length: -", 1), THIRD), "ac",
        {warc_records.NO_HEAD: 1}),
    "a gzip that is cut": (packed(FIRST, SECOND)[:-30], "a", {warc_records.CUT: 1}),
    "a gzip that is cut in its trailer": (packed(FIRST, SECOND)[:-4], "ab", {}),
    "a plain file that is cut": (FIRST + SECOND[:-300], "a", {warc_records.CUT: 1}),
    "a file that is cut in a head": (FIRST + SECOND[:60], "a", {warc_records.CUT: 1}),
    "rubbish at the start": (b"rubbish\r\n\r\n" + FIRST, "a", {warc_records.NO_RECORD: 1}),
    "rubbish between members": (packed(FIRST) + b"\0rubbish" * 50 + packed(SECOND), "ab", {}),
    "nothing but rubbish": (b"rubbish" * 1000, "", {warc_records.NO_RECORD: 1}),
    "a zip file": (b"PK\x03\x04" + bytes(300), "", {warc_records.NO_RECORD: 1}),
    "an empty file": (b"", "", {}),
    "a single byte": (b"\x1f", "", {warc_records.NO_RECORD: 1}),
    "a head that never ends": (
        b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000 + FIRST, "a", {warc_records.NO_HEAD: 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("step", [1 << 20, 64 * 1024, 997])
def test_what_is_whole_comes_out_and_what_is_not_is_named(case: str, step: int) -> None:
    file, names, wrong = BROKEN[case]
    found = read(file, step)
    assert "".join(targets(found)) == names
    assert kinds(found) == wrong


def test_a_broken_member_costs_itself_alone_and_is_named_with_its_place() -> None:
    members = [packed(record) for record in (FIRST, SECOND, THIRD)]
    damaged = bytearray(members[1])
    damaged[len(damaged) // 2] ^= 0xFF
    found = read(members[0] + bytes(damaged) + members[2])
    assert targets(found) == ["a", "c"]
    assert [one for one in found if isinstance(one, Left)] == [Left(warc_records.BROKEN, f"at {len(members[0])}")]


def test_a_member_with_a_wrong_checksum_is_not_taken() -> None:
    damaged = bytearray(packed(SECOND))
    damaged[-6] ^= 0xFF
    found = read(packed(FIRST) + bytes(damaged) + packed(THIRD))
    assert (targets(found), kinds(found)) == (["a", "c"], {warc_records.BROKEN: 1})


def test_a_file_that_breaks_all_the_time_is_given_up() -> None:
    found = read(packed(FIRST) + b"\x1f\x8b\x08rubbish" * 5_000 + packed(SECOND))
    assert targets(found) == ["a"]
    assert kinds(found) == {warc_records.BROKEN: MAX_BREAKS, warc_records.UNREAD: 1}


def test_offsets_are_those_of_warcio() -> None:
    for file in (FIRST + SECOND + THIRD, packed(FIRST, SECOND, THIRD)):
        theirs = ArchiveIterator(BytesIO(file))
        offsets = [theirs.get_record_offset() for _ in theirs]
        assert [one.head.offset for one in read(file) if isinstance(one, Record)] == offsets


def test_a_record_that_nobody_wants_is_not_kept_in_memory() -> None:
    """A block of 200 MiB passes through, in pieces of 1 MiB."""
    records = Records(lambda head: None if head.length < 10_000 else "too long")
    size, piece = 200, bytes(1 << 20)
    found = list(records.feed(FIRST + b"WARC/1.0\r\nContent-Length: %d\r\n\r\n" % (size << 20)))
    for _ in range(size):
        found += records.feed(piece)
        assert len(records._plain) < 1 << 17
    found += [*records.feed(b"\r\n\r\n" + SECOND), *records.end()]
    assert (targets(found), kinds(found)) == (["a", "b"], {"too long": 1})


def test_a_wanted_record_that_is_too_large_is_passed_over() -> None:
    body = b"x" * (warc_records.MAX_RECORD_BYTES + 1)
    found = read(packed(FIRST, warc_record("https://www.nordwerk.example/b", body), THIRD))
    assert (targets(found), kinds(found)) == (["a", "c"], {warc_records.TOO_LARGE: 1})


@given(st.lists(st.sampled_from([FIRST, SECOND, THIRD]), max_size=4), st.integers(1, 3000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_size_of_the_pieces_makes_no_difference(records: list[bytes], step: int, is_packed: bool) -> None:  # noqa: FBT001
    file = packed(*records) if is_packed else b"".join(records)
    assert read(file, step) == read(file)
    assert len(targets(read(file))) == len(records)


PIECES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([FIRST, packed(FIRST), packed(SECOND)[:40], b"WARC/1.0\r\n", b"\r\n\r\n", b"\x1f\x8b\x08"]),
    st.builds(lambda cut: FIRST[:cut], st.integers(0, len(FIRST))),
)


@given(st.lists(PIECES, max_size=8).map(b"".join), st.integers(1, 5000))
@settings(max_examples=300, deadline=None)
@example(b"WARC/1.0\r\n\r\n", 1)
def test_any_bytes_are_records_or_named_reasons(file: bytes, step: int) -> None:
    found = read(file, step)
    assert all(isinstance(one, Record | Left) for one in found)
    assert not file.startswith(FIRST) or "a" in targets(found) or kinds(found)
