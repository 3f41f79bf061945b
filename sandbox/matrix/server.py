"""Starts, stops and administers one Synapse process whose state lives in one folder.

Synapse runs as its own process from the same Python environment and is never imported. Starting takes about two
seconds; a stopped server started again keeps users, rooms, tokens and its port.
"""

import hashlib
import hmac
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.matrix.answers import MatrixError, answer_of
from sandbox.matrix.homeserver_config import SHARED_SECRET, write_config
from sandbox.matrix.member import MatrixMember

PASSWORD = "sandbox-password"  # noqa: S105 - of accounts that live in a test's folder
START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixUser:
    """An account and the device it was registered with."""

    user_id: str
    device_id: str
    access_token: str
    password: str


class SynapseServer:
    """One homeserver on a loopback port.

    `start` and `stop` block; call them in a thread from async code that must not wait.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        server_name: str = "sandbox.test",
        max_upload_size: str = "20M",
        default_rate_limits: bool = False,
    ) -> None:
        self.folder = folder
        self.server_name = server_name
        self.port = port or _free_port()
        self._max_upload_size = max_upload_size
        self._default_rate_limits = default_rate_limits
        self._process: subprocess.Popen[bytes] | None = None
        self._admin_token: str | None = None

    @property
    def url(self) -> str:
        """Where clients reach the server, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while the server runs."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the process and return once it answers `/versions`. Raises RuntimeError with its log if it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = write_config(
            self.folder,
            server_name=self.server_name,
            port=self.port,
            max_upload_size=self._max_upload_size,
            default_rate_limits=self._default_rate_limits,
        )
        if not (self.folder / "signing.key").exists():
            self._synapse("--generate-keys", "-c", str(config)).wait(START_SECONDS)
        self._process = self._synapse("-c", str(config))
        self._wait_until_ready(self._process)
        return self

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after `STOP_SECONDS`. Does nothing when not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def register(self, user: str, password: str = PASSWORD, *, admin: bool = False) -> MatrixUser:
        """Create the account `@user:server_name` with one device. Raises MatrixError `M_USER_IN_USE` when it exists."""
        path = "/_synapse/admin/v1/register"
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            nonce = answer_of(await http.get(path))["nonce"]
            words = [nonce, user, password, "admin" if admin else "notadmin"]
            mac = hmac.new(SHARED_SECRET.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
            body = {"nonce": nonce, "username": user, "password": password, "admin": admin, "mac": mac}
            answer = answer_of(await http.post(path, json=body))
        return MatrixUser(
            user_id=answer["user_id"],
            device_id=answer["device_id"],
            access_token=answer["access_token"],
            password=password,
        )

    async def login(self, user_id: str, password: str = PASSWORD, device_id: str | None = None) -> MatrixUser:
        """Log in by password: a new device, or a new token for `device_id`."""
        body: dict[str, Any] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user_id},
            "password": password,
        }
        if device_id:
            body["device_id"] = device_id
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            answer = answer_of(await http.post("/_matrix/client/v3/login", json=body))
        return MatrixUser(
            user_id=answer["user_id"],
            device_id=answer["device_id"],
            access_token=answer["access_token"],
            password=password,
        )

    async def new_member(self, name: str) -> MatrixMember:
        """A person nobody else uses: registers `name` plus a random ending and returns their client."""
        user = await self.register(f"{name}-{secrets.token_hex(4)}")
        return self.member(user)

    def member(self, user: MatrixUser) -> MatrixMember:
        """A plain client for an existing account."""
        return MatrixMember(self.url, user_id=user.user_id, device_id=user.device_id, access_token=user.access_token)

    async def override_ratelimit(self, user_id: str) -> None:
        """Lift the message rate limit for one account, as the operator of a bot does."""
        await self.admin(
            "POST",
            f"/_synapse/admin/v1/users/{user_id}/override_ratelimit",
            {"messages_per_second": 0, "burst_count": 0},
        )

    async def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call an administration endpoint as a server admin made for this purpose."""
        if self._admin_token is None:
            user = await self.register(f"root-{secrets.token_hex(4)}", admin=True)
            self._admin_token = user.access_token
        headers = {"Authorization": f"Bearer {self._admin_token}"}
        async with httpx.AsyncClient(base_url=self.url, timeout=30, headers=headers) as http:
            return answer_of(await http.request(method, path, json=body))

    def log_end(self, count: int = 40) -> str:
        """The last lines Synapse wrote."""
        path = self.folder / "synapse.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:]) if path.exists() else ""

    def _synapse(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "synapse.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                raise RuntimeError(f"Synapse ended with {process.returncode}:\n{self.log_end()}")
            try:
                if httpx.get(f"{self.url}/_matrix/client/versions", timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"Synapse did not answer within {START_SECONDS} s:\n{self.log_end()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


__all__ = ["MatrixError", "MatrixUser", "SynapseServer"]
