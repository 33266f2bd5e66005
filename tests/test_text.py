"""Inflating, decoding, cleaning and hashing: the same text from every wrapping, never more bytes than allowed."""

import gzip
import unicodedata
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tasks.outcome import Reason
from tasks.text import MIN_TEXT_WORDS, clean, clean_block, content_hash, decode, inflate, text_hash

PAGE = "<html><body>Der Zähler steigt um 3,4 Prozent auf 1.250 €.</body></html>".encode() * 40
LIMIT = 1024 * 1024
GZIPPED, BROTLIED, ZSTD = gzip.compress(PAGE), brotli.compress(PAGE), zstandard.compress(PAGE)
DEFLATER = zlib.compressobj(wbits=-15)
RAW_DEFLATED = DEFLATER.compress(PAGE) + DEFLATER.flush()

INFLATED = {
    "gzip as announced": (GZIPPED, "gzip"),
    "gzip that no header announces": (GZIPPED, None),
    "gzip announced as br": (GZIPPED, "br"),
    "gzip in two members": (gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:]), "gzip"),
    "gzip padded with zeros": (GZIPPED + bytes(512), "gzip"),
    "a gzip file gzipped on the wire": (gzip.compress(GZIPPED), "gzip"),
    "a zstd file gzipped on the wire": (gzip.compress(ZSTD), "gzip"),
    "zstd as announced": (ZSTD, "zstd"),
    "zstd that no header announces": (ZSTD, None),
    "zstd in two frames": (zstandard.compress(PAGE[:99]) + zstandard.compress(PAGE[99:]), "zstd"),
    "br as announced": (BROTLIED, "br"),
    "br in capitals": (BROTLIED, "BR"),
    "deflate in its zlib wrapper": (zlib.compress(PAGE), "deflate"),
    "deflate without a wrapper": (RAW_DEFLATED, "deflate"),
    "plain": (PAGE, None),
    "plain announced as gzip": (PAGE, "gzip"),
    "plain announced as br": (PAGE, "br"),
    "plain announced as deflate": (PAGE, "deflate"),
    "plain announced as something unknown": (PAGE, "x-fancy"),
}
BROKEN = {
    "gzip cut short": (GZIPPED[:-12], "gzip"),
    "gzip cut within its header": (GZIPPED[:2], "gzip"),
    "gzip with a wrong checksum": (GZIPPED[:-6] + b"\x00\x00" + GZIPPED[-4:], "gzip"),
    "gzip magic before nonsense": (b"\x1f\x8b" + b"nonsense" * 9, "gzip"),
    "a second gzip member cut short": (GZIPPED + GZIPPED[:-12], "gzip"),
    "gzip inside gzip cut short": (gzip.compress(GZIPPED[:-12]), "gzip"),
    "zstd cut short": (ZSTD[:-5], "zstd"),
    "zstd magic before nonsense": (b"\x28\xb5\x2f\xfd" + b"nonsense" * 9, "zstd"),
    "br cut short": (BROTLIED[:-5], "br"),
    "deflate cut short": (zlib.compress(PAGE)[:-20], "deflate"),
}
BOMB = bytes(64 * 1024 * 1024)
BOMBS = {
    "gzip": (gzip.compress(BOMB, 1), "gzip"),
    "gzip inside gzip": (gzip.compress(gzip.compress(BOMB, 1)), "gzip"),
    "gzip in very many members": (gzip.compress(b"") * 5_000, "gzip"),
    "zstd": (zstandard.compress(BOMB), "zstd"),
    "br": (brotli.compress(BOMB, quality=1), "br"),
    "deflate": (zlib.compress(BOMB, 1), "deflate"),
    "plain": (BOMB[: LIMIT + 1], None),
}


@pytest.mark.parametrize(("body", "header"), INFLATED.values(), ids=INFLATED)
def test_a_body_comes_out_whole_whatever_its_header_says(body: bytes, header: str | None) -> None:
    assert inflate(body, header, LIMIT) == PAGE


@pytest.mark.parametrize(("body", "header"), BROKEN.values(), ids=BROKEN)
def test_a_broken_stream_is_truncated_and_never_half_a_page(body: bytes, header: str) -> None:
    assert inflate(body, header, LIMIT) is Reason.TRUNCATED


