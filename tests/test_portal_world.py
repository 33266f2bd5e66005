"""The sample world in process: what it publishes, that it is true to its gold, and that it repeats itself."""

import gzip
import itertools
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import feedparser
import lxml.html
import pytest

from portal.catalogue import load_portals
from portal.generate import printed
from portal.pages import layout_names
from portal.world import DEFAULT_ARTICLES, REFERENCE, Options, World

PORTALS = [portal.slug for portal in load_portals()]


def new_world(articles: int = DEFAULT_ARTICLES, page_kb: int = 0, seed: int = 1) -> World:
    return World(Options(articles, page_kb, seed), [f"http://127.0.0.1:{8000 + k}" for k in range(len(PORTALS))])


@pytest.fixture(scope="module")
def world() -> World:
    """Shared by the tests that only read."""
    return new_world()


def page(world: World, slug: str, path: str) -> str:
    document = world.document(slug, path)
    assert document is not None
    return gzip.decompress(document.body).decode(world.portals[slug].charset)


def visible(markup: str) -> str:
    """The page's text without scripts, every stretch of white space as one space."""
    root = lxml.html.fromstring(markup)
    for element in root.xpath("//script|//style|//head"):
        element.drop_tree()
    return re.sub(r"\s+", " ", " ".join(root.itertext()))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def path_of(world: World, article: dict[str, str]) -> str:
    return article["url"].removeprefix(world.portals[article["portal"]].base)


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[k : k + 5]) for k in range(len(words) - 4)}


def test_the_default_world_has_the_promised_variety(world: World) -> None:
    gold = world.gold()
    kinds = {feed.kind for portal in world.portals.values() for feed in portal.feeds}
    assert len(gold) >= 80
    assert len({article["layout"] for article in gold}) >= 8
    assert kinds == {"rss", "atom", "rdf", "json_feed"}
    assert {(p.language, p.country) for p in world.portals.values()} >= {
        ("de", "CH"),
        ("de", "AT"),
        ("en", "GB"),
        ("fr", "FR"),
    }
    assert {article["language"] for article in gold} == {"de", "en", "fr"}


def test_every_layout_prints_some_article(world: World) -> None:
    assert {article["layout"] for article in world.gold()} == set(layout_names())


def test_what_the_gold_says_stands_on_the_page(world: World) -> None:
    for article in world.gold():
        markup = page(world, article["portal"], path_of(world, article))
        # Links and spans split the words of a paragraph for itertext, so white space is left out of the comparison.
        text = squeezed(visible(markup))
        printed_parts = [article["title"], *article["text"].split("\n\n"), *article["summary"], *article["authors"]]
        printed_parts += [part for part in (article["kicker"], article["image_credit"], article["byline"]) if part]
        for part in printed_parts:
            assert squeezed(part) in text, (article["id"], part)


def test_the_gold_text_follows_the_order_of_the_page(world: World) -> None:
    for article in world.gold():
        text = squeezed(visible(page(world, article["portal"], path_of(world, article))))
        # The last occurrence: a title or teaser may repeat a line further up.
        places = [text.rindex(squeezed(part)) for part in article["text"].split("\n\n")]
        assert places == sorted(places), article["id"]


def test_the_agency_is_named_on_the_page(world: World) -> None:
    credited = [article for article in world.gold() if article["agency"]]
    assert len(credited) >= 12
    for article in credited:
        assert article["agency"] in visible(page(world, article["portal"], path_of(world, article))), article["id"]


def test_every_feed_parses_and_together_they_list_every_article(world: World) -> None:
    for slug, portal in world.portals.items():
        listed: set[str] = set()
        for plan in portal.feeds:
            document = world.document(slug, plan.path)
            assert document is not None
            body = gzip.decompress(document.body)
            if plan.kind == "json_feed":
                assert b"jsonfeed.org/version/1.1" in body
                listed |= set(re.findall(r'"url": "([^"]+)"', body.decode()))
                continue
            parsed = feedparser.parse(body, response_headers={"content-location": portal.base + plan.path})
            assert parsed.version, slug
            listed |= {entry.get("link", "").strip().partition("?utm_")[0] for entry in parsed.entries}
        wanted = {article["url"] for article in world.gold() if article["portal"] == slug}
        assert wanted <= listed, slug


