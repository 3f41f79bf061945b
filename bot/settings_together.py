"""Rules between settings: what one key asks of another.

They look at the values as they were given, before their kinds are checked, so that these faults are told in the same
run as all others.
"""

from collections.abc import Mapping

from bot.domain.errors import SettingsFault


def faults_together(values: Mapping[str, object]) -> list[SettingsFault]:
    """Every fault between keys, each under the key that is easiest to change."""
    faults: list[tuple[str, str]] = []
    if "discord" not in values and "matrix" not in values:
        faults.append(("discord, matrix", "no chat platform is switched on; add the section of at least one"))
    faults += _matrix_login(_table(values, "matrix")) if "matrix" in values else []
    faults += _github_login(_table(values, "github")) if "github" in values else []
    faults += _triage_fields(_table(values, "freescout"))
    faults += _staff_apart(_table(values, "discord"), _table(values, "matrix"))
    faults += _oncall_in_reach(_table(values, "sla"), _table(values, "discord"), _table(values, "matrix"))
    return [SettingsFault(key=key, problem=problem) for key, problem in faults]


def _matrix_login(matrix: Mapping[str, object]) -> list[tuple[str, str]]:
    password, token, device = matrix.get("password"), matrix.get("access_token"), matrix.get("device_id")
    if token and not device:
        return [("matrix.device_id", "is missing; it names the device that matrix.access_token belongs to")]
    if not password and not token:
        return [
            ("matrix.password", "is missing; the password of the bot's account (or set access_token and device_id)"),
        ]
    return []


def _github_login(github: Mapping[str, object]) -> list[tuple[str, str]]:
    app = {key: github.get(key) for key in ("app_id", "installation_id", "private_key")}
    if github.get("token"):
        return [(f"github.{key}", "is given beside github.token; keep one way to log in") for key in app if app[key]]
    if not any(app.values()):
        return [("github.token", "is missing; a token (or set app_id, installation_id and private_key)")]
    return [(f"github.{key}", "is missing; an app logs in with all three of them") for key in app if not app[key]]


def _triage_fields(freescout: Mapping[str, object]) -> list[tuple[str, str]]:
    if freescout.get("triage_as") != "custom_fields":
        return []
    return [
        (f"freescout.{key}", 'is missing; triage_as = "custom_fields" needs the name of the custom field')
        for key in ("label_field", "priority_field")
        if not freescout.get(key)
    ]


def _staff_apart(discord: Mapping[str, object], matrix: Mapping[str, object]) -> list[tuple[str, str]]:
    """What staff is told must not be read by everybody."""
    problem = "is one of the watched {}; what the team is told would be public"
    faults = []
    staff_channel = str(discord.get("staff_channel", ""))
    if staff_channel and staff_channel in _texts(discord.get("support_channels")):
        faults.append(("discord.staff_channel", problem.format("support_channels")))
    staff_room = str(matrix.get("staff_room", ""))
    if staff_room and staff_room in _texts(matrix.get("rooms")):
        faults.append(("matrix.staff_room", problem.format("rooms")))
    return faults


def _oncall_in_reach(
    sla: Mapping[str, object], discord: Mapping[str, object], matrix: Mapping[str, object]
) -> list[tuple[str, str]]:
    """People are paged in the staff place of their platform: without one nobody would ever hear of it."""
    words = list(enumerate(str(sla.get("oncall_mention", "")).split(), start=1))
    in_discord = [] if discord.get("staff_channel") else [at for at, word in words if not word.startswith("@")]
    in_matrix = [] if matrix.get("staff_room") else [at for at, word in words if word.startswith("@")]
    problems = [f"entry {at} needs [discord] with staff_channel, where role: and user: are pinged" for at in in_discord]
    problems += [f"entry {at} needs [matrix] with staff_room, where @user:server is pinged" for at in in_matrix]
    return [("sla.oncall_mention", "; ".join(problems))] if problems else []


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _table(values: Mapping[str, object], section: str) -> Mapping[str, object]:
    table = values.get(section)
    return table if isinstance(table, dict) else {}
