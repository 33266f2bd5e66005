"""The past of a sample source, and everything that an archive announces of it, for the tests of the archives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from fakes import FakeWeb, ok, run

from tasks.model import Response
from tasks.outcome import Failure
from tasks.past import Announced, Archive, ArchiveRequest, Candidate, Days, Past

HOME = "https://www.nordwerk.example"
# Pauses are multiples of it: short enough for a clock that really runs.
DELAY = timedelta(microseconds=100)


def days(first: str, last: str | None = None) -> tuple[date, ...]:
    """The days from one to another, both included."""
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    return tuple(start + timedelta(days=number) for number in range((end - start).days + 1))


def past(*wanted: date, place: str | None = None, zone: str = "Europe/Zurich") -> Past:
    """What an archive of the sample source is asked for."""
    return Past("nordwerk", f"{HOME}/", Days(wanted, zone), place=f"{HOME}{place}" if place else None, delay=DELAY)


@dataclass(slots=True)
class Heard:
    """Everything that was announced, put together; `pieces` as they came."""

    pieces: list[Announced] = field(default_factory=list)
    complete: set[date] = field(default_factory=set)
    failed: dict[date, str] = field(default_factory=dict)

    @property
    def candidates(self) -> list[Candidate]:
        """The candidates in the order in which they were announced."""
        return [one for piece in self.pieces for one in piece.candidates]

    @property
    def requests(self) -> list[ArchiveRequest]:
        """The requests in their order."""
        return [one for piece in self.pieces for one in piece.requests]

    @property
    def left_out(self) -> str:
        """The lines about what was not taken."""
        return "\n".join(line for piece in self.pieces for line in piece.left_out)

    def found(self) -> dict[str, str | None]:
        """The path of each candidate with its day."""
        return {one.url.removeprefix(HOME): str(one.day) if one.day else None for one in self.candidates}


async def hear(archive: Archive, wanted: Sequence[date]) -> Heard:
    """What the archive announces, with what holds for every archive checked on the way."""
    heard = Heard()
    async for piece in archive.announced():
        assert len(piece.candidates) <= 1_000
        done = piece.complete | set(piece.failed)
        assert done <= set(wanted), "only wanted days are spoken of"
        assert not done & (heard.complete | set(heard.failed)), "a day is done once"
        assert not piece.complete & set(piece.failed)
        heard.complete |= piece.complete
        heard.failed |= piece.failed
        heard.pieces.append(piece)
    assert heard.complete | set(heard.failed) == set(wanted), "in the end each day is complete or failed"
    return heard


def web(answers: Mapping[str, str | bytes | Response | Failure]) -> FakeWeb:
    """A web on which the sample source has these paths."""
    return FakeWeb({f"{HOME}{path}": _answer(answer) for path, answer in answers.items()})


def _answer(answer: str | bytes | Response | Failure) -> Response | Failure:
    if isinstance(answer, str | bytes):
        return ok(answer.encode() if isinstance(answer, str) else answer)
    return answer


def heard_from(archive: Archive, of: Past) -> Heard:
    """What the archive announces of the past that it was made for."""
    return run(hear(archive, of.days.days))


def asked(fake: FakeWeb) -> list[str]:
    """The paths that were asked for, in order."""
    return [one.url.removeprefix(HOME) for one in fake.asked]
