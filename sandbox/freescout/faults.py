"""Faults on the way between a client and FreeScout, switched on by tests and the sandbox."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class FaultKind(StrEnum):
    """What goes wrong.

    lose_answer: the work is done, then the connection is cut. reset: it is cut before any work.
    status: an error instead of any work. status_after: the work is done, then an error is answered.
    delay: the work is done later. html_200 and blank_200: success with a page, or with white space, and no work.
    """

    LOSE_ANSWER = "lose_answer"
    RESET = "reset"
    STATUS = "status"
    STATUS_AFTER = "status_after"
    DELAY = "delay"
    HTML_200 = "html_200"
    BLANK_200 = "blank_200"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault in force; `left` is how often it may still strike (None: always), `hits` how often it did."""

    kind: FaultKind
    method: str | None
    path: re.Pattern[str]
    status: int
    retry_after: float | None
    delay_seconds: float
    left: int | None
    probability: float
    random: Random
    hits: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it hits this request; counts it if so."""
        if self.left == 0 or (self.method is not None and self.method != method) or not self.path.search(path):
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.hits += 1
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(slots=True)
class Faults:
    """The faults in force, asked in the order they were added."""

    _faults: list[Fault] = field(default_factory=list)

    def add(
        self,
        *,
        kind: FaultKind | str,
        method: str | None = None,
        path: str = "",
        status: int = 503,
        retry_after: float | None = None,
        delay_seconds: float = 0.0,
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 1,
    ) -> Fault:
        """Put a fault in force and return it, for its `hits`.

        `path` is a regular expression searched in the path without query, `method` None means all of them. It strikes
        `times` times (None: until `clear`), each matching request with `probability`, drawn from `seed`.
        """
        fault = Fault(
            kind=FaultKind(kind),
            method=method.upper() if method is not None else None,
            path=re.compile(path),
            status=status,
            retry_after=retry_after,
            delay_seconds=delay_seconds,
            left=times,
            probability=probability,
            random=Random(seed),
        )
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Everything works again."""
        self._faults.clear()

    def striking(self, method: str, path: str) -> Iterator[Fault]:
        """The faults that hit a request: any delays, then at most one of another kind."""
        for fault in list(self._faults):
            if fault.strikes(method, path):
                yield fault
                if fault.kind is not FaultKind.DELAY:
                    return
