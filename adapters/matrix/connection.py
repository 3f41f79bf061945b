"""One open session: the account's token, rooms and keys, ready to be used by reading and writing alike."""

from dataclasses import dataclass
from pathlib import Path

import structlog

from adapters.matrix.api import CLIENT, MatrixApi
from adapters.matrix.crosssign import CrossSigning, IdentityState
from adapters.matrix.keyfolder import KeyFolder
from adapters.matrix.keyring import KeyRing
from adapters.matrix.places import Places
from adapters.matrix.remembered import Session
from adapters.matrix.rooms import Rooms
from adapters.matrix.session import Login
from adapters.matrix.wire import text_of

log = structlog.get_logger("matrix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What both directions share."""

    api: MatrixApi
    session: Session
    rooms: Rooms
    keys: KeyRing
    places: Places
    identity: IdentityState


async def connect(
    api: MatrixApi, login: Login, places: Places, *, store_path: Path, store_key: str = "", password: str = ""
) -> Connection:
    """Log in, open the keys, publish them and cross-sign the device.

    Raises TransientError (try again), RefusedError (credentials), SettingsError or StoreError (the key folder).
    """
    folder = KeyFolder(store_path, store_key)
    session = await login.open()
    rooms = Rooms(session.user_id)
    keys = KeyRing.open(folder, api, rooms, user_id=session.user_id, device_id=session.device_id)
    try:
        published = await _published_key(api, session)
        if published and published != keys.fingerprint:
            keys.close()
            reason = f"The keys in matrix.store_path are not those of device {session.device_id}"
            session = await login.replace_device(reason)
            keys = KeyRing.open(folder, api, rooms, user_id=session.user_id, device_id=session.device_id)
        elif not published:
            keys.forget_publication()
        await keys.maintain()
        signing = CrossSigning(api, folder.seeds, user_id=session.user_id, device_id=session.device_id)
        identity = await signing.bootstrap(password)
        folder.make_private()
        await places.resolve(api)
    except BaseException:
        keys.close()
        raise
    log.info("logged in", user=session.user_id, device=session.device_id, identity=str(identity))
    return Connection(api=api, session=session, rooms=rooms, keys=keys, places=places, identity=identity)


async def _published_key(api: MatrixApi, session: Session) -> str:
    answer = await api.post(f"{CLIENT}/keys/query", {"device_keys": {session.user_id: [session.device_id]}})
    keys = answer.get("device_keys", {}).get(session.user_id, {}).get(session.device_id, {})
    return text_of(keys, "keys", f"ed25519:{session.device_id}")
