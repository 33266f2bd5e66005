"""Are the benchmark's pages as heavy as real ones? What trafilatura spends on them, as a multiple of one lxml parse.

Most of what the scripts do is trafilatura, so pages that it finds harder than real ones would flatter Newstape.
"""

import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import lxml.html
import trafilatura

SAMPLE = 40
# Median of 65 real news pages (245 KiB in the median, two cores, 2026-11-22): 29.8 ms, 11.8 parses.
REAL_RATIO = 11.8
# The same measurement gave 8.8 to 11.8 on real pages from day to day: a factor of 1.3, and some room.
TOLERANCE = 1.5


@dataclass(frozen=True, slots=True)
class Heaviness:
    """Medians over a sample of pages: size, one lxml parse, one trafilatura.extract, and the two as a ratio."""

    kib: float
    parse_ms: float
    extract_ms: float
    ratio: float

    def __str__(self) -> str:
        said = (
            f"Pages: {self.kib:.0f} KiB in the median; trafilatura spends {self.extract_ms:.0f} ms on one, "
            f"{self.ratio:.1f} times an lxml parse (real news pages: {REAL_RATIO})."
        )
        if self.ratio > REAL_RATIO * TOLERANCE:
            said += " **That is much more than on real pages: the ratios below flatter Newstape.**"
        if self.ratio < REAL_RATIO / TOLERANCE:
            said += " **That is much less than on real pages: the ratios below flatter the scripts.**"
        return said


def heaviness(gold: Sequence[dict[str, Any]]) -> Heaviness:
    """How heavy a sample of the pages is, taken evenly from all of them."""
    sample = gold[:: max(1, len(gold) // SAMPLE)]
    pages = [_body(one["url"]) for one in sample]
    parses = [_cpu_ms(lxml.html.document_fromstring, page) for page in pages]
    extracts = [_cpu_ms(trafilatura.extract, page) for page in pages]
    return Heaviness(
        kib=median(len(page) for page in pages) / 1024,
        parse_ms=median(parses),
        extract_ms=median(extracts),
        ratio=median(extract / parse for extract, parse in zip(extracts, parses, strict=True)),
    )


def _body(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the sample portal on loopback
        body: bytes = answer.read()
    return body


def _cpu_ms(work: Callable[[bytes], Any], page: bytes) -> float:
    began = time.process_time_ns()
    work(page)
    return max(time.process_time_ns() - began, 1) / 1e6
