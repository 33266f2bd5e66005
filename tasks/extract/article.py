"""A page becomes an Article or a Failure: the gates in front, then reading, pruning, body, assembly."""

import traceback

from config.errors import Misconfigured
from tasks.extract.assembly import assemble, read_head
from tasks.extract.body import find_body
from tasks.extract.opening import find_opening
from tasks.extract.page import Statements, read_statements
from tasks.extract.pruning import prune
from tasks.extract.tree import TooDeepError, not_html, not_markup, parse
from tasks.model import Article, Page, Profile
from tasks.outcome import Failure, Reason, Stage
from tasks.text import decode, inflate


def extract_article(page: Page, profile: Profile, *, limit: int) -> Article | Failure:
    """The article of a fetched page; `limit` is the largest size in bytes that its body may inflate to."""
    body = inflate(page.body, page.content_encoding, limit)
    if isinstance(body, Reason):
        return _failure(body, f"{page.final_url}: {len(page.body)} bytes do not inflate within {limit}")
    if not body.strip():
        return _failure(Reason.EMPTY_BODY, f"{page.final_url}: no content")
    if kind := not_html(body):
        return _failure(Reason.NOT_A_PAGE, f"{page.final_url}: {kind}")
    return extract_html(decode(body, page.charset), page.final_url, profile)


def extract_html(html: str, url: str, profile: Profile) -> Article | Failure:
    """The article of a decoded page; never raises: what a library can't digest is a CRASH with its traceback."""
    if not html.strip():
        return _failure(Reason.EMPTY_BODY, f"{url}: no content")
    if kind := not_markup(html):
        return _failure(Reason.NOT_A_PAGE, f"{url}: {kind}")
    try:
        root = parse(html)
        return _no_text(url, "no element in the markup") if root is None else _read(read_statements(root, url, profile))
    except TooDeepError:
        return _failure(Reason.TOO_LARGE, f"{url}: elements nested deeper than the parser follows")
    except Misconfigured:
        raise
    except Exception:  # noqa: BLE001 - the one broad catch, around foreign parsers; a run counts its crashes
        return _failure(Reason.CRASH, f"{url}: {traceback.format_exc(limit=-8)}")


def _read(page: Statements) -> Article | Failure:
    """Everything that the page says is read before pruning changes the tree."""
    head = read_head(page)
    if head is None:
        return _no_text(page.url, "no title")
    prune(page.root, page.headline)
    body = find_body(page)
    opening = find_opening(page, body.paragraphs, head.captions)
    article = assemble(page, head, opening, body)
    return _no_text(page.url, "a title without text, and no word of an article") if article is None else article


def _no_text(url: str, detail: str) -> Failure:
    return _failure(Reason.NO_TEXT, f"{url}: {detail}")


def _failure(reason: Reason, detail: str) -> Failure:
    return Failure(Stage.EXTRACT, reason, detail)
