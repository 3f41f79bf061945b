"""One request to FreeScout at a time: sent, judged, and told to the health reports."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.lenient import a_http_date
from adapters.freescout.wire.requests import Request
from adapters.freescout.wire.seen import SeenConversation, seen_conversation
from adapters.http import AccessError, Answer, Connection, StatusError, raise_for_failure
from bot.domain.errors import DeliveryError, OutcomeUnknownError, TransientError
from bot.ports.clock import Clock
from bot.ports.inbound import HealthReports, PartState

PART = "freescout"
SYSTEM = "FreeScout"
_AWAY = (502, 503, 504)


class AbsentError(AccessError):
    """An HTML 404: nothing that speaks JSON is at this address. The API module is missing, or too old for this call."""


class GoneError(StatusError):
    """The conversation does not exist (any more)."""


class MovedError(StatusError):
    """The conversation was merged into another one, which the answer names (facts/freescout.md 1.1)."""

    def __init__(self, *, answer: Answer, moved_to: int) -> None:
        super().__init__(f"the conversation was merged into another one in {SYSTEM}", answer=answer)
        self.moved_to = moved_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A JSON object that FreeScout answered with, and when it was asked: by our clock, and by its own.

    What the object shows may be as old as the question, and is never older.
    """

    document: Mapping[str, Any]
    asked_at: datetime
    as_of: datetime


class Endpoint:
    """The API of one installation. Requests run side by side; each is sent once."""

    def __init__(self, *, url: str, api_key: str, clock: Clock, health: HealthReports, total_seconds: float) -> None:
        self.url = url.rstrip("/")
        self._clock = clock
        self._health = health
        self._told: tuple[PartState, str] | None = None
        self._connection = Connection(
            system=SYSTEM,
            base_url=f"{self.url}/api",
            headers={"X-FreeScout-API-Key": api_key, "Accept": "application/json"},
            total_seconds=total_seconds,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    def address_of(self, conversation_id: int) -> str:
        """Where agents open a conversation (core, ``routes/web.php``): by its id, whatever number people see."""
        return f"{self.url}/conversation/{conversation_id}"

    async def document(self, request: Request) -> Mapping[str, Any]:
        """The JSON object a GET answers with."""
        return (await self.told(request)).document

    async def told(self, request: Request) -> Told:
        """The same with its times. A page or white space in its place (issue 2495) is ``TransientError``."""
        asked_at = self._clock.now()
        answer = await self._ask(request)
        found = answer.document()
        if not isinstance(found, dict):
            raise self._odd(answer)
        answered_at = a_http_date(answer.headers.get("Date"))
        as_of = asked_at if answered_at is None else answered_at - (self._clock.now() - asked_at)
        return Told(document=found, asked_at=asked_at, as_of=as_of)

    async def conversation(self, conversation_id: int, *, embed: str = "threads") -> SeenConversation:
        """One conversation, with its threads or its tags. Raises ``GoneError`` when there is none."""
        return (await self.conversation_told(conversation_id, embed=embed))[1]

    async def conversation_told(self, conversation_id: int, *, embed: str = "threads") -> tuple[Told, SeenConversation]:
        """The same with its times."""
        told = await self.told(requests.conversation(conversation_id, embed=embed))
        seen = seen_conversation(told.document)
        if seen is None:
            raise TransientError(f"{SYSTEM} answered with something other than a conversation")
        return told, seen

    async def create(self, request: Request) -> tuple[int, object]:
        """The id of what a POST made, and the document that came with it (None in versions that send none)."""
        answer = await self._ask(request)
        document = answer.document()
        made = answers.created_id(answer.headers.get("Resource-ID"), document)
        if made is None:
            raise OutcomeUnknownError(str(self._odd(answer)))
        return made, document

    async def change(self, request: Request) -> None:
        """A PUT or DELETE, answered by an empty 204. A page in its place is no success."""
        answer = await self._ask(request)
        if answer.body and answer.document() is None:
            raise self._odd(answer)

    async def listed(self, page: Callable[[int], Request], name: str) -> AsyncIterator[Mapping[str, Any]]:
        """The entries of a list, page after page; ``page`` makes the request for the page of that number."""
        number, more = 1, True
        while more:
            _, entries, more = await self.page(page(number), name)
            for entry in entries:
                yield entry
            number += 1

    async def page(self, request: Request, name: str) -> tuple[Told, Sequence[Mapping[str, Any]], bool]:
        """One page of a list, and whether there are more behind it."""
        told = await self.told(request)
        found = answers.page_of(told.document, name)
        if found is None:
            raise TransientError(f"{SYSTEM} answered with something other than a list of {name}")
        return told, *found

    async def _ask(self, request: Request) -> Answer:
        try:
            answer = await self._connection.send(
                request.method, request.path, params=request.params, body=request.body, creates=request.creates
            )
        except DeliveryError as error:
            self._tell(PartState.DISCONNECTED, str(error))
            raise
        try:
            _judge(request, answer, self._clock)
        except AccessError as error:
            self._tell(PartState.REFUSED, str(error))
            raise
        except DeliveryError as error:
            self._tell(PartState.DISCONNECTED if answer.status in _AWAY else PartState.CONNECTED, str(error))
            raise
        self._tell(PartState.CONNECTED)
        self._health.progress(PART)
        return answer

    def _odd(self, answer: Answer) -> TransientError:
        what = "nothing" if answer.blank else "something other than JSON"
        error = TransientError(f"{SYSTEM} answered {answer.status} with {what}: an error page, or another server?")
        self._tell(PartState.DISCONNECTED, str(error))
        return error

    def _tell(self, state: PartState, detail: str = "") -> None:
        detail = "" if state is PartState.CONNECTED else detail
        if self._told != (state, detail):
            self._told = (state, detail)
            self._health.report(PART, state, detail)


def _judge(request: Request, answer: Answer, clock: Clock) -> None:
    if answer.status < 300:
        return
    document = answer.document()
    if answer.status == 404 and not isinstance(document, dict):
        raise AbsentError(
            f"{SYSTEM} has no API at this address (404 for {request.path}): is the address right, and is the module"
            ' "API & Webhooks" installed and active?'
        )
    if answer.status == 404 and request.path.startswith("/conversations/"):
        raise GoneError(f"the conversation does not exist in {SYSTEM}: it was deleted for good", answer=answer)
    moved_to = _moved_to(answer) if answer.status in (301, 308) else None
    if moved_to is not None:
        raise MovedError(answer=answer, moved_to=moved_to)
    raise_for_failure(
        answer, system=SYSTEM, creates=request.creates, now=clock.now(), words=lambda _: answers.words(document)
    )


def _moved_to(answer: Answer) -> int | None:
    """The conversation that a redirect leads to."""
    path = urlsplit(answer.headers.get("location", "")).path
    found = re.search(r"/conversations?/(\d{1,18})(?:/|$)", path, re.ASCII)
    return int(found.group(1)) if found else None
