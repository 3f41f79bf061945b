"""Writes the bot's settings file as an operator would: every address on this machine, every secret made up."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.discord import Channel, DiscordSimulator, Role
from sandbox.freescout import FreeScoutSimulator
from sandbox.matrix import MatrixUser

Section = dict[str, Any]

# What a real installation sets differently: seconds instead of a minute, so that the page shows changes soon.
POLL_SECONDS = 10
GROUP_SECONDS = 120
# Time enough to click on "Undo"; a real FreeScout gives 15 s.
UNDO_SECONDS = 3
BOARD_TOKEN = "sandbox-board"  # noqa: S105 - no secret: everything here listens on this machine only
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def freescout_section(simulator: FreeScoutSimulator) -> Section:
    """The help desk."""
    return {
        "url": simulator.url,
        "api_key": simulator.api_key,
        "webhook_secret": simulator.webhook_secret,
        "mailbox_id": simulator.mailbox_id,
        "bot_user_id": simulator.bot_user_id,
        "undo_seconds": UNDO_SECONDS,
        "poll_seconds": POLL_SECONDS,
    }


def discord_section(simulator: DiscordSimulator, *, support: Sequence[Channel], staff: Channel, lead: Role) -> Section:
    """The guild; the lead's role triages and is staff."""
    return {
        "token": simulator.token,
        "guild_id": simulator.guild.id,
        "support_channels": [each.id for each in support],
        "staff_channel": staff.id,
        "triager_roles": [lead.id],
        "staff_roles": [lead.id],
        "api_url": simulator.api_url,
        "gateway_url": simulator.gateway_url,
    }


def matrix_section(homeserver: str, account: MatrixUser, folder: Path) -> Section:
    """The bot's Matrix account; its keys are kept below `folder`."""
    return {
        "homeserver": homeserver,
        "user_id": account.user_id,
        "password": account.password,
        "store_path": str(folder / "matrix-store"),
    }


def sla_sections(*, oncall: Role) -> dict[str, Section]:
    """Business hours and who is called.

    The team works round the clock on all days: whoever starts the sandbox at night or on a Sunday sees the same story,
    and every hour that the time machine skips counts.
    """
    return {
        "sla": {"zone": "UTC", "business_day_hours": 24, "oncall_mention": f"role:{oncall.id}"},
        "sla.hours": {day: ["00:00-24:00"] for day in WEEKDAYS},
    }


def web_section(port: int) -> Section:
    """The bot's own web server, with the board."""
    url = f"http://127.0.0.1:{port}"
    return {"host": "127.0.0.1", "port": port, "public_url": url, "board_token": BOARD_TOKEN}


def write_settings(path: Path, sections: Mapping[str, Section], members: Sequence[Section]) -> Path:
    """Write `sections` and the team's `members` as TOML, readable by the owner only, and return the path."""
    parts = [_table(f"[{name}]", values) for name, values in sections.items()]
    parts += [_table("[[staff.members]]", member) for member in members]
    path.touch(mode=0o600)
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _table(heading: str, values: Section) -> str:
    return "\n".join([heading, *(f"{key} = {_value(value)}" for key, value in values.items()), ""])


def _value(value: Any) -> str:
    # TOML's strings, numbers, booleans and arrays of them are written as JSON writes them.
    return json.dumps(value, ensure_ascii=False)