def test_the_odd_feed_has_its_oddities(world: World) -> None:
    document = world.document("boersenpuls", "/rss.php")
    assert document is not None
    body = gzip.decompress(document.body).decode()
    entries = re.findall(r"<item>.*?</item>", body, re.DOTALL)
    assert sum("<link>" not in entry for entry in entries) == 1
    assert sum("pubDate" not in entry for entry in entries) >= 3
    for oddity in ("<![CDATA[", "S&P 500", " CEST</pubDate>", "utm_source=rss", "<link>/news/", 'isPermaLink="false"'):
        assert oddity in body, oddity


def test_two_feeds_of_one_portal_overlap(world: World) -> None:
    links = []
    for path in ("/feeds/maerkte.rss", "/feeds/unternehmen.rss"):
        document = world.document("rheinkurier", path)
        assert document is not None
        links.append(set(re.findall(r"<link>(\S+\.html)</link>", gzip.decompress(document.body).decode())))
    assert links[0] & links[1]
    assert links[0] - links[1]
    assert links[1] - links[0]


def test_the_archetype_has_its_facts_and_traps(world: World) -> None:
    article = next(article for article in world.gold() if article["id"] == "archetype")
    text = visible(page(world, article["portal"], path_of(world, article)))
    assert article["published"] == "2025-09-24T12:39:05+02:00"
    assert article["kicker"] == "Mehrjahres-Hoch"
    assert len(article["summary"]) == 3
    for fact in (
        "Zurück geht es hier", "weitergeleitet", "24.09.2025 12:39:05", "9,16 Prozent", "174,00 HKD", "9,47 Prozent",
        "178,53 US-Dollar", "380 Milliarden Yuan (ca. 53 Milliarden US-Dollar)", "CEO Eddie Wu", '"Bloomberg"',
        '"Reuters"', "über einer Billion Parametern", "Redaktion alpenboerse.ch", "Bildquelle: Lea Ammann / Bildwerk",
    ):  # fmt: skip
        assert fact in text, fact
    assert "ß" not in text


def test_swiss_portals_print_no_sharp_s_and_german_ones_do(world: World) -> None:
    by_country = dict.fromkeys(("CH", "DE"), "")
    for article in world.gold():
        country = world.portals[article["portal"]].country
        if country in by_country:
            by_country[country] += article["text"]
    assert "ß" not in by_country["CH"]
    assert "ß" in by_country["DE"]


def test_copies_name_their_original_and_carry_its_text(world: World) -> None:
    gold = {article["id"]: article for article in world.gold()}
    copies = [article for article in gold.values() if article["same_text_as"]]
    assert len(copies) >= 8
    for copy in copies:
        original = gold[copy["same_text_as"]]
        assert original["same_text_as"] is None
        assert copy["text"].replace("ß", "ss") == original["text"].replace("ß", "ss")
    twice = Counter((copy["portal"] == gold[copy["same_text_as"]]["portal"]) for copy in copies)
    assert twice[True] >= 2, "a text under two addresses of one portal"


def test_texts_that_are_not_copies_differ(world: World) -> None:
    originals = [article for article in world.gold() if not article["same_text_as"]]
    assert len({article["text"] for article in originals}) == len(originals)


