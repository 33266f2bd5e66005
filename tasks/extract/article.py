"""A page becomes an Article or a Failure: the gates in front, then reading, pruning, body, assembly."""

import traceback

from config.errors import Misconfigured
from tasks.boilerplate import without
from tasks.extract.assembly import assemble, read_head
from tasks.extract.carried import fill
from tasks.extract.gates import find_objection, is_suspect
from tasks.extract.landing import led_home
from tasks.extract.lines import find_container, read_lines
from tasks.extract.marks import quoted
from tasks.extract.opening import find_opening
from tasks.extract.page import Statements, declares_article, read_statements
from tasks.extract.profiled import body_of, opening_of
from tasks.extract.pruning import prune
from tasks.extract.tree import MAX_ELEMENTS, TooDeepError, TooManyError, not_html, not_markup, parse
from tasks.model import Article, Page, Profile
from tasks.outcome import Failure, Reason, Stage
from tasks.text import decode_markup, inflate


def extract_article(page: Page, profile: Profile, *, limit: int, teaser: str | None = None) -> Article | Failure:
    """The article of a fetched page; `limit` is the largest size in bytes that its body may inflate to.

    `teaser` is what the feed said about the article: a hint where the page does not describe itself.
    """
    body = inflate(page.body, page.content_encoding, limit)
    if isinstance(body, Reason):
        return _failure(body, f"{page.final_url}: {len(page.body)} bytes do not inflate within {limit}")
    if not body or body.isspace():
        return _failure(Reason.EMPTY_BODY, f"{page.final_url}: no content")
    if kind := not_html(body):
        return _failure(Reason.NOT_A_PAGE, f"{page.final_url}: {kind}")
    if led_home(page.url, page.final_url, profile.homepage):
        return _failure(Reason.SOFT_404, f"{page.url}: redirected to the homepage, {page.final_url}")
    html, encoded = decode_markup(body, page.charset)
    return extract_html(html, page.final_url, profile, asked=page.url, teaser=teaser, encoded=encoded)


def extract_html(
    html: str,
    url: str,
    profile: Profile,
    *,
    asked: str | None = None,
    teaser: str | None = None,
    encoded: bytes | None = None,
) -> Article | Failure:
    """The article of a decoded page; never raises: what a library can't digest is a CRASH with its traceback.

    `url` is the address that answered, `asked` the one that was requested where it is another. `encoded` is the same
    page in UTF-8, where the caller has it: then it need not be encoded again.
    """
    if not html or html.isspace():
        return _failure(Reason.EMPTY_BODY, f"{url}: no content")
    if kind := not_markup(html):
        return _failure(Reason.NOT_A_PAGE, f"{url}: {kind}")
    try:
        root = parse(encoded or html)
        if root is None:
            return _failure(Reason.NO_TEXT, f"{url}: no element in the markup")
        return _outcome(read_statements(root, url, profile, teaser), encoded or html, asked or url)
    except TooManyError:
        return _failure(Reason.TOO_LARGE, f"{url}: more than {MAX_ELEMENTS} elements")
    except TooDeepError:
        return _failure(Reason.TOO_LARGE, f"{url}: elements nested deeper than the parser follows")
    except Misconfigured:
        raise
    except Exception:  # noqa: BLE001 - the one broad catch, around foreign parsers; a run counts its crashes
        return _failure(Reason.CRASH, f"{url}: {traceback.format_exc(limit=-8)}")


def _outcome(page: Statements, markup: str | bytes, asked: str) -> Article | Failure:
    """The article, unless the gates refuse it; a page that is suspect is parsed again, because reading pruned it."""
    title, article = _read(page)
    if is_suspect(page, article) and (whole := parse(markup)) is not None:
        objection = find_objection(page, whole, asked, article)
        if objection and objection[0] is Reason.JS_ONLY and declares_article(page) and fill(whole):
            title, article = _read(read_statements(whole, page.url, page.profile, page.teaser))
        elif objection:
            return _failure(objection[0], f"{page.url}: {objection[1]}")
    if article is None:
        lacking = f"the title {quoted(title)} without text, and no word of an article" if title else "no title"
        return _failure(Reason.NO_TEXT, f"{page.url}: {lacking}")
    return without(article, page.profile.boilerplate)


def _read(page: Statements) -> tuple[str, Article | None]:
    """Title and article, where there are such; all that the page says is read before pruning changes the tree."""
    head = read_head(page)
    if head is None:
        return "", None
    prune(page.root, page.headline, page.named)
    container = find_container(page.root)
    lines = read_lines(page.headline, container)
    body = body_of(page, lines, container)
    opening = opening_of(page, find_opening(page, lines, body.paragraphs, head.captions))
    return head.title.value, assemble(page, head, opening, body)


def _failure(reason: Reason, detail: str) -> Failure:
    return Failure(Stage.EXTRACT, reason, detail)
