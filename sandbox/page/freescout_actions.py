"""What happens in FreeScout: an e-mail comes in, agents work on conversations, and the desk is taken away."""

import re

from sandbox.page.agent_text import to_html
from sandbox.page.body import Act, Body, Json, RefusedError
from sandbox.world import SandboxWorld

# Longer than any message in chat: what does not fit there has to be split.
LONGEST_ANSWER = 20_000
NAME_LENGTH = 100
STATUSES = {"active": "active", "pending": "pending", "closed": "closed"}
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


class FreeScoutActions:
    """The POST routes of the FreeScout column."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def routes(self) -> dict[str, Act]:
        """By path."""
        return {
            "/api/freescout/availability": self._availability,
            "/api/freescout/mails": self._mail,
            "/api/freescout/replies": self._reply,
            "/api/freescout/notes": self._note,
            "/api/freescout/undo": self._undo,
            "/api/freescout/drafts": self._send_draft,
            "/api/freescout/status": self._status,
            "/api/freescout/assignee": self._assign,
        }

    async def _availability(self, body: Body) -> Json:
        if body.flag("up"):
            await self._world.bring_freescout_back()
        else:
            await self._world.take_freescout_down()
        return {"up": self._world.freescout_up}

    async def _mail(self, body: Body) -> Json:
        """A customer writes to the help desk by e-mail."""
        if not self._world.freescout_up:
            raise RefusedError("FreeScout is down: it fetches e-mails again once it is back.")
        name, address = body.text("name", longest=NAME_LENGTH), body.text("address", longest=NAME_LENGTH)
        if not _ADDRESS.fullmatch(address):
            raise RefusedError(f"This is no e-mail address: {address}.")
        subject, text = body.text("subject", longest=NAME_LENGTH), to_html(body.text("text"))
        made = self._world.freescout.email_conversation(address, name, subject, text)
        return {"number": made.number}

    async def _reply(self, body: Body) -> Json:
        status = "closed" if body.flag("close") else "pending"
        html, files = self._written(body)
        thread = self._world.freescout.agent_reply(
            self._conversation(body), self._agent(body), html, status=status, files=files
        )
        return {"id": thread.id}

    async def _note(self, body: Body) -> Json:
        html, files = self._written(body)
        thread = self._world.freescout.agent_note(self._conversation(body), self._agent(body), html, files=files)
        return {"id": thread.id}

    async def _undo(self, body: Body) -> Json:
        self._world.freescout.undo_reply(body.number("thread"), self._agent(body))
        return {}

    async def _send_draft(self, body: Body) -> Json:
        self._world.freescout.publish_reply(body.number("thread"), self._agent(body))
        return {}

    async def _status(self, body: Body) -> Json:
        status = body.one_of("status", STATUSES)
        self._world.freescout.set_status(self._conversation(body), status, self._agent(body))
        return {"status": status}

    async def _assign(self, body: Body) -> Json:
        agent = self._agent(body)
        self._world.freescout.assign(self._conversation(body), agent, agent)
        return {}

    # What they are about

    def _agent(self, body: Body) -> int:
        return body.one_of("agent", self._world.agents)

    def _conversation(self, body: Body) -> int:
        number = body.number("number")
        try:
            return self._world.freescout.conversation(number=number).id
        except LookupError:
            raise RefusedError(f"There is no conversation #{number}.", status=404) from None

    def _written(self, body: Body) -> tuple[str, list[tuple[str, str, bytes]]]:
        files = [(each.name, each.content_type, each.content) for each in body.files()]
        text = body.text("text", longest=LONGEST_ANSWER, required=not files)
        return to_html(text) or "<div><br></div>", files
