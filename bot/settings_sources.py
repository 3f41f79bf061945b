"""Where settings come from: the environment, a folder of secrets, a TOML file; each read whole, each fault kept.

A layer maps section to key to value. Layers are laid over one another key by key: a list or table from a stronger
layer replaces the weaker one entirely, so that nobody has to know what two files add up to.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.errors import SettingsFault
from bot.settings_faults import nearest
from bot.settings_kinds import PLACEHOLDER

PREFIX = "SUPPORTBOT_"
SECRETS_DIR = "SUPPORTBOT_SECRETS_DIR"
DEFAULT_SECRETS_DIR = "/run/secrets"
"""Where container engines put secrets."""

# Kubernetes describes a Service called "supportbot" to every pod beside it under our prefix; nobody misspelt those.
_SERVICE_VARIABLE = re.compile(
    r"SUPPORTBOT_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")

Shape = Mapping[str, Mapping[str, bool]]
"""Section to key to whether the key holds a list or table, which the environment writes as JSON."""


@dataclass(slots=True, kw_only=True)
class Layer:
    """What one source says, and what is wrong with it."""

    values: dict[str, object] = field(default_factory=dict)
    faults: list[SettingsFault] = field(default_factory=list)

    def put(self, section: str, key: str, value: object) -> None:
        table = self.values.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value

    def complain(self, key: str, problem: str) -> None:
        self.faults.append(SettingsFault(key=key, problem=problem))


def read_file(path: Path) -> Layer:
    """The TOML file's layer; a file that cannot be read is one fault, with the line where there is one."""
    layer = Layer()
    try:
        layer.values.update(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except tomllib.TOMLDecodeError as error:
        layer.complain(str(path), f"is not valid TOML: {error}")
    except UnicodeDecodeError:
        layer.complain(str(path), "is not text in UTF-8; save it with that encoding")
    except FileNotFoundError:
        layer.complain(str(path), "is not there; config.example.toml is a good start for it")
    except OSError as error:
        layer.complain(str(path), f"cannot be read: {error.strerror}")
    return layer


def read_environment(environ: Mapping[str, str], shape: Shape) -> Layer:
    """The layer of ``SUPPORTBOT_<SECTION>__<KEY>``; a name with our prefix that is no setting is a fault."""
    layer = Layer()
    names = _names(shape)
    for variable, text in sorted(environ.items()):
        name = variable.upper()
        if not name.startswith(PREFIX) or name == SECRETS_DIR or _of_a_service(name, text):
            continue
        place = names.get(name.removeprefix(PREFIX))
        if place is None:
            known = [SECRETS_DIR, *(PREFIX + other for other in names)]
            layer.complain(variable, f"is not a setting{nearest(name, known)}")
        else:
            _take(layer, place, text, shape)
    return layer


def read_secrets(folder: Path, shape: Shape, *, named: bool) -> Layer:
    """The layer of a folder with one file ``<SECTION>__<KEY>`` per secret, in any case, with or without our prefix.

    ``named``: somebody asked for this folder, so it has to be there. Files that do not look like a setting are left
    alone, because the folder may be shared; one with a section of ours and an unknown key is a fault.
    """
    layer = Layer()
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except FileNotFoundError:
        if named:
            layer.complain(SECRETS_DIR, f"names {folder}, which is not there")
        return layer
    except OSError as error:
        layer.complain(SECRETS_DIR if named else str(folder), f"cannot be read: {error.strerror}")
        return layer
    names = _names(shape)
    taken: dict[tuple[str, str], Path] = {}
    for path in files:
        name = path.name.upper().removeprefix(PREFIX)
        place = names.get(name)
        if place is None:
            if name.partition("__")[0].lower() in shape and "__" in name:
                layer.complain(str(path), f"is not a setting{nearest(name, names)}")
        elif place in taken:
            layer.complain(str(path), f"gives the same secret as {taken[place].name}; keep one of the two")
        else:
            taken[place] = path
            _take_file(layer, place, path, shape)
    return layer


def laid_over(strong: Mapping[str, object], weak: Mapping[str, object]) -> dict[str, object]:
    """Both layers in one, key by key; where both have a key, ``strong`` has it."""
    merged: dict[str, object] = dict(weak)
    for section, table in strong.items():
        below = merged.get(section)
        merged[section] = {**below, **table} if isinstance(below, dict) and isinstance(table, dict) else table
    return merged


def without_placeholders(values: Mapping[str, object]) -> dict[str, object]:
    """The layer without the values the example file leaves to be filled in; entries of lists and tables too."""
    return {key: _filled_in(value) for key, value in values.items() if value != PLACEHOLDER}


def _filled_in(value: object) -> object:
    if isinstance(value, dict):
        return without_placeholders(value)
    if isinstance(value, list):
        return [_filled_in(entry) for entry in value if entry != PLACEHOLDER]
    return value


def _names(shape: Shape) -> dict[str, tuple[str, str]]:
    return {f"{section}__{key}".upper(): (section, key) for section, keys in shape.items() for key in keys}


def _of_a_service(name: str, text: str) -> bool:
    if name == "SUPPORTBOT_PORT":
        return _SERVICE_ADDRESS.match(text) is not None
    return _SERVICE_VARIABLE.fullmatch(name) is not None


def _take_file(layer: Layer, place: tuple[str, str], path: Path, shape: Shape) -> None:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        layer.complain(".".join(place), f"cannot be read from {path}: it is not text in UTF-8")
    except OSError as error:
        layer.complain(".".join(place), f"cannot be read from {path}: {error.strerror}")
    else:
        _take(layer, place, text, shape)


def _take(layer: Layer, place: tuple[str, str], text: str, shape: Shape) -> None:
    section, key = place
    if not shape[section][key]:
        layer.put(section, key, text)
        return
    try:
        layer.put(section, key, json.loads(text))
    except ValueError:
        layer.complain(f"{section}.{key}", 'must be JSON here: a list such as [1, 2] or ["one", "two"], or an object')