@pytest.mark.parametrize(("body", "header"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_too_large(body: bytes, header: str | None) -> None:
    assert inflate(body, header, LIMIT) is Reason.TOO_LARGE


@pytest.mark.parametrize("header", ["gzip", "zstd", "br", "deflate"])
def test_the_limit_itself_is_allowed(header: str) -> None:
    body = {"gzip": GZIPPED, "zstd": ZSTD, "br": BROTLIED, "deflate": zlib.compress(PAGE)}[header]
    assert inflate(body, header, len(PAGE)) == PAGE
    assert inflate(body, header, len(PAGE) - 1) is Reason.TOO_LARGE


def test_an_empty_body_stays_empty() -> None:
    assert [inflate(b"", header, LIMIT) for header in (None, "gzip", "br", "deflate")] == [b""] * 4


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x9c"]))
def test_any_bytes_under_any_header_have_an_outcome_within_the_limit(tail: bytes, magic: bytes) -> None:
    for header in (None, "gzip", "br", "deflate"):
        plain = inflate(magic + tail, header, 5000)
        assert plain in (Reason.TOO_LARGE, Reason.TRUNCATED) or len(plain) <= 5000


SENTENCE = "Größe: 5 € – „gut“"
DECODED = {
    "utf-8 without a label": (SENTENCE.encode(), None, SENTENCE),
    "utf-8 labelled latin-1": (SENTENCE.encode(), "iso-8859-1", SENTENCE),
    "utf-8 with its mark": (SENTENCE.encode("utf-8-sig"), "windows-1252", SENTENCE),
    "windows-1252 labelled latin-1": (SENTENCE.encode("cp1252"), "ISO-8859-1", SENTENCE),
    "windows-1252 without a label": (SENTENCE.encode("cp1252"), None, SENTENCE),
    "windows-1252 labelled with nonsense": (SENTENCE.encode("cp1252"), "x-unknown", SENTENCE),
    "windows-1252 labelled utf-8": (SENTENCE.encode("cp1252"), "utf-8", SENTENCE),
    "utf-8 with one windows-1252 sign": (b"\xc3\x84 kostet 5 \x80", "utf-8", "Ä kostet 5 €"),
    "utf-8 mark, one windows-1252 sign": (b"\xef\xbb\xbf\xc3\x84 5 \x80", None, "Ä 5 €"),
    "utf-16 with its mark": (b"\xff\xfe" + SENTENCE.encode("utf-16-le"), "utf-8", SENTENCE),
    "utf-16 big endian with its mark": (b"\xfe\xff" + SENTENCE.encode("utf-16-be"), None, SENTENCE),
    "utf-16 without a mark": ("<p>5 Euro</p>".encode("utf-16-le"), None, "<p>5 Euro</p>"),
    "utf-16 that the header names": ("Größe".encode("utf-16-le"), "UTF-16LE", "Größe"),
    "the header before the page": (b'<meta charset="koi8-r">\xdf', "iso-8859-2", '<meta charset="koi8-r">ß'),
    "the page where the header is silent": (b'<meta charset="iso-8859-2">\xb1', None, '<meta charset="iso-8859-2">ą'),
    "http-equiv": (
        b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">\xb1',
        None,
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">ą',
    ),
    "the XML declaration": (
        b'<?xml version="1.0" encoding="ISO-8859-15"?><a>\xa4</a>',
        None,
        '<?xml version="1.0" encoding="ISO-8859-15"?><a>€</a>',
    ),
    "a meta that claims utf-16": (b'<meta charset="utf-16">\xc4', None, '<meta charset="utf-16">Ä'),
    "bytes without meaning": (b"\x81 \xc4", None, "\ufffd Ä"),
    "nothing": (b"", "utf-16", ""),
}


@pytest.mark.parametrize(("body", "charset", "text"), DECODED.values(), ids=DECODED)
def test_text_is_read_with_the_right_codec(body: bytes, charset: str | None, text: str) -> None:
    assert decode(body, charset) == text


def test_a_charset_declared_after_the_head_is_not_looked_for() -> None:
    assert decode(b" " * 3000 + b'<meta charset="iso-8859-2">\xb1', None).endswith("±")


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "utf-16", "gb2312", "sjis", "base64", "idna", "\0"]))
def test_any_bytes_under_any_label_become_text(body: bytes, charset: str | None) -> None:
    assert isinstance(decode(body, charset), str)


