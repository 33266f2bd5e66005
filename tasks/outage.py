"""Our own outage: whether what failed says something about the portals, or about our line. Pure.

A portal that is down is its own trouble and is booked against it. When nobody at all answers, nothing is booked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from tasks.outcome import Failure, Reason, Stage

# Fewer hosts prove nothing: two portals may share a data centre.
MIN_HOSTS = 3
_OURS = (Reason.UNREACHABLE, Reason.TIMEOUT)


def is_ours(outcomes: Mapping[str, Sequence[object]]) -> Failure | None:
    """The failure that most hosts share, where the trouble is ours; None where it is not, or can't be told.

    `outcomes` maps each host that was asked to what its requests ended with: a Failure, or anything else for an answer.
    Ours it is where three hosts or more were asked, not one gave an HTTP answer (an error status is one), and more
    than half of them were all unreachable, or all too slow.
    """
    asked = {host: ended for host, ended in outcomes.items() if ended}
    if len(asked) < MIN_HOSTS or any(_is_answer(one) for ended in asked.values() for one in ended):
        return None
    common = Counter(shared for ended in asked.values() if (shared := _shared_reason(ended)))
    reason, hosts = common.most_common(1)[0] if common else (None, 0)
    if reason is None or 2 * hosts <= len(asked):
        return None
    example = next(
        one for ended in asked.values() for one in ended if isinstance(one, Failure) and one.reason is reason
    )
    detail = f"no answer from any of {len(asked)} hosts, {hosts} of them {reason} (such as: {example.detail})"
    return Failure(Stage.FETCH, reason, detail)


def _is_answer(ended: object) -> bool:
    return not isinstance(ended, Failure) or ended.status is not None


def _shared_reason(ended: Sequence[object]) -> Reason | None:
    """The one reason for which every request to a host failed, where our line could be that reason."""
    reasons = {one.reason for one in ended if isinstance(one, Failure)}
    return next(iter(reasons)) if len(reasons) == 1 and reasons <= set(_OURS) else None
