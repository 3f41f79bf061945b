"""The custom fields of a mailbox, by name: which there are, and how a conversation gets their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.freescout.endpoint import AbsentError, Endpoint
from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.requests import Request
from adapters.http import StatusError
from bot.domain.errors import PermanentError
from bot.domain.ids import ConversationId


class UnavailableError(PermanentError):
    """This installation cannot keep it in that place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field; ``options`` of a dropdown by number, which is what stands for them in a value (facts 1.2)."""

    field_id: int
    name: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)


class CustomFields:
    """Reads and writes them. Where their module is missing, ``UnavailableError`` says so."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def known(self, mailbox_id: int) -> Sequence[CustomField]:
        """Those of a mailbox."""
        path = f"/mailboxes/{mailbox_id}/custom_fields"
        listed = self._endpoint.listed(lambda page: requests.listed(path, page), "custom_fields")
        try:
            seen = [_seen(one) async for one in listed]
        except (StatusError, AbsentError) as error:
            raise _unavailable(error) from error
        return [one for one in seen if one is not None]

    async def set(self, conversation_id: ConversationId, values: Mapping[int, str]) -> None:
        """Write values by the fields' ids; other fields keep theirs."""
        await change(self._endpoint, requests.set_custom_fields(conversation_id, values))


async def change(endpoint: Endpoint, request: Request) -> None:
    """Make a change that needs a module. Raises ``UnavailableError`` where that is missing."""
    try:
        await endpoint.change(request)
    except (StatusError, AbsentError) as error:
        raise _unavailable(error) from error


def field_named(known: Sequence[CustomField], name: str) -> CustomField:
    """The field of this name, whatever its case. Raises ``UnavailableError`` when there is none."""
    found = next((one for one in known if one.name.casefold() == name.casefold()), None)
    if found is None:
        raise UnavailableError(f"FreeScout's mailbox has no custom field “{name}”")
    return found


def _unavailable(error: StatusError | AbsentError) -> PermanentError:
    """A missing module, or a version without this call (405, or no such address), is no fault of the conversation."""
    if isinstance(error, AbsentError) or error.answer.status == 405 or answers.mentions_module(error.answer.document()):
        return UnavailableError(str(error))
    return error


def _seen(document: Mapping[str, Any]) -> CustomField | None:
    """A listed field; None when the entry is odd."""
    if not isinstance(document.get("id"), int):
        return None
    options = document.get("options")
    if isinstance(options, list):
        options = dict(enumerate(options))  # PHP writes an array numbered from 0 as a list
    return CustomField(
        field_id=int(document["id"]),
        name=str(document.get("name", "")),
        kind=str(document.get("type", "")),
        options={str(number): str(text) for number, text in options.items()} if isinstance(options, dict) else {},
    )
