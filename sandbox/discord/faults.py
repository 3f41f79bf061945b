"""Faults on REST routes: what may go wrong between a request and its answer."""

import random
import re
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["lose_answer", "status", "rate_limit", "reset", "delay"]
Scope = Literal["user", "global", "shared"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule. `times` None means for ever; `hits` counts how often it struck."""

    method: str | None
    path: re.Pattern[str]
    kind: FaultKind
    status: int
    retry_after: float
    via: bool
    scope: Scope
    delay_seconds: float
    times: int | None
    probability: float
    dice: random.Random = field(repr=False)
    hits: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it if so."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method not in (None, method) or not self.path.fullmatch(path):
            return False
        if self.probability < 1.0 and self.dice.random() >= self.probability:
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force, asked in the order they were added; the first that strikes decides."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(
        self,
        *,
        path: str,
        kind: FaultKind,
        method: str | None = None,
        status: int = 503,
        retry_after: float = 0.5,
        via: bool = True,
        scope: Scope = "user",
        delay_seconds: float = 1.0,
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 1,
    ) -> Fault:
        """Add a rule. `path` is a regular expression for the whole path below /api/v10 (without the query).

        `lose_answer`: the work is done, then the connection is cut. `reset`: it is cut before any work. `status`: that
        status, no work. `rate_limit`: 429 with `retry_after` seconds, with or without the Via header. `delay`: the
        work is done and answered `delay_seconds` late.
        """
        rule = Fault(
            method=method,
            path=re.compile(path),
            kind=kind,
            status=status,
            retry_after=retry_after,
            via=via,
            scope=scope,
            delay_seconds=delay_seconds,
            times=times,
            probability=probability,
            dice=random.Random(seed),
        )
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def striking(self, method: str, path: str) -> Fault | None:
        """The rule that hits this request, if any."""
        return next((rule for rule in self._rules if rule.strikes(method, path)), None)
