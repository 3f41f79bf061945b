"""Attachment links: signed, and valid only for a time, as those of Discord's CDN are."""

import hashlib
import hmac
from urllib.parse import quote

from aiohttp import web

from sandbox.discord.clock import Clock
from sandbox.discord.entities import Attachment

VALID_SECONDS = 24 * 3600


class AttachmentLinks:
    """Makes and serves links of the form /attachments/{channel}/{id}/{name}?ex=...&is=...&hm=..."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[int, Attachment] = {}
        self._generation = 0
        self.base_url = ""
        """Where the simulator is reachable; set at its start."""

    def add(self, attachment: Attachment) -> None:
        """Serve a file from now on."""
        self._files[attachment.id] = attachment

    def url(self, attachment: Attachment) -> str:
        """A fresh link."""
        path = f"/attachments/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        issued = int(self._clock.now())
        expires = issued + VALID_SECONDS
        mark = self._signature(attachment.id, f"{expires:x}", f"{issued:x}")
        return f"{self.base_url}{path}?ex={expires:x}&is={issued:x}&hm={mark}&"

    def expire(self) -> None:
        """Make every link handed out so far useless; reading the message again gives a good one."""
        self._generation += 1

    def _signature(self, attachment_id: int, expires: str, issued: str) -> str:
        text = f"{attachment_id}.{expires}.{issued}".encode()
        return hmac.new(f"key {self._generation}".encode(), text, hashlib.sha256).hexdigest()

    async def download(self, request: web.Request) -> web.Response:
        """GET of a link: the bytes, or 404 with the CDN's text once it expired or was changed."""
        attachment = self._files.get(int(request.match_info["attachment_id"]))
        expires, issued = request.query.get("ex", ""), request.query.get("is", "")
        if attachment is None or not self._is_valid(attachment.id, expires, issued, request.query.get("hm", "")):
            return web.Response(status=404, text="This content is no longer available.")
        # The type came with the upload and may be nonsense; it is handed on as it is, as the CDN does.
        return web.Response(body=attachment.content, headers={"Content-Type": attachment.content_type})

    def _is_valid(self, attachment_id: int, expires: str, issued: str, mark: str) -> bool:
        if not hmac.compare_digest(mark, self._signature(attachment_id, expires, issued)):
            return False
        return int(expires, 16) > self._clock.now()