def test_generated_articles_are_long_enough_and_far_from_duplicates() -> None:
    generated = [article for article in new_world(articles=280).gold() if article["id"].startswith("gen-")]
    lengths = sorted(len(article["text"].split()) for article in generated)
    assert lengths[len(lengths) // 20] >= 250
    assert lengths[-1] <= 700
    sets = [shingles(article["text"]) for article in generated]
    likeness = max(len(a & b) / len(a | b) for a, b in itertools.combinations(sets, 2))
    assert likeness < 0.3


def test_no_placeholder_of_the_grammar_survives() -> None:
    for article in new_world(articles=280).gold():
        assert not re.search(r"[{}\[\]|]", article["title"] + article["text"]), article["id"]


def test_the_same_options_give_the_same_bytes() -> None:
    first, second = new_world(articles=110, page_kb=20), new_world(articles=110, page_kb=20)
    assert first.gold() == second.gold()
    for article in first.gold():
        path = path_of(first, article)
        assert first.document(article["portal"], path) == second.document(article["portal"], path)


def test_another_seed_gives_other_articles() -> None:
    assert new_world(seed=1).gold() != new_world(seed=2).gold()


@pytest.mark.parametrize("count", [1, 7, 60])
def test_fewer_articles_keep_the_archetype_and_stay_consistent(count: int) -> None:
    gold = new_world(articles=count).gold()
    ids = {article["id"] for article in gold}
    assert len(gold) == count
    assert "archetype" in ids
    assert {article["same_text_as"] for article in gold} - {None} <= ids


def test_ballast_makes_a_page_as_heavy_as_asked_and_compresses_to_about_a_fifth() -> None:
    world = new_world(articles=8, page_kb=250)
    article = world.gold()[0]
    document = world.document(article["portal"], path_of(world, article))
    assert document is not None
    size = len(gzip.decompress(document.body))
    assert 240 * 1024 <= size <= 280 * 1024
    assert 0.12 <= len(document.body) / size <= 0.3


def test_long_feeds_can_be_split_and_still_list_everything() -> None:
    world = World(Options(articles=400, feed_size=20), [f"http://127.0.0.1:{8000 + k}" for k in range(len(PORTALS))])
    listed = ""
    for slug, portal in world.portals.items():
        assert len(portal.feeds) >= 3
        for feed in portal.feeds:
            document = world.document(slug, feed.path)
            assert document is not None
            text = gzip.decompress(document.body).decode(feed.charset)
            # Two entries more in the odd feed: the one without a link and the forbidden one.
            assert len(re.findall(r"<item\b|<entry>|\"id\":", text)) <= 20 + 2
            listed += text
    for article in world.gold():
        assert path_of(world, article) in listed


def test_publishing_changes_the_feed_and_its_validators() -> None:
    world = new_world(articles=40)
    before = world.document("alpenboerse", "/rss/news")
    (new,) = world.publish("alpenboerse", 1)
    after = world.document("alpenboerse", "/rss/news")
    assert before is not None
    assert after is not None
    assert (before.etag, before.last_modified) != (after.etag, after.last_modified)
    assert path_of(world, new).encode() in gzip.decompress(after.body)
    assert datetime.fromisoformat(new["published"]) > REFERENCE


def test_publishing_without_a_portal_gives_each_portal_its_articles() -> None:
    world = new_world(articles=10)
    assert Counter(article["portal"] for article in world.publish(None, 2)) == dict.fromkeys(PORTALS, 2)


def test_an_edit_changes_one_number_and_adds_a_sentence() -> None:
    world = new_world()
    old = next(article for article in world.gold() if article["id"] == "isarwerk-prognose")
    new = world.edit("isarwerk-prognose")
    assert new["url"] == old["url"]
    assert new["modified"] > new["published"]
    assert len(new["text"].split()) > len(old["text"].split())
    changed = [(a, b) for a, b in zip(old["text"].split(), new["text"].split(), strict=False) if a != b]
    assert len(changed) == 1
    assert squeezed(new["text"].split("\n\n")[-1]) in squeezed(visible(page(world, new["portal"], path_of(world, new))))


def test_every_article_can_be_edited_twice() -> None:
    world = new_world()
    for article in world.gold():
        assert world.edit(article["id"])["text"] != article["text"]
        assert world.edit(article["id"])["revision"] == 3


def test_the_clock_moves_only_with_changes() -> None:
    world = new_world(articles=10)
    assert world.now == REFERENCE
    world.publish("alpenboerse", 1)
    assert world.now > REFERENCE


def test_a_live_world_publishes_at_the_real_time() -> None:
    options = replace(Options(articles=10), reference=datetime.now(UTC), is_live=True)
    world = World(options, [f"http://127.0.0.1:{8000 + k}" for k in range(len(PORTALS))])
    (new,) = world.publish("alpenboerse", 1)
    assert abs((datetime.fromisoformat(new["published"]) - datetime.now(UTC)).total_seconds()) < 60


NUMBERS = {
    "Switzerland groups with an apostrophe": ("CH", "12'345,67"),
    "Germany groups with a point": ("DE", "12.345,67"),
    "France groups with a space": ("FR", "12 345,67"),
    "America groups with a comma": ("US", "12,345.67"),
}


@pytest.mark.parametrize(("country", "text"), NUMBERS.values(), ids=NUMBERS.keys())
def test_numbers_are_printed_as_the_country_does(country: str, text: str) -> None:
    assert printed(Decimal("12345.67"), country) == text
