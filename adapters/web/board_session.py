"""Who may see the board: whoever knows the token, or has the signed cookie that it was exchanged for."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

COOKIE = "supportbot_board"
SESSION = timedelta(hours=12)

_PURPOSE = b"supportbot board session 1"
_BEARER = "bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who may look, until then; None: as long as each request brings the token."""

    ends_at: datetime | None


class BoardKey:
    """Checks tokens and makes cookies. Sessions are not kept anywhere: another token ends them all.

    Raises ``ValueError`` for an empty token, which everybody would know.
    """

    def __init__(self, token: str) -> None:
        if not token:
            raise ValueError("the board's token is empty")
        self._token = _digest(token)
        self._key = hmac.digest(token.encode("utf-8", "surrogatepass"), _PURPOSE, "sha256")

    def opens(self, token: str) -> bool:
        """Whether this is the token; how long the answer takes says nothing about it."""
        return hmac.compare_digest(_digest(token), self._token)

    def cookie(self, now: datetime) -> str:
        """A cookie's value that is good for ``SESSION``."""
        ends = str(int((now + SESSION).timestamp()))
        return f"{ends}.{self._mark(ends)}"

    def session(self, headers: Mapping[str, str], cookie: str, now: datetime) -> Session | None:
        """Who asks: by an Authorization header if there is one, else by the cookie; None for a stranger."""
        authorization = headers.get("Authorization", "")
        if authorization:
            is_bearer = authorization[: len(_BEARER)].lower() == _BEARER
            token = authorization[len(_BEARER) :].strip()
            return Session(ends_at=None) if is_bearer and self.opens(token) else None
        return self._by_cookie(cookie, now)

    def _by_cookie(self, cookie: str, now: datetime) -> Session | None:
        ends, _, mark = cookie.partition(".")
        if not hmac.compare_digest(_digest(mark), _digest(self._mark(ends))):
            return None
        ends_at = datetime.fromtimestamp(int(ends), UTC)  # nobody but us can have written it
        return Session(ends_at=ends_at) if now < ends_at else None

    def _mark(self, ends: str) -> str:
        mark = hmac.digest(self._key, ends.encode("utf-8", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def _digest(text: str) -> bytes:
    """Of equal length whatever was given, so that comparing tells nothing about length either."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
