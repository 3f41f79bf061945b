"""Where an installation keeps a ticket's label and priority: tags, custom fields, or nothing but the note."""

from collections.abc import Awaitable, Callable

from adapters.freescout.custom_fields import CustomField, CustomFields, UnavailableError, change, field_named
from adapters.freescout.endpoint import Endpoint
from adapters.freescout.wire import requests
from adapters.freescout.wire.seen import SeenConversation
from bot.domain.ids import ConversationId

_LABELS = ("bug", "feature", "question")
_PRIORITIES = ("P0", "P1", "P2")
_OURS = frozenset(word.casefold() for word in _LABELS + _PRIORITIES)
"""In lower case: FreeScout takes tags that differ only in case for one, written as it was first."""

_NO_FIELDS = "no custom fields are named in freescout.label_field and freescout.priority_field"


class Labels:
    """Writes them. ``triage_as`` as in the settings; with ``auto`` the first place that works is kept while it does."""

    def __init__(
        self, *, endpoint: Endpoint, custom_fields: CustomFields, triage_as: str, label_field: str, priority_field: str
    ) -> None:
        self._endpoint = endpoint
        self._custom_fields = custom_fields
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
        await change(self._endpoint, requests.replace_tags(conversation.conversation_id, [*kept, label, priority]))

    async def _set_fields(self, conversation: SeenConversation, label: str, priority: str) -> None:
        wanted = {self._fields["label"]: label, self._fields["priority"]: priority}
        wanted.pop("", None)
        if not wanted or conversation.mailbox_id is None:
            raise UnavailableError(_NO_FIELDS)
        known = await self._custom_fields.known(conversation.mailbox_id)
        values = dict(_value(field_named(known, name), word) for name, word in wanted.items())
        await self._custom_fields.set(conversation.conversation_id, values)

    async def missing_fields(self, mailbox_id: int) -> str:
        """What keeps custom fields from taking a triage in this mailbox; empty when nothing does."""
        named = [name for name in self._fields.values() if name]
        if not named:
            return _NO_FIELDS
        try:
            known = await self._custom_fields.known(mailbox_id)
            words = {self._fields["label"]: _LABELS, self._fields["priority"]: _PRIORITIES}
            for name in named:
                for word in words[name]:
                    _value(field_named(known, name), word)
        except UnavailableError as error:
            return str(error)
        return ""


async def _leave_to_note(_conversation: SeenConversation, _label: str, _priority: str) -> None:
    """The triage's internal note says it all."""


def _value(field: CustomField, word: str) -> tuple[int, str]:
    """The field's id, and the word as its value: of a dropdown, the option's number (facts 1.2)."""
    if not field.options:
        return field.field_id, word
    for number, text in field.options.items():
        # "P1" also finds the option "P1 high: feature broken".
        if text.casefold() == word.casefold() or text.casefold().split()[:1] == [word.casefold()]:
            return field.field_id, number
    raise UnavailableError(f"FreeScout's custom field “{field.name}” has no option “{word}”")
