"""What people do on the page: write, run commands, and take FreeScout or the bot away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.discord import DiscordError, NoAnswerError
from sandbox.matrix import MatrixError
from sandbox.page.body import Body, RefusedError
from sandbox.world import SandboxWorld

Json = dict[str, Any]

TITLE_LENGTH = 100


class Actions:
    """The POST routes. Each answers with a JSON object, or with a sentence why not."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register them."""
        routes: dict[str, Callable[[Body], Awaitable[Json]]] = {
            "/api/discord/messages": self._discord_message,
            "/api/discord/posts": self._discord_post,
            "/api/discord/commands": self._discord_command,
            "/api/discord/suggestions": self._discord_suggestions,
            "/api/matrix/messages": self._matrix_message,
            "/api/freescout/availability": self._freescout_availability,
            "/api/bot": self._bot,
        }
        for path, act in routes.items():
            app.router.add_post(path, self._handler(act))

    def _handler(self, act: Callable[[Body], Awaitable[Json]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if not self._world.running:
                raise RefusedError("The worlds are still starting; one moment.", status=503)
            if request.content_type != "application/json":
                raise RefusedError("The page sends JSON.", status=415)
            try:
                return web.json_response(await act(await Body.of(request)))
            except NoAnswerError as error:
                raise RefusedError(f"{str(error).removesuffix('.')}.", status=504) from error
            # ValueError and LookupError: what Discord's own form would not let through, or an unregistered command.
            except (DiscordError, MatrixError, ValueError, LookupError) as error:
                raise RefusedError(str(error)) from error

        return handle

    # Discord

    async def _discord_message(self, body: Body) -> Json:
        files = body.files()
        message = await self._world.discord.post(
            body.one_of("member", self._world.discord_people),
            self._channel(body),
            body.text("text", required=not files),
            reply_to=body.id("reply_to"),
            attachments=[(each.name, each.content_type, each.content) for each in files],
        )
        return {"id": str(message.id)}

    async def _discord_post(self, body: Body) -> Json:
        post = await self._world.discord.create_forum_post(
            body.one_of("member", self._world.discord_people),
            self._channel(body),
            body.text("title", longest=TITLE_LENGTH),
            body.text("text"),
        )
        return {"id": str(post.id)}

    async def _discord_command(self, body: Body) -> Json:
        answer = await self._world.discord.run_command(
            body.one_of("member", self._world.discord_people),
            self._channel(body),
            body.text("command"),
            body.texts("options"),
        )
        texts = [answer.content, *(str(embed.get("description") or "") for embed in answer.embeds)]
        texts += [message.content for message in answer.followups]
        if answer.modal is not None:
            texts.append(f"The bot opened the form “{answer.modal.get('title', '')}”, which this page cannot fill in.")
        return {"text": "\n".join(filter(None, texts)), "ephemeral": answer.ephemeral}

    async def _discord_suggestions(self, body: Body) -> Json:
        choices = await self._world.discord.autocomplete(
            body.one_of("member", self._world.discord_people),
            self._channel(body),
            body.text("command"),
            option=body.text("option"),
            value=body.text("value", required=False),
        )
        return {"choices": [{"name": str(each["name"]), "value": str(each["value"])} for each in choices]}

    def _channel(self, body: Body) -> int:
        channel = body.id("channel")
        if channel is None:
            raise RefusedError("Choose a channel.")
        return channel

    # Matrix

    async def _matrix_message(self, body: Body) -> Json:
        member = body.one_of("member", self._world.matrix_people)
        rooms = {each: each for each in (self._world.support_room, self._world.staff_room)}
        room = body.one_of("room", rooms)
        thread = body.text("thread", required=False) or None
        files = body.files()
        text = body.text("text", required=not files)
        if text:
            await member.send_text(room, text, thread=thread)
        for each in files:
            await member.send_file(room, each.content, each.name, each.content_type, thread=thread)
        return {"sent": len(files) + bool(text)}

    # What can go wrong

    async def _freescout_availability(self, body: Body) -> Json:
        if body.flag("up"):
            await self._world.bring_freescout_back()
        else:
            await self._world.take_freescout_down()
        return {"up": self._world.freescout_up}

    async def _bot(self, body: Body) -> Json:
        acts = {"kill": self._world.bot.kill, "start": self._world.start_bot}
        await asyncio.to_thread(body.one_of("action", acts))
        return {"running": self._world.bot.pid is not None}
