"""The smallest Synapse configuration that works offline and leaves its rate limits out of the way."""

import json
from pathlib import Path
from typing import Any

SHARED_SECRET = "sandbox-registration-secret"  # noqa: S105 - of a server that listens on loopback only
UNLIMITED = {"per_second": 100_000, "burst_count": 100_000}
SYNAPSE_DEFAULT_RC_MESSAGE = {"per_second": 0.2, "burst_count": 10}

LOG_CONFIG = {
    "version": 1,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "disable_existing_loggers": False,
}


def homeserver_config(
    folder: Path, *, server_name: str, port: int, max_upload_size: str, default_rate_limits: bool
) -> dict[str, Any]:
    """The configuration as data. `default_rate_limits` keeps Synapse's own limit on messages (10, then one per 5 s)."""
    return {
        "server_name": server_name,
        "pid_file": str(folder / "homeserver.pid"),
        "listeners": [
            {
                "bind_addresses": ["127.0.0.1"],
                "port": port,
                "type": "http",
                "tls": False,
                "x_forwarded": False,
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "log_config": str(folder / "log.json"),
        "media_store_path": str(folder / "media_store"),
        "signing_key_path": str(folder / "signing.key"),
        "registration_shared_secret": SHARED_SECRET,
        "macaroon_secret_key": "sandbox-macaroon-secret",
        "form_secret": "sandbox-form-secret",
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "federation_domain_whitelist": [],
        "url_preview_enabled": False,
        "presence": {"enabled": False},
        "max_upload_size": max_upload_size,
        "rc_message": SYNAPSE_DEFAULT_RC_MESSAGE if default_rate_limits else UNLIMITED,
        "rc_registration": UNLIMITED,
        "rc_joins_per_room": UNLIMITED,
        "rc_admin_redaction": UNLIMITED,
        "rc_login": {"address": UNLIMITED, "account": UNLIMITED, "failed_attempts": UNLIMITED},
        "rc_joins": {"local": UNLIMITED, "remote": UNLIMITED},
        "rc_invites": {"per_room": UNLIMITED, "per_user": UNLIMITED, "per_issuer": UNLIMITED},
        "rc_room_creation": UNLIMITED,
        "rc_media_create": UNLIMITED,
    }


def write_config(folder: Path, *, server_name: str, port: int, max_upload_size: str, default_rate_limits: bool) -> Path:
    """Write the configuration files into `folder` and return the path of the main one. JSON is valid YAML."""
    config = homeserver_config(
        folder,
        server_name=server_name,
        port=port,
        max_upload_size=max_upload_size,
        default_rate_limits=default_rate_limits,
    )
    (folder / "log.json").write_text(json.dumps(LOG_CONFIG, indent=1))
    path = folder / "homeserver.yaml"
    path.write_text(json.dumps(config, indent=1))
    return path
