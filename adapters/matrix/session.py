"""Being one device, for good: the password is used once, then device and token come from the store.

Keys and transaction ids hang on the device, so a new one is made only when the keys of the old one are gone
(facts/matrix.md 0.5 and 2.4).
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault
from adapters.matrix.remembered import SESSION, Session
from adapters.matrix.wire import text_of
from bot.domain.errors import RefusedError

Recall = Callable[[str], Awaitable[Mapping[str, str]]]
Remember = Callable[[Mapping[str, str | None]], Awaitable[None]]

log = structlog.get_logger("matrix")


class Login:
    """Opens the bot's session. Raises RefusedError when the homeserver does not accept what the settings say."""

    def __init__(
        self,
        api: MatrixApi,
        recall: Recall,
        remember: Remember,
        *,
        user_id: str,
        password: str = "",
        access_token: str = "",
        device_id: str = "",
    ) -> None:
        self._api = api
        self._recall = recall
        self._remember = remember
        self._user_id = user_id
        self._password = password
        self._access_token = access_token
        self._device_id = device_id

    async def open(self) -> Session:
        """The session of the settings' token, else the kept one, else a new login. `api` has its token afterwards."""
        if self._access_token:
            return await self._of_settings()
        kept = await self.kept()
        if kept is not None and kept.access_token:
            try:
                self._api.access_token = kept.access_token
                await self._whoami()
            except RefusedError:
                if not self._password:
                    raise
                log.warning("kept token refused, logging in to the same device again", device=kept.device_id)
            else:
                return kept
        return await self._log_in(kept.device_id if kept is not None else self._device_id)

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Session]:
        """A session to look around with: the settings' or the kept one, else one that ends afterwards."""
        kept = None if self._access_token else await self.kept()
        if self._access_token:
            yield await self._of_settings()
        elif kept is not None and kept.access_token:
            self._api.access_token = kept.access_token
            await self._whoami()
            yield kept
        else:
            session = await self._password_login("")
            try:
                yield session
            finally:
                await self._api.post(f"{CLIENT}/logout", {})

    async def kept(self) -> Session | None:
        """The session in the store, if it is this account's."""
        entries = await self._recall(SESSION)
        session = Session.load(entries[SESSION]) if SESSION in entries else None
        return session if session is not None and session.user_id == self._user_id else None

    async def replace_device(self, reason: str) -> Session:
        """Log in as a new device, since the keys of the old one are lost. Raises RefusedError without a password."""
        if not self._password or self._access_token:
            raise RefusedError(
                f"{reason}; restore the folder matrix.store_path, or give a fresh access token of a new device"
            )
        log.warning("making a new device", reason=reason)
        return await self._log_in("")

    async def _of_settings(self) -> Session:
        self._api.access_token = self._access_token
        device = await self._whoami()
        if not device or (self._device_id and device != self._device_id):
            raise RefusedError(f"matrix.access_token belongs to device {device or 'none'}, not to {self._device_id}")
        return Session(user_id=self._user_id, device_id=device, access_token=self._access_token)

    async def _whoami(self) -> str:
        answer = await self._api.get(f"{CLIENT}/account/whoami")
        if text_of(answer, "user_id") != self._user_id:
            raise RefusedError(f"The Matrix token belongs to {text_of(answer, 'user_id')}, not to {self._user_id}")
        return text_of(answer, "device_id")

    async def _log_in(self, device_id: str) -> Session:
        # The id is kept before it is used, so that a login whose answer is lost leaves no second device behind.
        planned = Session(user_id=self._user_id, device_id=device_id or f"BOT{secrets.token_hex(5).upper()}")
        await self._remember({SESSION: planned.dump()})
        session = await self._password_login(planned.device_id)
        await self._remember({SESSION: session.dump()})
        return session

    async def _password_login(self, device_id: str) -> Session:
        if not self._password:
            raise RefusedError("Matrix: neither matrix.password nor matrix.access_token is set, and no session is kept")
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self._user_id},
            "password": self._password,
            "initial_device_display_name": "Support bot",
            **({"device_id": device_id} if device_id else {}),
        }
        self._api.access_token = ""
        try:
            answer = await self._api.post(f"{CLIENT}/login", body)
        except MatrixFault as fault:
            raise RefusedError(f"Matrix refused the login of {self._user_id}: {fault.reason}") from fault
        token = text_of(answer, "access_token")
        if not token or text_of(answer, "user_id") != self._user_id:
            raise RefusedError(f"Matrix logged in {text_of(answer, 'user_id')} instead of {self._user_id}")
        self._api.access_token = token
        return Session(user_id=self._user_id, device_id=text_of(answer, "device_id"), access_token=token)
