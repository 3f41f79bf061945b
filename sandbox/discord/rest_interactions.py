"""Routes by which the bot answers interactions: the first response, its edits, and followups."""

from typing import Any

from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call
from sandbox.discord.drafts import apply_edit, draft, stored_components
from sandbox.discord.entities import EPHEMERAL, LOADING, Message, Thread
from sandbox.discord.errors import DiscordError, thread_is_archived, unknown
from sandbox.discord.interactions import AUTOCOMPLETE, MODAL_SUBMIT, Interaction, Interactions
from sandbox.discord.known_properties import WEBHOOK_KEYS
from sandbox.discord.rest import Answer, Handler

Json = dict[str, Any]

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, SUGGESTIONS, MODAL = 4, 5, 6, 7, 8, 9


class InteractionRoutes:
    """These carry the interaction's token in the path and need no other; no rate limit counts them."""

    def __init__(self, backend: Backend, interactions: Interactions) -> None:
        self._backend = backend
        self._world = backend.world
        self._interactions = interactions
        self._hidden: dict[int, Message] = {}

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        webhook = "/webhooks/{webhook_id}/{webhook_token}"
        return [
            ("POST", "/interactions/{interaction_id}/{interaction_token}/callback", self.respond),
            ("POST", webhook, self.follow_up),
            ("GET", webhook + "/messages/{message_id}", self.read),
            ("PATCH", webhook + "/messages/{message_id}", self.edit),
            ("DELETE", webhook + "/messages/{message_id}", self.delete),
        ]

    async def respond(self, call: Call) -> Answer:
        """The first response: within three seconds, once."""
        found = self._interactions.by_callback(call.id("interaction_id"), call.variables["interaction_token"])
        kind, body = int(call.body.get("type") or 0), call.body.get("data") or {}
        self._refuse_misfit(found, kind, body, files=len(call.files))
        if isinstance(found.channel, Thread) and found.channel.archived and kind == MESSAGE:
            raise thread_is_archived()
        found.acknowledge(kind, self._world.clock.now())
        self._carry_out(found, kind, body, call)
        if kind != DEFERRED_MESSAGE:
            found.finished.set()
        if not call.asks("with_response"):
            return 204, None
        return 200, self._callback_payload(found, kind)

    def _refuse_misfit(self, found: Interaction, kind: int, body: Json, *, files: int) -> None:
        fits = kind == SUGGESTIONS if found.kind == AUTOCOMPLETE else kind in (4, 5, 6, 7, 9)
        if kind == MODAL and found.kind == MODAL_SUBMIT:
            fits = False
        if kind in (DEFERRED_UPDATE, UPDATE) and found.source is None:
            fits = False
        if not fits:
            self._backend.checks.note(f"interaction of kind {found.kind} answered with type {kind}")
            raise DiscordError(400, 50035, "Invalid Form Body")
        match kind:
            case 4:
                self._backend.checks.message(body, files=files, keys=WEBHOOK_KEYS)
            case 7:
                self._backend.checks.content(body)
            case 8:
                self._backend.checks.choices(body.get("choices") or [])
            case 9:
                self._backend.checks.modal(body)

    def _carry_out(self, found: Interaction, kind: int, body: Json, call: Call) -> None:
        match kind:
            case 4:
                found.original = self._publish(found, body, call)
            case 5:
                flags = LOADING | (int(body.get("flags") or 0) & EPHEMERAL)
                found.original = self._publish(found, {"flags": 0}, call, flags=flags)
                found.placeholder = True
            case 6:
                found.original = found.source
            case 7 if found.source is not None:
                found.original = found.source
                self._apply(found, found.source, Call(variables={}, query={}, json=body, files=call.files))
            case 8:
                found.choices = body.get("choices") or []
            case 9:
                found.modal = {**body, "components": stored_components(body.get("components"))}

    def _publish(self, found: Interaction, body: Json, call: Call, *, flags: int = 0) -> Message:
        message = draft(self._backend, found.channel, body, call.files, message_id=self._world.ids.next())
        message.flags |= flags
        message.application_id = message.webhook_id = self._world.application_id
        message.type = 20 if found.kind == 2 else 0
        message.interaction = found.metadata
        if message.ephemeral:
            self._hidden[message.id] = message
        else:
            self._backend.posting.publish(message)
        return message

    def _callback_payload(self, found: Interaction, kind: int) -> Json:
        interaction: Json = {"id": str(found.id), "type": found.kind}
        payload: Json = {"interaction": interaction}
        if found.original is not None and kind in (MESSAGE, DEFERRED_MESSAGE, UPDATE):
            interaction |= {
                "response_message_id": str(found.original.id),
                "response_message_loading": found.placeholder,
                "response_message_ephemeral": found.original.ephemeral,
            }
            if kind != DEFERRED_MESSAGE:
                payload["resource"] = {"type": kind, "message": self._backend.messages.rest(found.original)}
        return payload

    async def follow_up(self, call: Call) -> Answer:
        """One message more. The first after a deferral fills the placeholder, whatever flags it carries."""
        found = self._interaction(call)
        self._backend.checks.message(call.body, files=len(call.files), keys=WEBHOOK_KEYS)
        if found.placeholder and found.original is not None:
            self._apply(found, found.original, call)
            return 200, self._backend.messages.rest(found.original)
        flags = int(call.body.get("flags") or 0) & EPHEMERAL
        message = self._publish(found, call.body, call, flags=flags)
        message.type = 0
        found.followups.append(message)
        self._world.touched()
        return 200, self._backend.messages.rest(message)

    async def read(self, call: Call) -> Answer:
        """The original response, or a followup."""
        return 200, self._backend.messages.rest(self._message(self._interaction(call), call))

    async def edit(self, call: Call) -> Answer:
        """Change the original response (after a deferral: give it), or a followup."""
        found = self._interaction(call)
        message = self._message(found, call)
        self._backend.checks.edit(call.body)
        self._apply(found, message, call)
        return 200, self._backend.messages.rest(message)

    async def delete(self, call: Call) -> Answer:
        """Take the original response or a followup away."""
        found = self._interaction(call)
        message = self._message(found, call)
        if message.id in self._hidden:
            del self._hidden[message.id]
        else:
            self._backend.posting.delete(message)
        if message is found.original:
            found.original, found.placeholder = None, False
            found.finished.set()
        return 204, None

    def _apply(self, found: Interaction, message: Message, call: Call) -> None:
        apply_edit(self._backend, message, call)
        was_placeholder, found.placeholder = found.placeholder and message is found.original, False
        message.flags &= ~LOADING
        if message.id in self._hidden:
            message.edited_at = self._world.clock.now()
        else:
            self._backend.posting.change(message, edited=not was_placeholder)
        found.finished.set()

    def _interaction(self, call: Call) -> Interaction:
        if call.id("webhook_id") != self._world.application_id:
            raise unknown("Webhook")
        return self._interactions.by_webhook(call.variables["webhook_token"])

    def _message(self, found: Interaction, call: Call) -> Message:
        wanted = call.variables["message_id"]
        if wanted == "@original":
            if found.original is None:
                raise unknown("Message")
            return found.original
        known = [message for message in (found.original, *found.followups) if message is not None]
        for message in known:
            if str(message.id) == wanted:
                return message
        raise unknown("Message")
