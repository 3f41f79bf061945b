"""Settings: three sources, one order, every fault at once, and no value ever repeated in a fault."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.domain.errors import SettingsError, SettingsFault
from bot.settings import Settings, load_settings

MINIMAL = """
[freescout]
url = "https://help.example.org"
api_key = "freescout-key"
mailbox_id = 1
bot_user_id = 2

[discord]
token = "discord-token"
guild_id = 1
support_channels = [2]
"""

MATRIX = """
[matrix]
homeserver = "https://matrix.example.org"
user_id = "@supportbot:example.org"
password = "matrix-password"
rooms = ["#support:example.org"]
"""

FROM_ENVIRONMENT = {
    "SUPPORTBOT_FREESCOUT__URL": "https://help.example.org",
    "SUPPORTBOT_FREESCOUT__API_KEY": "freescout-key",
    "SUPPORTBOT_FREESCOUT__MAILBOX_ID": "1",
    "SUPPORTBOT_FREESCOUT__BOT_USER_ID": "2",
    "SUPPORTBOT_DISCORD__TOKEN": "discord-token",
    "SUPPORTBOT_DISCORD__GUILD_ID": "123456789012345678",
    "SUPPORTBOT_DISCORD__SUPPORT_CHANNELS": "[2, 3]",
}


@pytest.fixture(autouse=True)
def _away_from_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "settings.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def load(text: str = MINIMAL, /, **environ: str) -> Settings:
    return load_settings(written(text), {"SUPPORTBOT_SECRETS_DIR": "", **environ})


def faults(text: str = MINIMAL, /, **environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(text, **environ)
    return as_dict(caught.value.faults)


def as_dict(found: tuple[SettingsFault, ...]) -> dict[str, str]:
    keys = [fault.key for fault in found]
    assert len(keys) == len(set(keys)), f"told twice: {found}"
    return {fault.key: fault.problem for fault in found}


def secrets_folder(**files: str) -> str:
    folder = Path("secrets")
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


class TestSources:
    def test_a_minimal_file_is_enough_and_the_rest_has_defaults(self) -> None:
        settings = load()
        assert settings.discord is not None
        assert settings.discord.support_channels == (2,)
        assert settings.matrix is None
        assert settings.github is None
        assert settings.freescout.undo_seconds == 15
        assert settings.web.board_token is None
        assert settings.store.url == "sqlite+aiosqlite:///supportbot.db"

    def test_the_environment_is_stronger_than_the_secrets_folder_and_that_than_the_file(self) -> None:
        folder = secrets_folder(FREESCOUT__API_KEY="from folder", DISCORD__TOKEN="from folder\n")
        settings = load(SUPPORTBOT_SECRETS_DIR=folder, SUPPORTBOT_FREESCOUT__API_KEY="from environment")
        assert settings.freescout.api_key.get_secret_value() == "from environment"
        assert settings.discord is not None
        assert settings.discord.token.get_secret_value() == "from folder"

    @pytest.mark.parametrize(
        "name", ["DISCORD__TOKEN", "discord__token", "Discord__Token", "SUPPORTBOT_DISCORD__TOKEN"]
    )
    def test_a_secret_file_may_be_named_in_any_case_with_or_without_the_prefix(self, name: str) -> None:
        settings = load(SUPPORTBOT_SECRETS_DIR=secrets_folder(**{name: "from folder"}))
        assert settings.discord is not None
        assert settings.discord.token.get_secret_value() == "from folder"

    def test_a_secret_alone_does_not_switch_a_platform_on(self) -> None:
        assert load(SUPPORTBOT_SECRETS_DIR=secrets_folder(MATRIX__PASSWORD="unused")).matrix is None

    def test_a_misspelt_secret_file_is_a_fault_and_a_stranger_in_the_folder_is_not(self) -> None:
        folder = secrets_folder(DISCORD__TOKKEN="x", tls_crt="x", OTHER__KEY="x")
        (only,) = faults(SUPPORTBOT_SECRETS_DIR=folder).items()
        assert only[0].endswith("DISCORD__TOKKEN")
        assert "did you mean DISCORD__TOKEN?" in only[1]

    def test_one_secret_in_two_files_is_a_fault(self) -> None:
        folder = secrets_folder(DISCORD__TOKEN="x", discord__token="y")
        assert "keep one" in next(iter(faults(SUPPORTBOT_SECRETS_DIR=folder).values()))

    def test_a_named_secrets_folder_has_to_be_there(self) -> None:
        assert "not there" in faults(SUPPORTBOT_SECRETS_DIR="nowhere")["SUPPORTBOT_SECRETS_DIR"]

    def test_the_default_file_may_be_absent_when_the_environment_suffices(self) -> None:
        settings = load_settings(None, FROM_ENVIRONMENT)
        assert settings.discord is not None
        assert settings.discord.guild_id == 123456789012345678
        assert settings.discord.support_channels == (2, 3)

    def test_the_default_file_is_read_when_it_is_there(self) -> None:
        written(MINIMAL, "config.toml")
        assert load_settings(None, {}).freescout.mailbox_id == 1

    def test_a_file_that_was_asked_for_has_to_be_there(self) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings(Path("absent.toml"), FROM_ENVIRONMENT)
        assert "not there" in as_dict(caught.value.faults)["absent.toml"]

    def test_without_file_and_environment_every_missing_key_and_the_file_are_named(self) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings(None, {})
        told = as_dict(caught.value.faults)
        assert {"freescout.url", "freescout.api_key", "discord, matrix", "config.toml"} <= told.keys()

    def test_environment_variables_switch_a_platform_on(self) -> None:
        assert faults(SUPPORTBOT_MATRIX__HOMESERVER="https://m.example.org").keys() == {
            "matrix.user_id",
            "matrix.rooms",
            "matrix.password",
        }

    def test_a_variable_left_empty_switches_nothing_on(self) -> None:
        assert load(SUPPORTBOT_MATRIX__PASSWORD="", SUPPORTBOT_MATRIX__DEVICE_ID="").matrix is None

    def test_a_list_from_a_stronger_source_replaces_the_weaker_one_entirely(self) -> None:
        settings = load(SUPPORTBOT_SLA__HOURS='{"sat": ["10:00-12:00"]}')
        assert settings.sla.hours == {"sat": ("10:00-12:00",)}

    def test_lists_from_the_environment_are_json(self) -> None:
        members = [{"name": "Alexander", "freescout_user_id": 3, "discord_id": "6"}]
        assert load(SUPPORTBOT_STAFF__MEMBERS=json.dumps(members)).staff.members[0].discord_id == 6
        assert "JSON" in faults(SUPPORTBOT_DISCORD__TRIAGER_ROLES="4,5")["discord.triager_roles"]

    @pytest.mark.parametrize(
        ("variable", "meant"),
        [
            ("SUPPORTBOT_FREESCOUT__APIKEY", "SUPPORTBOT_FREESCOUT__API_KEY"),
            ("SUPPORTBOT_WEB_PORT", "SUPPORTBOT_WEB__PORT"),
            ("SUPPORTBOT_DISCORT__TOKEN", "SUPPORTBOT_DISCORD__TOKEN"),
            ("SUPPORTBOT_SECRET_DIR", "SUPPORTBOT_SECRETS_DIR"),
        ],
    )
    def test_a_misspelt_variable_is_a_fault_that_names_the_nearest(self, variable: str, meant: str) -> None:
        assert f"did you mean {meant}?" in faults(**{variable: "1"})[variable]

    def test_what_kubernetes_says_about_a_service_of_our_name_is_no_misspelt_variable(self) -> None:
        load(
            SUPPORTBOT_SERVICE_HOST="10.0.0.1",
            SUPPORTBOT_SERVICE_PORT="8080",
            SUPPORTBOT_SERVICE_PORT_HTTP="8080",
            SUPPORTBOT_PORT="tcp://10.0.0.1:8080",
            SUPPORTBOT_PORT_8080_TCP="tcp://10.0.0.1:8080",
            SUPPORTBOT_PORT_8080_TCP_ADDR="10.0.0.1",
        )
        assert "SUPPORTBOT_PORT" in faults(SUPPORTBOT_PORT="8080")


class TestTheFile:
    def test_a_syntax_error_is_one_fault_with_its_line(self) -> None:
        told = faults("[web]\nport = 8080\nhost = localhost\n")
        assert list(told) == ["settings.toml"]
        assert "line 3" in told["settings.toml"]

    def test_a_file_in_another_encoding_is_a_fault(self) -> None:
        Path("latin.toml").write_bytes('[web]\nhost = "ä"\n'.encode("latin-1"))
        with pytest.raises(SettingsError, match="UTF-8"):
            load_settings(Path("latin.toml"), {})

    def test_a_file_with_a_byte_order_mark_is_read(self) -> None:
        assert load("\ufeff" + MINIMAL).freescout.mailbox_id == 1

    def test_a_folder_in_place_of_the_file_is_a_fault(self) -> None:
        with pytest.raises(SettingsError, match="cannot be read"):
            load_settings(Path(), {})

    def test_an_unknown_key_names_the_nearest_one(self) -> None:
        assert "did you mean port?" in faults(MINIMAL + "[web]\nprot = 1\n")["web.prot"]

    def test_an_unknown_section_names_the_nearest_one(self) -> None:
        assert "did you mean intake?" in faults(MINIMAL + "[intakes]\n")["intakes"]

    def test_a_key_under_the_wrong_heading_names_its_section(self) -> None:
        assert "there is intake.group_seconds" in faults(MINIMAL + "group_seconds = 5\n")["discord.group_seconds"]

    @pytest.mark.parametrize("name", ["_env_file", "_secrets_dir", "_cli_parse_args"])
    def test_options_of_the_settings_library_are_no_sections(self, name: str) -> None:
        assert "is not a section" in faults(f"{name} = 'x'\n{MINIMAL}")[name]

    def test_a_section_that_is_no_table_is_a_fault(self) -> None:
        assert "must be a table" in faults("web = 5\n" + MINIMAL)["web"]


class TestMissing:
    def test_three_dots_count_as_missing(self) -> None:
        text = MINIMAL.replace("freescout-key", "...").replace("https://help.example.org", "...")
        assert faults(text).keys() == {"freescout.url", "freescout.api_key"}

    def test_three_dots_for_an_optional_secret_mean_none(self) -> None:
        settings = load(MINIMAL + '[web]\nboard_token = "..."\n' + MATRIX + 'store_key = ""\n')
        assert settings.web.board_token is None
        assert settings.matrix is not None
        assert settings.matrix.store_key is None

    def test_a_missing_key_says_what_it_is_and_gives_an_example(self) -> None:
        told = faults(MINIMAL + MATRIX.replace('homeserver = "https://matrix.example.org"\n', ""))
        assert told == {
            "matrix.homeserver": "is missing; the base URL of your homeserver, for example https://matrix.example.org"
        }

    def test_at_least_one_chat_platform_is_needed(self) -> None:
        assert "at least one" in faults(MINIMAL.partition("[discord]")[0])["discord, matrix"]

    def test_freescout_is_needed_key_by_key(self) -> None:
        told = faults(MATRIX)
        assert told.keys() == {"freescout.url", "freescout.api_key", "freescout.mailbox_id", "freescout.bot_user_id"}

    def test_all_faults_of_all_kinds_are_told_at_once_in_the_order_of_the_sections(self) -> None:
        text = """
            [web]
            port = 70000
            [matrix]
            homeserver = "matrix.example.org"
            user_id = "supportbot"
            rooms = []
            colour = "blue"
            [freescout]
            url = "..."
            mailbox_id = 0
            bot_user_id = "two"
            triage_as = "custom_fields"
            [discrod]
            """
        told = faults(text, SUPPORTBOT_INTAKE__GROUP_SECONDS="-1", SUPPORTBOT_LOG__LEVLE="info")
        assert list(told) == [
            "SUPPORTBOT_LOG__LEVLE",
            "discrod",
            "freescout.url",
            "freescout.api_key",
            "freescout.mailbox_id",
            "freescout.bot_user_id",
            "freescout.label_field",
            "freescout.priority_field",
            "matrix.homeserver",
            "matrix.user_id",
            "matrix.rooms",
            "matrix.colour",
            "matrix.password",
            "intake.group_seconds",
            "web.port",
        ]


class TestValues:
    @pytest.mark.parametrize(
        ("section", "line", "key"),
        [
            ("store", 'url = "mysql://db/bot"', "store.url"),
            ("store", 'url = "supportbot.db"', "store.url"),
            ("store", 'url = "sqlite+aiosqlite://"', "store.url"),
            ("store", 'url = "sqlite+aiosqlite:///:memory:"', "store.url"),
            ("store", 'url = "sqlite+aiosqlite://supportbot.db"', "store.url"),
            ("store", 'url = "postgresql+asyncpg://"', "store.url"),
            ("intake", 'ack_reaction = ""', "intake.ack_reaction"),
            ("intake", 'ack_reaction = "a b"', "intake.ack_reaction"),
            ("intake", "backfill_hours = -1", "intake.backfill_hours"),
            ("intake", 'privacy_url = "example.org"', "intake.privacy_url"),
            ("intake", "max_attachment_bytes = true", "intake.max_attachment_bytes"),
            ("web", "port = -1", "web.port"),
            ("web", "port = 65536", "web.port"),
            ("web", 'port = "http"', "web.port"),
            ("web", 'public_url = "ftp://example.org"', "web.public_url"),
            ("web", 'public_url = "https://example.org:port"', "web.public_url"),
            ("log", 'level = "loud"', "log.level"),
            ("log", 'format = "xml"', "log.format"),
            ("replies", 'agent_name = "nick"', "replies.agent_name"),
            ("replies", 'notify_author = "perhaps"', "replies.notify_author"),
            ("sla", 'zone = "Europe/Atlantis"', "sla.zone"),
            ("sla", 'zone = "../etc"', "sla.zone"),
            ("sla", 'zone = "Europe"', "sla.zone"),
            ("sla", 'triage = "4 hours"', "sla.triage"),
            ("sla", 'triage = "0bh"', "sla.triage"),
            ("sla", 'hours = { mon = ["09:00"] }', "sla.hours.mon"),
            ("sla", 'hours = { mon = ["9:00-17:00"] }', "sla.hours.mon"),
            ("sla", 'hours = { mon = ["17:00-09:00"] }', "sla.hours.mon"),
            ("sla", 'hours = { mon = ["09:00-24:30"] }', "sla.hours.mon"),
            ("sla", 'hours = { mon = ["09:00-13:00", "12:00-17:00"] }', "sla.hours.mon"),
            ("sla", 'hours = { monday = ["09:00-17:00"] }', "sla.hours.monday"),
            ("sla", 'shifts = { 2026-13-24 = ["09:00-13:00"] }', "sla.shifts.2026-13-24"),
            ("sla", 'holidays = ["24.12.2026"]', "sla.holidays"),
            ("sla", "holidays = [20261224.5]", "sla.holidays"),
            ("sla", "business_day_hours = 25", "sla.business_day_hours"),
            ("sla", "business_day_hours = 0.4", "sla.business_day_hours"),
            ("sla", "warn_at = [0.9, 0.5]", "sla.warn_at"),
            ("sla", "warn_at = [50]", "sla.warn_at"),
            ("sla", 'oncall_mention = "@everyone"', "sla.oncall_mention"),
            ("sla", 'oncall_mention = "role:abc"', "sla.oncall_mention"),
            ("sla", 'targets = { P0 = { first_response = "2h", resolution = "soon" } }', "sla.targets.P0.resolution"),
            ("sla", 'targets = { P9 = { first_response = "2h", resolution = "3h" } }', "sla.targets.P9"),
            ("closing", "confirm_days = -1", "closing.confirm_days"),
            ("closing", 'thanks = "thanks"', "closing.thanks"),
            ("github", 'token = "x"\nbug_repository = "product"', "github.bug_repository"),
            ("github", "app_id = 5\ninstallation_id = 6", "github.private_key"),
            ("github", 'intake_labels = ["support"]', "github.token"),
            ("github", 'token = "x"\napp_id = 5', "github.app_id"),
            ("openproject", 'api_key = "k"', "openproject.url"),
            ("staff", 'members = [{ name = "A", freescout_user_id = 0 }]', "staff.members"),
            (
                "staff",
                (
                    'members = [{ name = "A", freescout_user_id = 1, discord_id = 6 },'
                    ' { name = "B", freescout_user_id = 2, discord_id = 6 }]'
                ),
                "staff",
            ),
        ],
    )
    def test_what_cannot_be_right_is_a_fault_under_its_key(self, section: str, line: str, key: str) -> None:
        assert list(faults(f"{MINIMAL}\n[{section}]\n{line}\n")) == [key]

    @pytest.mark.parametrize(
        ("section", "line"),
        [
            ("store", 'url = "postgresql+asyncpg://bot:pw@db.example.org/bot"'),
            ("store", 'url = "sqlite+aiosqlite:////data/supportbot.db"'),
            ("web", "port = 0"),
            ("sla", 'hours = { sat = ["00:00-06:00", "20:00-24:00"] }'),
            ("sla", "holidays = [2026-12-25, '2026-12-26']"),
            ("sla", 'shifts = { 2026-12-24 = ["09:00-13:00"] }\nbreaks = { 2026-12-23 = ["12:00-13:00"] }'),
            ("sla", "business_day_hours = 0.5"),
            ("sla", 'triage = "0.5bd"'),
            ("log", 'level = "WARNING"'),
            ("github", "app_id = 5\ninstallation_id = 6\nprivate_key = 'k'"),
            ("openproject", 'url = "https://p.example.org"\napi_key = "k"'),
        ],
    )
    def test_what_is_right_is_taken(self, section: str, line: str) -> None:
        load(f"{MINIMAL}\n[{section}]\n{line}\n")

    @pytest.mark.parametrize("given", ["sqlite:///a.db", "sqlite+aiosqlite:///a.db"])
    def test_a_store_url_without_driver_gets_ours(self, given: str) -> None:
        assert load(SUPPORTBOT_STORE__URL=given).store.url == "sqlite+aiosqlite:///a.db"
        assert load(SUPPORTBOT_STORE__URL="postgresql://h/b").store.url == "postgresql+asyncpg://h/b"

    def test_urls_lose_their_last_slash_so_that_paths_can_follow(self) -> None:
        assert (
            load(SUPPORTBOT_FREESCOUT__URL="https://h.example.org/desk/").freescout.url == "https://h.example.org/desk"
        )

    def test_the_entry_of_a_list_is_named_by_its_place(self) -> None:
        told = faults(MINIMAL.replace("[2]", "[2, 'general']"))
        assert told["discord.support_channels"].startswith("entry 2: must be a whole number")

    @pytest.mark.parametrize(
        ("lines", "key"),
        [
            ("", "matrix.password"),
            ('access_token = "t"', "matrix.device_id"),
            ('device_id = "D"', "matrix.password"),
        ],
    )
    def test_matrix_needs_a_password_or_a_token_with_its_device(self, lines: str, key: str) -> None:
        assert list(faults(MINIMAL + MATRIX.replace('password = "matrix-password"', lines))) == [key]

    def test_a_token_with_its_device_needs_no_password(self) -> None:
        lines = 'access_token = "t"\ndevice_id = "D"'
        assert load(MATRIX.replace('password = "matrix-password"', lines) + MINIMAL).matrix is not None

    def test_what_staff_is_told_must_not_be_public(self) -> None:
        told = faults(MINIMAL + "staff_channel = 2\n" + MATRIX + 'staff_room = "#support:example.org"\n')
        assert told.keys() == {"discord.staff_channel", "matrix.staff_room"}

    def test_settings_do_not_change(self) -> None:
        settings = load()
        with pytest.raises(ValueError, match="frozen"):
            settings.web.port = 1  # type: ignore[misc]


class TestPromises:
    @pytest.mark.parametrize("hours", ["{}", "{ mon = [] }"])
    def test_a_calendar_without_any_hours_is_refused(self, hours: str) -> None:
        found = faults(MINIMAL + f"[sla]\nhours = {hours}\n")
        assert list(found) == ["sla.hours"]
        assert "at least one weekday" in found["sla.hours"]

    @pytest.mark.parametrize("triage", ["0.001h", "9000h", "367bd", "99999999999bd"])
    def test_a_target_is_between_a_minute_and_a_year(self, triage: str) -> None:
        found = faults(MINIMAL + f'[sla]\ntriage = "{triage}"\n')
        assert found == {"sla.triage": "must be between a minute and a year"}

    def test_who_is_on_call_can_be_pinged_where_there_are_staff_places(self) -> None:
        oncall = '[sla]\noncall_mention = "role:12 user:34 @anna:example.org"\n'
        places = MINIMAL + "staff_channel = 3\n" + MATRIX + 'staff_room = "!team:example.org"\n'
        assert load(places + oncall).sla.oncall_mention.split() == ["role:12", "user:34", "@anna:example.org"]

    @pytest.mark.parametrize(
        ("places", "oncall", "named"),
        [
            (MINIMAL, "role:12", ["entry 1 needs [discord] with staff_channel"]),
            (MINIMAL + "staff_channel = 3\n", "user:34 @anna:example.org", ["entry 2 needs [matrix] with staff_room"]),
            (
                MINIMAL + MATRIX + 'staff_room = "!team:example.org"\n',
                "@anna:example.org role:12 user:34",
                ["entry 2 needs [discord] with staff_channel", "entry 3 needs [discord] with staff_channel"],
            ),
            (MINIMAL + "staff_channel = 3\n" + MATRIX, "@anna:example.org", ["entry 1 needs [matrix] with staff_room"]),
        ],
    )
    def test_each_on_call_person_nobody_could_ping_is_named(self, places: str, oncall: str, named: list[str]) -> None:
        found = faults(places + f'[sla]\noncall_mention = "{oncall}"\n')
        assert list(found) == ["sla.oncall_mention"]
        assert [problem.partition(",")[0] for problem in found["sla.oncall_mention"].split("; ")] == named


class TestLater:
    def test_sections_of_later_releases_are_accepted_and_named(self) -> None:
        text = MINIMAL + '[github]\ntoken = "t"\n[openproject]\nurl = "https://p.example"\napi_key = "k"\n'
        assert load(text).not_built_yet() == ("[github]", "[openproject]")

    def test_what_is_built_now_is_not_named_any_more(self) -> None:
        text = MINIMAL.replace("[freescout]", '[freescout]\nwebhook_secret = "hook-secret"')
        text += '[replies]\nagent_name = "team"\n[closing]\nconfirm_days = 7\n'
        text += '[sla]\nzone = "UTC"\n[web]\nboard_token = "b"\n'
        settings = load(text)
        assert settings.not_built_yet() == ()
        assert (settings.replies.agent_name, settings.closing.confirm_days) == ("team", 7)

    def test_what_was_not_set_is_not_named(self) -> None:
        assert load().not_built_yet() == ()


class TestSecrets:
    TEXT = (
        MINIMAL
        + MATRIX
        + '[store]\nurl = "postgresql+asyncpg://bot:data%20base@db/bot"\n[github]\ntoken = "gh-token"\n'
    )
    ALL = ("freescout-key", "discord-token", "matrix-password", "data base", "data%20base", "gh-token")

    def test_every_secret_is_known_for_redaction(self) -> None:
        assert set(self.ALL) == set(load(self.TEXT).secrets())

    def test_no_secret_shows_in_the_representation(self) -> None:
        shown = repr(load(self.TEXT)) + str(load(self.TEXT))
        assert [secret for secret in self.ALL if secret in shown] == []

    @pytest.mark.parametrize("key", ["SUPPORTBOT_WEB__PORT", "SUPPORTBOT_STORE__URL", "SUPPORTBOT_DISCORD__GUILD_ID"])
    def test_a_fault_never_repeats_a_value(self, key: str) -> None:
        with pytest.raises(SettingsError) as caught:
            load(**{key: "hunter2-pasted-here"})
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

    def test_every_field_that_is_secret_by_name_is_secret_by_type(self) -> None:
        plain = [
            f"{section}.{key}"
            for section, model in _models()
            for key, field in model.model_fields.items()
            if any(word in key for word in ("token", "password", "secret", "api_key", "private_key", "store_key"))
            and "SecretStr" not in str(field.annotation)
        ]
        assert plain == []


class TestDescriptions:
    def test_every_required_setting_says_what_it_is(self) -> None:
        silent = [
            f"{section}.{key}"
            for section, model in _models()
            for key, field in model.model_fields.items()
            if field.is_required() and not field.description
        ]
        assert silent == []


def _models() -> list[tuple[str, type[BaseModel]]]:
    return [
        (name, candidate)
        for name, field in Settings.model_fields.items()
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ()))
        if isinstance(candidate, type) and issubclass(candidate, BaseModel)
    ]


@given(
    st.dictionaries(
        st.sampled_from(
            sorted([*FROM_ENVIRONMENT, "SUPPORTBOT_SLA__HOURS", "SUPPORTBOT_STAFF__MEMBERS", "SUPPORTBOT_X"])
        ),
        st.text(st.characters(exclude_characters="\0"))
        | st.sampled_from(["[]", "{}", '[{"a":1}]', "null", "1", "..."]),
    )
)
def test_whatever_the_environment_says_the_answer_is_settings_or_faults(environ: dict[str, str]) -> None:
    try:
        load_settings(None, {**FROM_ENVIRONMENT, **environ})
    except SettingsError as error:
        assert error.faults  # noqa: PT017 - either outcome is right; faults must come with a reason
