"""How the documents of an archive are asked for: distance, patience, robots.txt; on a clock that jumps."""

import gzip
from dataclasses import replace
from datetime import timedelta

from announcing import HOME, asked, days, past, web
from fakes import FakeWeb, VirtualLoop, failing, ok, run

from tasks.archives.asking import Asked, Asker
from tasks.outcome import Failure, Reason, Stage
from tasks.past import Past

OF = replace(past(*days("2026-03-01")), delay=timedelta(seconds=2))
ACCEPT = "application/xml"


def ask(fake: FakeWeb, *paths: str, of: Past = OF) -> list[Asked]:
    async def all_of_them() -> list[Asked]:
        asker = Asker(of, fake.get, None)
        return [await asker.document(path if "//" in path else f"{HOME}{path}", ACCEPT) for path in paths]

    return run(all_of_them(), VirtualLoop)


def test_starts_on_one_host_are_apart_by_the_delay_of_the_source_and_other_hosts_do_not_wait() -> None:
    fake = web({"/a": "a", "/b": "b", "/c": "c"})
    ask(fake, "/a", "https://lager.example/x", "/b", "/c")
    assert fake.starts(HOME) == [0.0, 2.0, 4.0]
    assert fake.starts("lager") == [0.0]


def test_requests_that_redirects_took_count_as_starts() -> None:
    fake = web({"/a": replace(ok(b"a"), requests=3), "/b": "b"})
    first, _ = ask(fake, "/a", "/b")
    assert fake.starts() == [0.0, 6.0]
    assert first.requests[0].requests == 3


def test_trouble_that_passes_is_asked_three_times_with_growing_pauses() -> None:
    fake = web({"/a": failing(Reason.SERVER_ERROR, 503)})
    (found,) = ask(fake, "/a")
    assert fake.starts() == [0.0, 10.0, 50.0]
    assert isinstance(found.answer, Failure)
    assert [(one.status, one.failure) for one in found.requests] == [(503, found.answer)] * 3


def test_a_wish_to_wait_is_met_up_to_five_minutes() -> None:
    polite = Failure(Stage.FETCH, Reason.THROTTLED, "429", 429, timedelta(seconds=90))
    fake = web({"/a": polite})
    ask(fake, "/a")
    assert fake.starts() == [0.0, 90.0, 180.0]
    fake = web({"/a": replace(polite, retry_after=timedelta(hours=88))})
    ask(fake, "/a")
    assert fake.starts() == [0.0, 300.0, 600.0]


def test_trouble_that_stays_is_asked_once() -> None:
    fake = web({"/a": failing(Reason.BLOCKED, 403)})
    (found,) = ask(fake, "/a", "/a")[:1]
    assert asked(fake) == ["/a", "/a"]
    assert len(found.requests) == 1


def test_a_body_comes_inflated_and_is_counted_as_it_came() -> None:
    body = gzip.compress(b"<urlset/>" * 100)
    (found,) = ask(web({"/a": body}), "/a")
    assert found.body == b"<urlset/>" * 100
    assert found.requests[0].received_bytes == len(body)


def test_an_address_that_can_be_none_is_not_asked() -> None:
    fake = web({})
    (found,) = ask(fake, "ftp://lager.example/a")
    assert isinstance(found.answer, Failure)
    assert (found.answer.reason, found.requests, fake.asked) == (Reason.BAD_URL, (), [])
