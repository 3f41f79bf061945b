"""Where an installation keeps a ticket's label and priority: tags, custom fields, or nothing but the note."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.freescout.endpoint import AbsentError, Endpoint
from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.seen import SeenConversation
from adapters.http import StatusError
from bot.domain.errors import PermanentError
from bot.domain.ids import ConversationId

_LABELS = ("bug", "feature", "question")
_PRIORITIES = ("P0", "P1", "P2")
_OURS = frozenset(word.casefold() for word in _LABELS + _PRIORITIES)
"""In lower case: FreeScout takes tags that differ only in case for one, written as it was first."""

_NO_FIELDS = "no custom fields are named in freescout.label_field and freescout.priority_field"


class UnavailableError(PermanentError):
    """This installation cannot keep them in that place."""


class Labels:
    """Writes them. ``triage_as`` as in the settings; with ``auto`` the first place that works is kept while it does."""

    def __init__(self, *, endpoint: Endpoint, triage_as: str, label_field: str, priority_field: str) -> None:
        self._endpoint = endpoint
        self._triage_as = triage_as
        self._fields = {"label": label_field, "priority": priority_field}
        self._places: dict[str, Callable[[SeenConversation, str, str], Awaitable[None]]] = {
            "tags": self._set_tags,
            "custom_fields": self._set_fields,
            "notes": _leave_to_note,
        }
        self._worked: str | None = None

    async def set(self, conversation_id: ConversationId, label: str, priority: str) -> None:
        """Make them the conversation's own, keeping other tags and fields. Idempotent."""
        if self._triage_as == "notes":
            return
        seen = await self._endpoint.conversation(conversation_id, embed="tags")
        if self._triage_as != "auto":
            await self._places[self._triage_as](seen, label, priority)
            return
        for place in sorted(self._places, key=lambda name: name != self._worked):
            try:
                await self._places[place](seen, label, priority)
            except UnavailableError:
                continue
            self._worked = place
            return

    async def _set_tags(self, conversation: SeenConversation, label: str, priority: str) -> None:
        if conversation.tags is None:
            raise UnavailableError("FreeScout shows no tags: is its Tags module installed and active?")
        kept = [tag for tag in conversation.tags if tag.casefold() not in _OURS]
        await self._change(requests.replace_tags(conversation.conversation_id, [*kept, label, priority]))

    async def _set_fields(self, conversation: SeenConversation, label: str, priority: str) -> None:
        wanted = {self._fields["label"]: label, self._fields["priority"]: priority}
        wanted.pop("", None)
        if not wanted or conversation.mailbox_id is None:
            raise UnavailableError(_NO_FIELDS)
        known = await self._known_fields(conversation.mailbox_id)
        values = dict(_value(known, name, word) for name, word in wanted.items())
        await self._change(requests.set_custom_fields(conversation.conversation_id, values))

    async def missing_fields(self, mailbox_id: int) -> str:
        """What keeps custom fields from taking a triage in this mailbox; empty when nothing does."""
        named = [name for name in self._fields.values() if name]
        if not named:
            return _NO_FIELDS
        try:
            known = await self._known_fields(mailbox_id)
            words = {self._fields["label"]: _LABELS, self._fields["priority"]: _PRIORITIES}
            for name in named:
                for word in words[name]:
                    _value(known, name, word)
        except UnavailableError as error:
            return str(error)
        return ""

    async def _known_fields(self, mailbox_id: int) -> list[Mapping[str, Any]]:
        path = f"/mailboxes/{mailbox_id}/custom_fields"
        with_module = self._endpoint.listed(lambda page: requests.listed(path, page), "custom_fields")
        try:
            return [field async for field in with_module]
        except (StatusError, AbsentError) as error:
            raise _unavailable(error) from error

    async def _change(self, request: requests.Request) -> None:
        try:
            await self._endpoint.change(request)
        except (StatusError, AbsentError) as error:
            raise _unavailable(error) from error


async def _leave_to_note(_conversation: SeenConversation, _label: str, _priority: str) -> None:
    """The triage's internal note says it all."""


def _unavailable(error: StatusError | AbsentError) -> PermanentError:
    """A missing module, or a version without this call (405, or no such address), is no fault of the conversation."""
    if isinstance(error, AbsentError) or error.answer.status == 405 or answers.mentions_module(error.answer.document()):
        return UnavailableError(str(error))
    return error


def _value(known: list[Mapping[str, Any]], name: str, word: str) -> tuple[int, str]:
    """The id of the field of this name, and the word as its value: of a dropdown, the option's number (facts 1.2)."""
    field = next((one for one in known if str(one.get("name", "")).casefold() == name.casefold()), None)
    if field is None or not isinstance(field.get("id"), int):
        raise UnavailableError(f"FreeScout's mailbox has no custom field “{name}”")
    options = field.get("options")
    if isinstance(options, list):
        options = dict(enumerate(options))  # PHP writes an array numbered from 0 as a list
    if not isinstance(options, dict) or not options:
        return int(field["id"]), word
    for number, text in options.items():
        # "P1" also finds the option "P1 high: feature broken".
        if str(text).casefold() == word.casefold() or str(text).casefold().split()[:1] == [word.casefold()]:
            return int(field["id"]), str(number)
    raise UnavailableError(f"FreeScout's custom field “{name}” has no option “{word}”")
