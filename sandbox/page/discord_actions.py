"""What people do in the simulated Discord: write, change and take back, react, press buttons, run commands."""

import contextlib

from sandbox.discord import InteractionAnswer, Member, Message
from sandbox.page.body import Act, Body, Json, RefusedError
from sandbox.world import SandboxWorld

TITLE_LENGTH = 100
BESIDE_SECONDS = 3.0


class DiscordActions:
    """The POST routes of the Discord column."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def routes(self) -> dict[str, Act]:
        """By path."""
        return {
            "/api/discord/messages": self._message,
            "/api/discord/posts": self._post,
            "/api/discord/edits": self._edit,
            "/api/discord/deletions": self._delete,
            "/api/discord/reactions": self._react,
            "/api/discord/presses": self._press,
            "/api/discord/commands": self._command,
            "/api/discord/suggestions": self._suggest,
        }

    async def _message(self, body: Body) -> Json:
        files = body.files()
        message = await self._world.discord.post(
            self._member(body),
            self._channel(body),
            body.text("text", required=not files),
            reply_to=body.id("reply_to"),
            attachments=[(each.name, each.content_type, each.content) for each in files],
        )
        return {"id": str(message.id)}

    async def _post(self, body: Body) -> Json:
        post = await self._world.discord.create_forum_post(
            self._member(body),
            self._channel(body),
            body.text("title", longest=TITLE_LENGTH),
            body.text("text"),
        )
        return {"id": str(post.id)}

    async def _edit(self, body: Body) -> Json:
        message, author = self._own(body)
        await self._world.discord.edit(author, message.channel_id, message.id, body.text("text"))
        return {"id": str(message.id)}

    async def _delete(self, body: Body) -> Json:
        message, _ = self._own(body)
        await self._world.discord.delete(message.channel_id, message.id)
        return {}

    async def _react(self, body: Body) -> Json:
        """Put a reaction on a message, or take the same one back."""
        message, member = self._known(body), self._member(body)
        emoji = body.text("emoji", longest=TITLE_LENGTH)
        discord = self._world.discord
        mine = member.id in message.reactions.get(emoji, set())
        await (discord.unreact if mine else discord.react)(member, message.channel_id, message.id, emoji)
        return {"reacted": not mine}

    async def _press(self, body: Body) -> Json:
        """Press a button, or with a `value` choose in a menu."""
        discord, member, message = self._world.discord, self._member(body), self._known(body)
        control = body.text("control", longest=TITLE_LENGTH)
        value = body.text("value", longest=TITLE_LENGTH, required=False)
        if value:
            answer = await discord.choose(member, message, control, value)
        else:
            answer = await discord.click(member, message, control)
        if answer.message_id != message.id:
            return _shown(answer)
        # It changes the message, which shows by itself. Something may be said beside it, or nothing.
        with contextlib.suppress(TimeoutError):
            beside = await discord.followup(answer, timeout_seconds=BESIDE_SECONDS)
            return {"text": beside.content, "ephemeral": beside.ephemeral}
        return {"text": "", "ephemeral": True}

    async def _command(self, body: Body) -> Json:
        answer = await self._world.discord.run_command(
            self._member(body), self._channel(body), body.text("command"), body.texts("options")
        )
        return _shown(answer)

    async def _suggest(self, body: Body) -> Json:
        choices = await self._world.discord.autocomplete(
            self._member(body),
            self._channel(body),
            body.text("command"),
            option=body.text("option"),
            value=body.text("value", required=False),
        )
        return {"choices": [{"name": str(each["name"]), "value": str(each["value"])} for each in choices]}

    # What they are about

    def _member(self, body: Body) -> Member:
        return body.one_of("member", self._world.discord_people)

    def _channel(self, body: Body) -> int:
        channel = body.id("channel")
        if channel is None:
            raise RefusedError("Choose a channel.")
        return channel

    def _known(self, body: Body) -> Message:
        wanted = body.id("message")
        for message in self._world.discord.messages(self._channel(body)):
            if message.id == wanted:
                return message
        raise RefusedError("This message is gone.", status=404)

    def _own(self, body: Body) -> tuple[Message, Member]:
        """A message with its author, who is one of the people here."""
        message = self._known(body)
        for member in self._world.discord_people.values():
            if member.id == message.author.id:
                return message, member
        raise RefusedError("Only people's own messages can be changed.")


def _shown(answer: InteractionAnswer) -> Json:
    """What the person reads who ran a command or pressed a button."""
    texts = [answer.content, *(str(embed.get("description") or "") for embed in answer.embeds)]
    texts += [message.content for message in answer.followups]
    if answer.modal is not None:
        texts.append(f"The bot opened the form “{answer.modal.get('title', '')}”, which this page cannot fill in.")
    ephemeral = answer.ephemeral or any(message.ephemeral for message in answer.followups)
    return {"text": "\n".join(filter(None, texts)), "ephemeral": ephemeral}
