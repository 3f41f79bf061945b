"""The files that people attached, for a look at them."""

from urllib.parse import quote

from aiohttp import web

from sandbox.matrix import MatrixError
from sandbox.page.body import RefusedError
from sandbox.world import SandboxWorld

# Shown as pictures; everything else is only ever downloaded.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Files:
    """The routes of the files."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register them."""
        app.router.add_get("/files/discord/{channel:[0-9]+}/{message:[0-9]+}/{file:[0-9]+}", self._discord)
        app.router.add_get("/files/matrix/{server}/{media:[A-Za-z0-9_-]+}", self._matrix)
        app.router.add_get("/files/freescout/{number:[0-9]+}/{file:[0-9]+}", self._freescout)

    async def _discord(self, request: web.Request) -> web.Response:
        channel, message, file = (int(request.match_info[name]) for name in ("channel", "message", "file"))
        for each in self._world.discord.messages(channel):
            for attachment in each.attachments if each.id == message else []:
                if attachment.id == file:
                    return _download(attachment.filename, attachment.content_type, attachment.content)
        raise RefusedError("This file is gone.", status=404)

    async def _matrix(self, request: web.Request) -> web.Response:
        address = f"mxc://{request.match_info['server']}/{request.match_info['media']}"
        try:
            content = await self._world.jonas_matrix.download(address)
        except (MatrixError, AttributeError):  # AttributeError: the worlds are still starting
            raise RefusedError("This file is gone.", status=404) from None
        return _download(request.query.get("name", "file"), _picture_kind(content), content)

    async def _freescout(self, request: web.Request) -> web.Response:
        number, file = int(request.match_info["number"]), int(request.match_info["file"])
        conversation = self._world.freescout.conversation(number=number)
        for thread in conversation.threads:
            for attachment in thread.attachments:
                if attachment.id == file:
                    return _download(attachment.file_name, attachment.mime_type, attachment.data)
        raise RefusedError("This file is gone.", status=404)


def _picture_kind(content: bytes) -> str:
    """What it is by its first bytes: nobody's word is taken for what is shown as a picture."""
    starts = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    return next((kind for start, kind in starts.items() if content.startswith(start)), "application/octet-stream")


def _download(name: str, content_type: str, content: bytes) -> web.Response:
    kind = content_type if content_type in PICTURES else "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return web.Response(body=content, content_type=kind, headers={"Content-Disposition": disposition})
