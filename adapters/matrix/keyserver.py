"""The requests that end-to-end encryption needs: publish own keys, learn others' devices, hand out room keys."""

import asyncio
from secrets import token_hex
from typing import Any

import structlog
from nio.exceptions import EncryptionError
from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse, ToDeviceResponse
from vodozemac import Curve25519PublicKey, Ed25519PublicKey, Ed25519Signature

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault, escape
from adapters.matrix.rooms import Room, Rooms
from adapters.matrix.wire import Json, number_of, object_of, text_of
from bot.domain.errors import TransientError

QUERY_AGAIN_SECONDS = 60.0
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, AssertionError, EncryptionError, StopIteration)

log = structlog.get_logger("matrix.keys")


class KeyServer:
    """Keeps homeserver and Olm machine in step. Requests may be repeated; they raise TransientError or MatrixFault."""

    def __init__(self, olm: Any, api: MatrixApi, rooms: Rooms) -> None:
        self._olm = olm
        self._api = api
        self._rooms = rooms
        self._unanswered: dict[str, float] = {}
        self._upload_lock = asyncio.Lock()
        self.fallback_due = False

    async def maintain(self) -> None:
        """Do everything that is due after a sync."""
        await self.upload()
        await self.query_devices(self._people_in_encrypted_rooms())
        if self._olm.wedged_devices:
            await self._claim(self._olm.get_users_for_key_claiming())
            self._olm.wedged_devices.clear()
        await self._send_waiting()

    def devices_changed(self, users: set[str]) -> None:
        """These users' devices must be asked for again, if any encrypted room has them or had them.

        Who comes back is named here in the same sync that brings the joining itself, before the room has them again.
        """
        self._olm.users_for_key_query.update(users & (self._people_in_encrypted_rooms() | self._olm.tracked_users))

    # Own keys

    async def upload(self) -> None:
        """Publish identity, one-time and fallback keys that are due.

        The keys are kept before they are published: a process that ends in between must own what others will use.
        A server that has none left says 0, which is as due as any other low number (facts/matrix.md 3.3, trap 2).
        """
        async with self._upload_lock:
            one_time = self._olm.should_upload_keys
            if not one_time and not self.fallback_due:
                return
            body: Json = self._olm.share_keys() if one_time else {}
            if self.fallback_due or "device_keys" in body:
                body["fallback_keys"] = self._fallback_keys()
            self._olm.save_account()
            try:
                answer = await self._api.post(f"{CLIENT}/keys/upload", body)
            except MatrixFault as fault:
                # Ids the server knows with other keys (a key folder restored from a backup): the next ones are free.
                log.warning("keys not accepted", fault=str(fault))
                self._olm.mark_keys_as_published()
                self._olm.save_account()
                return
            counts = object_of(answer, "one_time_key_counts")
            self._olm.handle_response(KeysUploadResponse(0, number_of(counts, "signed_curve25519") or 0))
            self.fallback_due = False

    def _fallback_keys(self) -> Json:
        account = self._olm.account._account  # noqa: SLF001 - nio has no fallback keys; vodozemac, inside it, does
        if not account.fallback_key:
            account.generate_fallback_key()
        signed: Json = {}
        for key_id, key in account.fallback_key.items():
            part = {"key": key.to_base64(), "fallback": True}
            signature = self._olm.sign_json(part)
            part["signatures"] = {self._olm.user_id: {f"ed25519:{self._olm.device_id}": signature}}
            signed[f"signed_curve25519:{key_id}"] = part
        return signed

    # Others' devices

    async def query_devices(self, users: set[str]) -> None:
        """Learn the devices of `users` not known yet and of all whose devices changed."""
        wanted: set[str] = self._olm.users_for_key_query
        wanted |= users - self._olm.tracked_users
        now = asyncio.get_running_loop().time()
        asked = sorted(user for user in wanted if self._unanswered.get(user, 0.0) <= now)
        if not asked:
            return
        answer = await self._api.post(f"{CLIENT}/keys/query", {"device_keys": {user: [] for user in asked}})
        known = {user: self._sound(user, object_of(answer, "device_keys", user)) for user in asked}
        silent = {user for user in asked if user not in object_of(answer, "device_keys")}
        response = KeysQueryResponse({user: devices for user, devices in known.items() if user not in silent}, {})
        self._olm.handle_response(response)
        self._unanswered = dict.fromkeys(silent, now + QUERY_AGAIN_SECONDS)
        for user in response.changed:
            for room in self._rooms.joined():
                if user in room.members:
                    self._olm.outbound_group_sessions.pop(room.room_id, None)

    def _sound(self, user_id: str, devices: Json) -> Json:
        return {device_id: keys for device_id, keys in devices.items() if _is_sound(user_id, device_id, keys)}

    def _people_in_encrypted_rooms(self) -> set[str]:
        return {user for room in self._rooms.joined() if room.encrypted for user in room.members}

    async def complete_members(self, room: Room) -> None:
        """Make sure every member is known before keys are handed out; asked once per room and process."""
        if room.members_complete:
            return
        answer = await self._api.get(f"{CLIENT}/rooms/{escape(room.room_id)}/joined_members")
        for user_id, profile in object_of(answer, "joined").items():
            room.members.setdefault(user_id, text_of(profile, "display_name") or user_id)
        room.members_complete = True

    # Handing out keys

    async def share_room_key(self, room: Room) -> None:
        """Give the room's key to every device that can take it. Repeating gives it only to those that lack it.

        Unlike the library's own routine it neither leaves a room blocked when cancelled (trap 9) nor believes that a
        key was shared when the request failed.
        """
        members = list(room.members)
        if missing := self._olm.get_missing_sessions(members):
            await self._claim(missing)
        batches = self._olm.share_group_session_parallel(room.room_id, members, ignore_unverified_devices=True)
        for devices, body in batches:
            await self._send_to_device("m.room.encrypted", body)
            self._handed_out(room).users_shared_with.update(devices)
        self._handed_out(room).shared = True

    def _handed_out(self, room: Room) -> Any:
        session = self._olm.outbound_group_sessions.get(room.room_id)
        if session is None:
            raise TransientError("the Matrix room's members changed while its key was handed out")
        return session

    async def _claim(self, wanted: dict[str, list[str]]) -> None:
        body = {user: dict.fromkeys(devices, "signed_curve25519") for user, devices in wanted.items()}
        answer = await self._api.post(f"{CLIENT}/keys/claim", {"one_time_keys": body})
        for user, devices in object_of(answer, "one_time_keys").items():
            for device, keys in object_of(devices).items():
                try:
                    self._olm.handle_response(KeysClaimResponse({user: {device: keys}}, {}))
                except _MALFORMED as error:
                    log.warning("unusable one-time key", user=user, device=device, fault=type(error).__name__)

    async def _send_waiting(self) -> None:
        for message in tuple(self._olm.outgoing_to_device_messages):
            await self._send_to_device(message.type, message.as_dict())
            self._olm.handle_response(ToDeviceResponse(message))

    async def _send_to_device(self, kind: str, body: Json) -> None:
        await self._api.request("PUT", f"{CLIENT}/sendToDevice/{escape(kind)}/{token_hex(16)}", body=body)


def _is_sound(user_id: str, device_id: str, keys: object) -> bool:
    """Whether a published device can be handled at all; one garbage key must not hide the user's other devices."""
    try:
        Ed25519PublicKey.from_base64(text_of(keys, "keys", f"ed25519:{device_id}"))
        Curve25519PublicKey.from_base64(text_of(keys, "keys", f"curve25519:{device_id}"))
        Ed25519Signature.from_base64(text_of(keys, "signatures", user_id, f"ed25519:{device_id}"))
    except ValueError:
        return False
    return text_of(keys, "user_id") == user_id and text_of(keys, "device_id") == device_id
