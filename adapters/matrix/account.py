"""The bot's account: how to log in to it, and what the command line does with it while the leg does not run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.matrix.api import MatrixApi, MatrixFault
from adapters.matrix.crosssign import CrossSigning, IdentityState
from adapters.matrix.inspection import PART, inspect
from adapters.matrix.keyfolder import KeyFolder, seeds_in
from adapters.matrix.places import Places
from adapters.matrix.session import Login
from bot.domain.chat import Platform
from bot.domain.errors import RefusedError, TransientError
from bot.domain.findings import Finding
from bot.ports.inbound import Arrival, MessageIntake


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """As the settings describe it. The session it opens is kept with what `intake` remembers."""

    homeserver: str
    user_id: str
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    device_id: str
    store_path: Path
    store_key: str = field(repr=False)
    intake: MessageIntake

    def login(self, api: MatrixApi) -> Login:
        """What opens the session over this connection."""
        return Login(
            api,
            self._recall,
            self._remember,
            user_id=self.user_id,
            password=self.password,
            access_token=self.access_token,
            device_id=self.device_id,
        )

    async def inspect(self, rooms: Sequence[str], staff_room: str) -> Sequence[Finding]:
        """Log in, and look at what the bot needs. Raises nothing of the homeserver's."""
        api = MatrixApi(self.homeserver)
        try:
            async with self.login(api).visit() as session:
                return await inspect(api, session, Places(rooms, staff_room), seeds_in(self.store_path))
        except (RefusedError, TransientError, MatrixFault) as error:
            return [Finding(part=PART, subject=f"login as {self.user_id}", well=False, fix=str(error))]
        finally:
            await api.close()

    async def reset_identity(self, password: str = "") -> IdentityState:
        """Replace the account's cross-signing identity by a new one of the bot's. People see that it changed.

        Needs the kept session, so the bot must have run before. Raises MatrixFault when the password is wrong.
        """
        api = MatrixApi(self.homeserver)
        try:
            session = await self.login(api).open()
            seeds = KeyFolder(self.store_path, self.store_key).seeds
            signing = CrossSigning(api, seeds, user_id=session.user_id, device_id=session.device_id)
            return await signing.reset_identity(password or self.password)
        finally:
            await api.close()

    async def _recall(self, prefix: str) -> Mapping[str, str]:
        return await self.intake.recall(Platform.MATRIX, prefix)

    async def _remember(self, entries: Mapping[str, str | None]) -> None:
        await self.intake.accept(Arrival(platform=Platform.MATRIX, remember=entries))
