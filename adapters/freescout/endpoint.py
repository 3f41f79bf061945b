"""One request to FreeScout at a time: sent, judged, and told to the health reports."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.answers import SeenConversation
from adapters.freescout.wire.requests import Request
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

    async def document(self, request: Request) -> Mapping[str, Any]:
        """The JSON object a GET answers with. A page or white space in its place (issue 2495) is ``TransientError``."""
        answer = await self._ask(request)
        found = answer.document()
        if not isinstance(found, dict):
            raise self._odd(answer)
        return found

    async def conversation(self, conversation_id: int, *, embed: str = "threads") -> SeenConversation:
        """One conversation, with its threads or its tags. Raises ``GoneError`` when there is none."""
        seen = answers.seen_conversation(await self.document(requests.conversation(conversation_id, embed=embed)))
        if seen is None:
            raise TransientError(f"{SYSTEM} answered with something other than a conversation")
        return seen

    async def create(self, request: Request) -> tuple[int, object]:
        """The id of what a POST made, and the document that came with it (None in versions that send none)."""
        answer = await self._ask(request)
        document = answer.document()
        made = answers.created_id(answer.headers.get("Resource-ID"), document)
        if made is None:
            raise OutcomeUnknownError(str(self._odd(answer)))
        return made, document

    async def change(self, request: Request) -> None:
        """A PUT, answered by an empty 204. A page in its place is no success."""
        answer = await self._ask(request)
        if answer.body and answer.document() is None:
            raise self._odd(answer)

    async def listed(self, page: Callable[[int], Request], name: str) -> AsyncIterator[Mapping[str, Any]]:
        """The entries of a list, page after page; ``page`` makes the request for the page of that number."""
        number, more = 1, True
        while more:
            document = await self.document(page(number))
            found = answers.page_of(document, name)
            if found is None:
                raise TransientError(f"{SYSTEM} answered with something other than a list of {name}")
            entries, more = found
            for entry in entries:
                yield entry
            number += 1

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
    if answer.status in (301, 308) and "/conversations/" in urlsplit(answer.headers.get("location", "")).path:
        raise StatusError(f"the conversation was moved or merged into another one in {SYSTEM}", answer=answer)
    raise_for_failure(
        answer, system=SYSTEM, creates=request.creates, now=clock.now(), words=lambda _: answers.words(document)
    )
