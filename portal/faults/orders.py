"""Orders: which fault shall happen where, and how often."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from portal.faults import FAULTS, VALUES


@dataclass(slots=True)
class Order:
    """A fault that was asked for: where it applies and how many times more (None: until it is withdrawn)."""

    portal: str | None
    path: re.Pattern[str]
    fault: str
    value: Any = None
    times: int | None = None
    turns: Counter[str] = field(default_factory=Counter)

    def turn(self, address: str) -> int:
        """Counts one more answer to this address; the count."""
        self.turns[address] += 1
        return self.turns[address]


@dataclass(slots=True)
class Orders:
    """The faults in force, oldest first."""

    placed: list[Order] = field(default_factory=list)

    def place(self, wish: dict[str, Any]) -> None:
        """Adds a fault from its JSON form; ValueError says what is wrong with it."""
        name, value = wish.get("fault"), wish.get("value")
        if name not in FAULTS:
            raise ValueError(f"unknown fault {name!r}, known are: {', '.join(sorted(FAULTS))}")
        if unknown := wish.keys() - {"portal", "path", "fault", "value", "times"}:
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
        if isinstance(value, str) and name in VALUES and value not in VALUES[name]:
            raise ValueError(f"unknown value {value!r} of {name}, known are: {', '.join(VALUES[name])}")
        try:
            pattern = re.compile(wish.get("path", ""))
        except re.error as error:
            raise ValueError(f"path {wish['path']!r} is not a regular expression: {error}") from error
        self.placed.append(Order(wish.get("portal"), pattern, name, value, wish.get("times")))

    def take(self, portal: str, path: str, address: str) -> Order | None:
        """The oldest fault in force for this path (or its address with the query), counted down; None: no fault."""
        for order in self.placed:
            applies = order.path.search(path) or order.path.search(address)
            if order.portal in (None, portal) and applies and order.times != 0:
                order.times = None if order.times is None else order.times - 1
                return order
        return None
