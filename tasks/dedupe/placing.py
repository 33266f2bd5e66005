"""Articles to stories, one after the other as they arrived."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
import re
import numpy as np

from tasks.dedupe.folding import Tokens
from tasks.dedupe.judging import Verdict, is_part, verdict
from tasks.dedupe.learned import Seen, is_foreign, noted
from tasks.dedupe.overlap import View, overlap, view
from tasks.dedupe.sketch import Sketch
from tasks.dedupe.titles import other_edition, same_title


class Kind(StrEnum):
    ORIGINAL = "original"
    COPY = "copy"
    PARTIAL = "partial"
    REVISION = "revision"


@dataclass(frozen=True, slots=True)
class Arrival:
    id: str
    source: str
    url: str
    at: datetime
    sketch: Sketch
    is_digest: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    id: str
    story: int
    kind: Kind
    of: str | None
    is_exact: bool = False
    why: str = ""


@dataclass(slots=True)
class Known:
    arrival: Arrival
    story: int
    is_digest: bool
    is_revision: bool = False


WINDOW = timedelta(days=7)
_HOT = 60
_MOST_CANDIDATES = 40
_LEAST_TOKENS_LEFT = 20
DIGEST = re.compile(r"tagesueberblick|tagesuebersicht|presseschau|kurzmeldungen|nachrichten im ueberblick|(tages|wochen)rueckblick|in kuerze|news in brief|(morning|daily|weekly) digest|(und|and) (weitere|andere|more|other) (meldungen|nachrichten|stories|news)|press review|revue de presse|en bref")

@dataclass(slots=True)
class Past:
    known: list[Known] = field(default_factory=list)
    by_key: dict[int, list[int]] = field(default_factory=dict)
    by_url: dict[str, int] = field(default_factory=dict)
    by_digest: dict[bytes, int] = field(default_factory=dict)
    seen: dict[int, Seen] = field(default_factory=dict)
    titles: dict[int, Seen] = field(default_factory=dict)
    sentence_docs: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    views: dict[tuple[int,bytes], View] = field(default_factory=dict)


def other_subject(one, other):
    """Whether the titles name different things, each of which only its own text names."""
    a, b = one.heading, other.heading
    least = min(len(a), len(b))
    front = int(np.argmin(np.append(a[:least] == b[:least], False)))
    back = int(np.argmin(np.append(a[::-1][: least - front] == b[::-1][: least - front], False)))
    here, there = a[front : len(a) - back], b[front : len(b) - back]
    if front + back < 3 or not 0 < len(here) <= 5 or not 0 < len(there) <= 5:
        return False
    return _only(here[(here & 1) == 0], one, other) and _only(there[(there & 1) == 0], other, one)


def _only(named, one, other):
    return bool(np.any(np.isin(named, one.tokens) & ~np.isin(named, other.tokens)))


def keys_of(s):
    return s.keys.tolist() + ([s.title_hash] if s.title_hash else [])


def swapped_lines(one, other):
    """Whether each has inner lines that the other lacks."""
    return min(_lacking(one, other), _lacking(other, one)) >= 0.03


def _lacking(one, other):
    lengths = np.diff(np.append(one.starts, len(one.tokens)))
    gone = ~np.isin(one.sentences, other.sentences) & (one.sentences != 0) & one.bare
    return int(lengths[1:-1][gone[1:-1]].sum()) / max(len(one.tokens), 1)


class Placer:
    def __init__(self, past: Past | None = None) -> None:
        self.past = past or Past()
        self.log = None

    def place(self, arrivals: Iterable[Arrival]) -> list[Placement]:
        return [self._place(a) for a in arrivals]

    def _place(self, new: Arrival) -> Placement:
        past = self.past
        n = len(past.known)
        digest = self._is_digest(new)
        if digest and self.log is not None: self.log.append((new.id,new.id,"DIGEST",0,0))
        found = self._decide(new, digest, n)
        story, kind, of, exact, why = found
        known = Known(new, story, digest, kind is Kind.REVISION)
        past.known.append(known)
        past.members.setdefault(story, []).append(n)
        for key in keys_of(new.sketch):
            past.by_key.setdefault(key, []).append(n)
        past.by_url.setdefault(new.url, n)
        past.by_digest[new.sketch.digest] = n
        if not digest:
            day = new.at.toordinal()
            for h in set(new.sketch.sentences.tolist()):
                if h:
                    past.seen[h] = noted(past.seen.get(h), story, day)
                    past.sentence_docs[h] = n
            if new.sketch.title_hash:
                past.titles[new.sketch.title_hash] = noted(past.titles.get(new.sketch.title_hash), story, day)
        return Placement(new.id, story, kind, of, exact, why)

    def _is_digest(self, new):
        if DIGEST.search(" ".join(new.sketch.title)):
            return True
        mass = Counter()
        s = new.sketch
        L = np.diff(np.append(s.starts, len(s.tokens)))
        for h, l in zip(s.sentences.tolist(), L.tolist()):
            if h and l >= 6 and h != s.title_hash and h not in self.past.titles:
                seen = self.past.seen.get(h)
                if seen and seen.stories == 1 and seen.days<3 and h in self.past.known[self.past.sentence_docs[h]].arrival.sketch.sentences[:2].tolist():
                    mass[seen.story] += l
        big = [v for v in mass.values() if v >= 15]
        return len(big) >= 2 and max(big) < .6 * len(s.tokens)

    def _candidates(self, new):
        past = self.past
        hits = Counter()
        since = new.at - WINDOW
        for key in keys_of(new.sketch):
            docs = past.by_key.get(key, ())
            if len(docs) <= _HOT:
                hits.update(docs)
        for h in new.sketch.sentences.tolist():
            if h and h in past.sentence_docs and past.seen[h].stories == 1:
                hits[past.sentence_docs[h]] += 1
        ranked = sorted((k for k in hits if past.known[k].arrival.at >= since), key=lambda k: (-hits[k], k))
        ranked = ranked[:_MOST_CANDIDATES]
        roots = {past.members[past.known[k].story][0] for k in ranked}
        return ranked + sorted(roots - set(ranked))

    def _decide(self, new, digest, n):
        past = self.past
        same = past.by_digest.get(new.sketch.digest)
        at_url = past.by_url.get(new.url)
        if at_url is not None:
            k = past.known[at_url]
            o = self._overlap(new, at_url)[0]
            if o.containment >= .3 or abs(new.at - k.arrival.at) < timedelta(hours=20):
                return k.story, Kind.REVISION, k.arrival.id, same == at_url, "url"
        if same is not None and new.at - past.known[same].arrival.at <= WINDOW and not other_edition(new.sketch.title, past.known[same].arrival.sketch.title):
            k = past.known[same]
            return k.story, Kind.COPY, k.arrival.id, True, "exact"
        barred=set(); good=[]; cleared=set(); editions=set()
        for c in self._candidates(new):
            k = past.known[c]
            if other_edition(new.sketch.title, k.arrival.sketch.title):
                barred.add(k.story); editions.add(k.story); continue
            lists = new.sketch.is_list or k.arrival.sketch.is_list
            if other_subject(new.sketch, k.arrival.sketch):
                barred.add(k.story); editions.add(k.story); continue
            raw = digest or k.is_digest or lists
            o, a, b = self._overlap(new, c, raw)
            st = same_title(new.sketch.title, k.arrival.sketch.title)
            distant = abs(new.at - k.arrival.at) > timedelta(hours=18)
            v = verdict(o, same_title=st, swapped_lines=lists and swapped_lines(new.sketch, k.arrival.sketch), distant=distant)
            if v is Verdict.SAME and not raw and min(a / max(1,len(new.sketch.tokens)), b / max(1,len(k.arrival.sketch.tokens))) < .5:
                o2, a2, b2 = self._overlap(new, c, True)
                if verdict(o2, same_title=st, swapped_lines=False, distant=distant) is Verdict.OTHER_EDITION or not (o2.containment >= .5 or o2.lead >= 7): v = Verdict.APART
            elif v is Verdict.APART and not raw:
                o2, a2, b2 = self._overlap(new, c, True)
                if is_part(o2): v, o, a, b = Verdict.SAME, o2, a2, b2
            if v is Verdict.OTHER_EDITION:
                if not k.is_revision: barred.add(k.story)
                if self.log is not None: self.log.append((new.id,k.arrival.id,'BAR',distant,o))
            elif v is Verdict.SAME:
                if (digest or k.is_digest) and o.jaccard < .7: continue
                good.append((o.containment, o.jaccard, -c, o, a, b))
                if is_part(o): cleared.add(k.story)
            elif self.log is not None: self.log.append((new.id,k.arrival.id,st,distant,o))
        good = [g for g in good if past.known[-g[2]].story not in barred - (cleared - editions)]
        if not good:
            return n, Kind.ORIGINAL, None, False, f"barred {len(barred)}" if barred else ""
        cont, jac, c, o, a, b = max(good, key=lambda g: g[:3])
        k = past.known[-c]
        kind = Kind.PARTIAL if a < .7 * b else Kind.COPY
        return k.story, kind, past.known[past.members[k.story][0]].arrival.id, False, f"{cont:.2f} {jac:.2f}"

    def _overlap(self, new, c, raw=False):
        k = self.past.known[c]
        a, b = self._view(new, k.story, raw), self._view(k.arrival, k.story, raw)
        return overlap(a, b), len(a.tokens), len(b.tokens)

    def _view(self, who: Arrival, story: int, raw=False) -> View:
        s = who.sketch
        seen = self.past.seen
        titles = self.past.titles
        keep = np.array([not (h and ((h in seen and is_foreign(seen[h])) or (h in titles and (titles[h].stories>1 or titles[h].story != story)))) for h in s.sentences.tolist()], dtype=bool)
        if raw: keep[:] = True
        key = (id(who), keep.tobytes())
        v = self.past.views.get(key)
        if v is None:
            t = s.tokens
            if not keep.all():
                L = np.diff(np.append(s.starts, len(t)))
                t2 = t[np.repeat(keep, L)]
                if len(t2) >= _LEAST_TOKENS_LEFT: t = t2
            v = self.past.views[key] = view(t, s.tokens)
        return v
