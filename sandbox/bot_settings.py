"""Writes the bot's settings file as an operator would: every address on this machine, every secret made up."""

import json
from pathlib import Path
from typing import Any

# What a real installation sets differently: seconds instead of a minute, so that the page shows changes soon.
POLL_SECONDS = 10
GROUP_SECONDS = 120


def write_settings(path: Path, sections: dict[str, dict[str, Any]], members: list[dict[str, Any]]) -> Path:
    """Write `sections` and the team's `members` as TOML, readable by the owner only, and return the path."""
    parts = [_table(f"[{name}]", values) for name, values in sections.items()]
    parts += [_table("[[staff.members]]", member) for member in members]
    path.touch(mode=0o600)
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _table(heading: str, values: dict[str, Any]) -> str:
    return "\n".join([heading, *(f"{key} = {_value(value)}" for key, value in values.items()), ""])


def _value(value: Any) -> str:
    # TOML's strings, numbers, booleans and arrays of them are written as JSON writes them.
    return json.dumps(value, ensure_ascii=False)
