"""How a ticket's clocks stand, in a custom field that agents see beside the conversation."""

from adapters.freescout.custom_fields import CustomField, CustomFields, UnavailableError, field_named
from adapters.freescout.endpoint import Endpoint
from adapters.freescout.wire.requests import sendable_line
from bot.domain.ids import ConversationId

LONGEST_CHARACTERS = 255
"""What any text column holds. How much the module's does is documented nowhere, and more is not read at a glance."""

_NO_TEXT = frozenset({"dropdown", "number", "date"})


class Clocks:
    """Writes them. ``field_name`` as in the settings, "" for none."""

    def __init__(self, *, endpoint: Endpoint, custom_fields: CustomFields, field_name: str) -> None:
        self._endpoint = endpoint
        self._custom_fields = custom_fields
        self.field_name = field_name

    async def show(self, conversation_id: ConversationId, text: str) -> None:
        """Make this the field's value, in the mailbox in which the conversation is by now. Idempotent.

        ``UnavailableError`` names the field that is not there, or cannot hold words.
        """
        if not self.field_name:
            return
        seen = await self._endpoint.conversation(conversation_id, embed="tags")
        if seen.mailbox_id is None:
            raise UnavailableError("FreeScout does not tell the conversation's mailbox, and so not its custom fields")
        field = await self._field(seen.mailbox_id)
        value = sendable_line(text, LONGEST_CHARACTERS)
        await self._custom_fields.set(conversation_id, {field.field_id: value})

    async def missing(self, mailbox_id: int) -> str:
        """What keeps the field from taking them in this mailbox; empty when nothing does."""
        try:
            await self._field(mailbox_id)
        except UnavailableError as error:
            return str(error)
        return ""

    async def _field(self, mailbox_id: int) -> CustomField:
        field = field_named(await self._custom_fields.known(mailbox_id), self.field_name)
        if field.options or field.kind in _NO_TEXT:
            raise UnavailableError(f"FreeScout's custom field “{field.name}” cannot hold words ({field.kind})")
        return field
