"""Whose trouble it is when nobody answers."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.outage import MIN_HOSTS, is_ours
from tasks.outcome import Failure, Reason, Stage

DEAD = Failure(Stage.FETCH, Reason.UNREACHABLE, "no route to host")
SLOW = Failure(Stage.FETCH, Reason.TIMEOUT, "no answer within 30 s")
REFUSED = Failure(Stage.FETCH, Reason.SERVER_ERROR, "500", 500)
FORBIDDEN = Failure(Stage.FETCH, Reason.FORBIDDEN_ADDRESS, "private")

OURS: dict[str, Mapping[str, Sequence[object]]] = {
    "nobody can be reached": {"a": [DEAD], "b": [DEAD, DEAD], "c": [DEAD]},
    "nobody answers in time": {"a": [SLOW], "b": [SLOW], "c": [SLOW]},
    "most can't be reached, one is slow": {"a": [DEAD], "b": [DEAD], "c": [SLOW]},
    "a host that was not asked says nothing": {"a": [DEAD], "b": [DEAD], "c": [DEAD], "d": []},
}
THEIRS: dict[str, Mapping[str, Sequence[object]]] = {
    "two hosts prove nothing": {"a": [DEAD], "b": [DEAD]},
    "one of many answered": {"a": [DEAD], "b": [DEAD], "c": [DEAD], "d": ["an answer"]},
    "an error status is an answer": {"a": [DEAD], "b": [DEAD], "c": [REFUSED]},
    "one host answered once": {"a": [DEAD], "b": [DEAD], "c": [DEAD, "an answer"]},
    "half are unreachable, half are slow": {"a": [DEAD], "b": [DEAD], "c": [SLOW], "d": [SLOW]},
    "a rule of ours forbade to ask": {"a": [FORBIDDEN], "b": [FORBIDDEN], "c": [FORBIDDEN]},
    "the hosts differ within themselves": {"a": [DEAD, SLOW], "b": [DEAD, SLOW], "c": [DEAD]},
    "nobody was asked": {},
}


@pytest.mark.parametrize("outcomes", OURS.values(), ids=OURS)
def test_it_is_ours_when_nobody_answers_and_most_fail_alike(outcomes: Mapping[str, Sequence[object]]) -> None:
    found = is_ours(outcomes)
    assert found is not None
    assert found.reason in (Reason.UNREACHABLE, Reason.TIMEOUT)
    assert f"{sum(bool(ended) for ended in outcomes.values())} hosts" in found.detail


@pytest.mark.parametrize("outcomes", THEIRS.values(), ids=THEIRS)
def test_it_is_theirs_else(outcomes: Mapping[str, Sequence[object]]) -> None:
    assert is_ours(outcomes) is None


ENDS = st.sampled_from([DEAD, SLOW, REFUSED, FORBIDDEN, "an answer"])


@given(st.dictionaries(st.text(max_size=3), st.lists(ENDS, max_size=3), max_size=8))
def test_one_answer_of_anybody_means_that_our_line_is_up(outcomes: dict[str, list[object]]) -> None:
    found = is_ours(outcomes)
    ends = [end for ended in outcomes.values() for end in ended]
    if "an answer" in ends or REFUSED in ends or sum(map(bool, outcomes.values())) < MIN_HOSTS:
        assert found is None