CLEANED = {
    "white space of every kind": (" a\t b\r\n c\u00a0d\u202fe\u3000f\u2028g ", "a b c d e f g"),
    "unprinted signs": ("Han\u00addels\u200bblatt\ufeff \x00\x08\x9d", "Handelsblatt"),
    "a direction override": ("\u202egnp.exe", "gnp.exe"),
    "lone surrogates": ("Kurs \ud83d steigt", "Kurs steigt"),
    "an emoji stays": ("Kurs 📈 steigt", "Kurs 📈 steigt"),
    "decomposed umlauts": ("Vergu\u0308tung", "Vergütung"),
    "typography stays": ("„5 % – mehr“", "„5 % – mehr“"),
    "nothing but blanks": (" \u00a0\u200b\n", ""),
}


@pytest.mark.parametrize(("raw", "cleaned"), CLEANED.values(), ids=CLEANED)
def test_cleaning_gives_one_printable_line(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_a_cleaned_block_keeps_its_paragraphs() -> None:
    assert (
        clean_block(" eins\u00a0 \nzwei\r\n \t\r\ndrei\n\n\n\n\u200b\n\nvier\u2029fünf")
        == "eins zwei\n\ndrei\n\nvier\n\nfünf"
    )


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned.encode().decode() == cleaned
    assert clean(clean_block(text)) == cleaned
    assert clean_block(clean_block(text)) == clean_block(text)


BASE = ("Nordwerk steigt", "Die Aktie gewann +3,4 Prozent.\n\nDer „Maßstab“ hält - noch.")
SAME_COPY = {
    "white space": ("Nordwerk  steigt", "Die Aktie gewann\n+3,4 Prozent. Der „Maßstab“ hält - noch."),
    "quotes and dashes": ("Nordwerk steigt", "Die Aktie gewann +3,4 Prozent. Der «Maßstab» hält – noch"),
    "case and sharp s": ("NORDWERK STEIGT", "Die Aktie gewann +3,4 Prozent. Der MASSSTAB hält noch."),
    "soft hyphens and decomposed umlauts": ("Nord\u00adwerk steigt", BASE[1].replace("ä", "a\u0308")),
    "full-width and ligature signs": ("Nordwerk steigt", BASE[1].replace("3", "\uff13")),
}
OTHER_COPY = {
    "another digit": (BASE[0], BASE[1].replace("3,4", "3,5")),
    "another sign": (BASE[0], BASE[1].replace("+3,4", "\u22123,4")),
    "digits run together": (BASE[0], BASE[1].replace("3,4", "34")),
    "another word": (BASE[0], BASE[1].replace("gewann", "verlor")),
    "another order": (BASE[0], BASE[1].replace("Die Aktie gewann", "gewann die Aktie")),
    "a word moved from the title": ("Nordwerk", "steigt " + BASE[1]),
}


@pytest.mark.parametrize("copy", SAME_COPY.values(), ids=SAME_COPY)
def test_noise_of_typesetting_leaves_the_content_hash(copy: tuple[str, str]) -> None:
    assert content_hash(*copy) == content_hash(*BASE)


@pytest.mark.parametrize("copy", OTHER_COPY.values(), ids=OTHER_COPY)
def test_another_statement_has_another_content_hash(copy: tuple[str, str]) -> None:
    assert content_hash(*copy) != content_hash(*BASE)


@given(st.text(), st.text())
def test_the_content_hash_survives_cleaning(title: str, text: str) -> None:
    assert len(content_hash(title, text)) == 32
    assert content_hash(clean(title), clean_block(text)) == content_hash(title, text)


@pytest.mark.parametrize(("words", "counts"), [(MIN_TEXT_WORDS - 1, True), (MIN_TEXT_WORDS, False)])
def test_the_title_counts_for_copies_of_short_texts_only(words: int, *, counts: bool) -> None:
    body = " ".join(f"wort{number}" for number in range(words))
    assert (text_hash("Ein Titel", body) != text_hash("Ein anderer", body)) is counts
    assert text_hash("Ein Titel", body) != text_hash("Ein Titel", f"{body} mehr")
