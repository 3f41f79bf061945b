"""Every setting the bot takes, and one way to load them that reports all faults at once.

Order of the sources: environment, secrets folder, TOML file. Settings stop at ``bot.compose``: adapters take plain
keyword arguments.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from bot.domain.errors import SettingsError, SettingsFault
from bot.settings_faults import fault_of, unknown_section
from bot.settings_promises import ClosingSettings, SlaSettings
from bot.settings_sections import (
    DiscordSettings,
    FreeScoutSettings,
    IntakeSettings,
    LogSettings,
    MatrixSettings,
    ReplySettings,
    StaffSettings,
    StoreSettings,
    WebSettings,
)
from bot.settings_sources import (
    DEFAULT_SECRETS_DIR,
    SECRETS_DIR,
    Layer,
    Shape,
    laid_over,
    read_environment,
    read_file,
    read_secrets,
    without_placeholders,
)
from bot.settings_together import faults_together
from bot.settings_trackers import GitHubSettings, OpenProjectSettings

__all__ = ["DEFAULT_CONFIG", "Settings", "load_settings"]

DEFAULT_CONFIG = Path("config.toml")

_LATER_SECTIONS = ("github", "openproject")


class Settings(BaseSettings):
    """All settings, checked; immutable. A chat platform or tracker whose section is absent is None: switched off."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    store: StoreSettings = StoreSettings()
    freescout: FreeScoutSettings
    discord: DiscordSettings | None = None
    matrix: MatrixSettings | None = None
    intake: IntakeSettings = IntakeSettings()
    web: WebSettings = WebSettings()
    staff: StaffSettings = StaffSettings()
    sla: SlaSettings = SlaSettings()
    replies: ReplySettings = ReplySettings()
    closing: ClosingSettings = ClosingSettings()
    github: GitHubSettings | None = None
    openproject: OpenProjectSettings | None = None
    log: LogSettings = LogSettings()

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load_settings`` has laid together: the library's own sources stop at their first fault."""
        return (init_settings,)

    def not_built_yet(self) -> tuple[str, ...]:
        """The sections that were set but are not used in this release, for a line in the log at start."""
        return tuple(f"[{name}]" for name in _LATER_SECTIONS if name in self.model_fields_set)

    def has_staff_place(self) -> bool:
        """Whether there is a place for cards, warnings and pages."""
        return bool(self.discord and self.discord.staff_channel) or bool(self.matrix and self.matrix.staff_room)

    def secrets(self) -> tuple[str, ...]:
        """Every secret text in these settings, for redaction; the database's password too."""
        password = urlsplit(self.store.url).password
        database = [password, unquote(password)] if password else []
        return tuple(dict.fromkeys([*_secret_texts(self), *database]))


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings from all sources; ``path`` None means ./config.toml, which may then be absent.

    Raises SettingsError with every fault. It carries no cause, because the library's own error repeats values.
    """
    file = path if path is not None else DEFAULT_CONFIG
    no_file = path is None and not file.exists()
    values, faults = _laid_together(None if no_file else file, environ)
    settings: Settings | None = None
    try:
        settings = Settings(**{name: table for name, table in values.items() if name in Settings.model_fields})
    except ValidationError as error:
        faults += _new(faults, [fault_of(details, Settings) for details in error.errors(include_url=False)])
    faults += _new(faults, faults_together(values))
    if faults and no_file:
        faults.append(
            SettingsFault(key=str(file), problem="is not there; copy config.example.toml, or use --config FILE")
        )
    if faults or settings is None:
        raise SettingsError(sorted(faults, key=_position))
    return settings


def _laid_together(file: Path | None, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[SettingsFault]]:
    """The values of all sources, and what was wrong in reading them; a file that cannot be read ends it here."""
    shape = _shape(Settings)
    folder = environ.get(SECRETS_DIR, "")
    written = read_file(file) if file is not None else Layer()
    secrets = read_secrets(Path(folder or DEFAULT_SECRETS_DIR), shape, named=bool(folder))
    environment = read_environment(environ, shape)
    faults = [*written.faults, *secrets.faults, *environment.faults]
    if written.faults:
        raise SettingsError(faults)  # without the file everything else would seem to be missing
    named = _switched_on(environment.values, written.values)
    values = laid_over(named, written.values)
    optional = {name for name, field in Settings.model_fields.items() if field.default is None}
    wanted = {name: table for name, table in secrets.values.items() if name in values or name not in optional}
    values = without_placeholders(laid_over(named, laid_over(wanted, values)))
    values.setdefault("freescout", {})  # so that each of its missing keys is named
    faults += [unknown_section(name, Settings) for name in values if name not in Settings.model_fields]
    return values, faults


def _switched_on(environment: Mapping[str, object], written: Mapping[str, object]) -> dict[str, object]:
    """Without sections that only empty variables mention: a variable left empty switches no platform on."""
    return {
        name: table
        for name, table in environment.items()
        if name in written or not (isinstance(table, dict) and all(value == "" for value in table.values()))
    }


def _position(fault: SettingsFault) -> int:
    """Faults are told in the order of the file's sections; what is in no section comes first."""
    names = list(Settings.model_fields)
    section = fault.key.partition(".")[0].partition(",")[0]
    return names.index(section) if section in names else -1


def _new(known: list[SettingsFault], found: list[SettingsFault]) -> list[SettingsFault]:
    """The faults whose key was not complained about before: one mistake is told once."""
    keys = {fault.key for fault in known}
    return [fault for fault in found if fault.key not in keys]


def _shape(settings: type[BaseModel]) -> Shape:
    """Section to key to whether its value is a list or table."""
    return {
        section: {key: _structured(field.annotation) for key, field in model.model_fields.items()}
        for section, model in _sections(settings)
    }


def _sections(settings: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in settings.model_fields.items():
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                yield name, candidate


def _structured(annotation: object) -> bool:
    return get_origin(annotation) in {tuple, dict} or (
        isinstance(annotation, type) and issubclass(annotation, BaseModel)
    )


def _secret_texts(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secret_texts(value)
