"""The sample portal's walls through the real client and extraction: eight portals, three languages, every fault."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from asking import LIMITS
from fakes import run
from portal_asking import get

from portal import client
from portal.client import RunningPortal
from tasks.extract import extract_article
from tasks.fetch.client import Client, Limits
from tasks.fetch.pages import page_of
from tasks.model import Article, Page, Profile, Response
from tasks.outcome import Failure, Reason, Stage

BODY_BYTES = 5_000_000
ROOMY = Limits(LIMITS.timeout, BODY_BYTES, LIMITS.user_agent, allow_private=True)
# The path of every article and of nothing that a redirect leads to.
ARTICLES = "^/.{6,}$"

# Fault: the reason, and parts of the evidence, one of which each portal's detail has.
WALLS: Mapping[str, tuple[Any, Reason, tuple[str, ...]]] = {
    "consent": (None, Reason.CONSENT_WALL, ('title "Bevor', 'title "Before', 'title "Avant')),
    "login_wall": (
        None,
        Reason.LOGIN_WALL,
        ('title "Bitte anmelden', 'title "Please sign in', 'title "Connectez-vous'),
    ),
    "soft_404": (None, Reason.SOFT_404, ('title "Seite nicht', 'title "Page not', 'title "Page introuvable')),
    "redirect": ("/", Reason.SOFT_404, ("redirected to the homepage, http://127.0.0.1:",)),
    "redirect_notice": (None, Reason.NO_TEXT, ("Sie wurden", "You have been redirected", "Vous avez été redirigé")),
    "js_shell": (None, Reason.JS_ONLY, ('an empty <div id="root">',)),
    "captcha": (None, Reason.BLOCKED, ('title "Sind Sie', 'title "Are you human', 'title "Êtes-vous')),
    "meta_refresh": (3, Reason.NO_TEXT, ('the meta refresh "0; url=',)),
    "js_redirect": (None, Reason.JS_ONLY, ('a script that leads on, "location=',)),
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """The sample portals."""
    with client.start(articles=40) as portal:
        yield portal


@pytest.fixture(autouse=True)
def healed(running: RunningPortal) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    running.clear_faults()


def profiles(running: RunningPortal) -> dict[str, Profile]:
    """What each portal's source file would say."""
    return {
        one["slug"]: Profile(one["slug"], one["name"], one["language"], one["time_zone"], one["homepage"])
        for one in running.portals
    }


def first_articles(running: RunningPortal) -> dict[str, str]:
    """The address of one article of each portal."""
    found: dict[str, str] = {}
    for gold in running.gold():
        found.setdefault(gold["portal"], gold["url"])
    assert len(found) == len(running.portals)
    return found


def outcomes(running: RunningPortal) -> list[Article | Failure]:
    """What an article of each portal becomes, fetched and extracted as in a run."""

    async def fetched() -> dict[str, Response | Failure]:
        async with Client(ROOMY) as web:
            return {slug: await web.get(url, {}) for slug, url in first_articles(running).items()}

    answers = run(fetched())
    extracted: list[Article | Failure] = []
    for slug, answer in answers.items():
        assert isinstance(answer, Response), answer
        extracted.append(extract_article(page_of(answer), profiles(running)[slug], limit=BODY_BYTES))
    return extracted


@pytest.mark.parametrize("fault", WALLS)
def test_a_fault_of_the_page_is_refused_with_its_evidence_on_every_portal(running: RunningPortal, fault: str) -> None:
    value, reason, evidence = WALLS[fault]
    running.fault(fault, path=ARTICLES, value=value)
    for outcome in outcomes(running):
        assert isinstance(outcome, Failure), outcome
        assert (outcome.stage, outcome.reason) == (Stage.EXTRACT, reason), outcome.detail
        assert any(part in outcome.detail for part in evidence), outcome.detail


@pytest.mark.parametrize(
    ("value", "paywall"), [("false", True), ("False", True), ("part", True), ("true", False), ("absent", None)]
)
def test_a_teaser_is_an_article_with_what_the_page_says_of_its_price(
    running: RunningPortal, value: str, paywall: object
) -> None:
    running.fault("paywall", path=ARTICLES, value=value)
    for outcome in outcomes(running):
        assert isinstance(outcome, Article), outcome
        assert outcome.paywall is paywall
        assert outcome.word_count > 0


def test_without_a_fault_every_portal_has_its_article(running: RunningPortal) -> None:
    assert [outcome for outcome in outcomes(running) if not isinstance(outcome, Article)] == []


@pytest.mark.parametrize("fault", ["challenge", "forbidden"])
def test_the_body_of_a_bot_wall_is_one_whatever_its_status(running: RunningPortal, fault: str) -> None:
    running.fault(fault, path=ARTICLES)
    for slug, url in first_articles(running).items():
        answer = get(url)
        digest = hashlib.sha256(answer.body).digest()
        page = Page(url, url, answer.status, {}, None, None, answer.body, digest, datetime.now(UTC), 1)
        outcome = extract_article(page, profiles(running)[slug], limit=BODY_BYTES)
        assert isinstance(outcome, Failure), outcome
        assert outcome.reason is Reason.BLOCKED, outcome.detail
