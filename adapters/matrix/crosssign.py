"""Cross-signing: the bot vouches for its own device, so that clients in "verified devices only" mode read it.

matrix-nio has none of it. Three Ed25519 keys are made from seeds that are kept beside the encryption keys, published
once, and the device is signed with them (facts/matrix.md 2.3). An identity that somebody else made for this account is
never replaced on the bot's own account: its owner would see "identity changed" everywhere.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from adapters.matrix.api import CLIENT, Json, MatrixApi, MatrixFault
from adapters.matrix.keyfolder import write_private

_SEED_BYTES = 32
_UNAUTHORIZED = 401


class IdentityState(StrEnum):
    """Whether others can verify the bot's device."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"


def unpadded(raw: bytes) -> str:
    """Base64 without padding, as Matrix wants keys and signatures."""
    return base64.b64encode(raw).decode().rstrip("=")


def canonical(value: Json) -> bytes:
    """Canonical JSON without `signatures` and `unsigned`: the bytes that get signed."""
    bare = {key: part for key, part in value.items() if key not in {"signatures", "unsigned"}}
    return json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One Ed25519 key pair, made from its seed."""

    seed: bytes

    @property
    def public(self) -> str:
        """The public key, which is also its name."""
        return unpadded(self._key().public_key().export_key(format="raw"))

    def sign(self, value: Json) -> str:
        """Signature over the canonical form of `value`."""
        return unpadded(eddsa.new(self._key(), "rfc8032").sign(canonical(value)))

    def _key(self) -> Any:
        return ECC.construct(curve="Ed25519", seed=self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIdentity:
    """The three keys of an account's cross-signing identity."""

    master: SigningKey
    self_signing: SigningKey
    user_signing: SigningKey

    @classmethod
    def generate(cls) -> "SigningIdentity":
        """A new identity from fresh randomness."""
        master, self_signing, user_signing = (SigningKey(seed=secrets.token_bytes(_SEED_BYTES)) for _ in range(3))
        return cls(master=master, self_signing=self_signing, user_signing=user_signing)

    @classmethod
    def load(cls, path: Path) -> "SigningIdentity | None":
        """The identity kept in `path`; None when there is none."""
        if not path.exists():
            return None
        kept = json.loads(path.read_text())
        return cls(
            master=SigningKey(seed=base64.b64decode(kept["master"])),
            self_signing=SigningKey(seed=base64.b64decode(kept["self_signing"])),
            user_signing=SigningKey(seed=base64.b64decode(kept["user_signing"])),
        )

    def save(self, path: Path) -> None:
        """Keep the seeds; losing them means a new identity and a warning to everybody who talks to the bot."""
        named = {"master": self.master, "self_signing": self.self_signing, "user_signing": self.user_signing}
        write_private(path, json.dumps({name: base64.b64encode(key.seed).decode() for name, key in named.items()}))

    def publication(self, user_id: str) -> Json:
        """The body that publishes the identity: the other two keys are signed by the master key."""
        body: Json = {}
        keys = {"master": self.master, "self_signing": self.self_signing, "user_signing": self.user_signing}
        for usage, key in keys.items():
            part: Json = {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{key.public}": key.public}}
            if usage != "master":
                part["signatures"] = {user_id: {f"ed25519:{self.master.public}": self.master.sign(part)}}
            body[f"{usage}_key"] = part
        return body


class CrossSigning:
    """Publishes the identity and signs this device. Every method may be repeated at will."""

    def __init__(self, api: MatrixApi, seeds: Path, *, user_id: str, device_id: str) -> None:
        self._api = api
        self._seeds = seeds
        self._user_id = user_id
        self._device_id = device_id

    async def bootstrap(self, password: str = "") -> IdentityState:
        """Make this device verifiable if the account has no identity or ours.

        The device's own keys must be published before. The seeds are kept before anything is published, so an end in
        between costs nothing. Raises TransientError when the server cannot be reached.
        """
        published = await self._published()
        current = _key_of(published, "master_keys", self._user_id)
        kept = self._kept(current)
        if current is not None and (kept is None or current != kept.master.public):
            return IdentityState.UNVERIFIED
        identity = kept or SigningIdentity.generate()
        if kept is None:
            identity.save(self._seeds)
        if current is None or _key_of(published, "self_signing_keys", self._user_id) != identity.self_signing.public:
            try:
                await self._publish(identity, password)
            except MatrixFault:
                return IdentityState.UNVERIFIED
        return await self._sign_device(identity, published)

    async def reset_identity(self, password: str) -> IdentityState:
        """Replace whatever identity the account has by a new one. People will see that the identity changed.

        Raises MatrixFault when the password is wrong.
        """
        identity = SigningIdentity.generate()
        identity.save(self._draft)
        await self._publish(identity, password)
        self._draft.replace(self._seeds)
        return await self._sign_device(identity, await self._published())

    @property
    def _draft(self) -> Path:
        return self._seeds.with_name(self._seeds.name + ".next")

    def _kept(self, current: str | None) -> SigningIdentity | None:
        """The identity on disk; a reset that ended right after publishing left it under the draft's name."""
        draft = SigningIdentity.load(self._draft)
        if draft is not None and draft.master.public == current:
            self._draft.replace(self._seeds)
            return draft
        return SigningIdentity.load(self._seeds)

    async def _published(self) -> Json:
        return await self._api.post(f"{CLIENT}/keys/query", {"device_keys": {self._user_id: []}})

    async def _publish(self, identity: SigningIdentity, password: str) -> None:
        path = f"{CLIENT}/keys/device_signing/upload"
        body = identity.publication(self._user_id)
        try:
            await self._api.post(path, body)
        except MatrixFault as fault:
            if fault.status != _UNAUTHORIZED or not password or "session" not in fault.body:
                raise
            body["auth"] = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self._user_id},
                "password": password,
                "session": fault.body["session"],
            }
            await self._api.post(path, body)

    async def _sign_device(self, identity: SigningIdentity, published: Json) -> IdentityState:
        device = published.get("device_keys", {}).get(self._user_id, {}).get(self._device_id)
        if not isinstance(device, dict):
            return IdentityState.UNVERIFIED
        name = f"ed25519:{identity.self_signing.public}"
        signature = identity.self_signing.sign(device)
        if device.get("signatures", {}).get(self._user_id, {}).get(name) == signature:
            return IdentityState.VERIFIED
        signed = {key: part for key, part in device.items() if key not in {"signatures", "unsigned"}}
        signed["signatures"] = {self._user_id: {name: signature}}
        answer = await self._api.post(f"{CLIENT}/keys/signatures/upload", {self._user_id: {self._device_id: signed}})
        return IdentityState.UNVERIFIED if answer.get("failures") else IdentityState.VERIFIED


def _key_of(published: Json, kind: str, user_id: str) -> str | None:
    keys = published.get(kind, {}).get(user_id, {}).get("keys", {})
    return next(iter(keys.values()), None) if isinstance(keys, dict) else None
