"""The sections of the settings file, one frozen model each; names and meanings are a contract with operators.

Each field's description finishes the sentence "is missing; ..." of a fault, and is the reason given in
config.example.toml. Sections of later releases are here too, so that a complete file is accepted from the first one.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from bot.settings_kinds import (
    AtLeastOneSecond,
    Bytes,
    Emoji,
    HttpUrl,
    Id,
    LogFormat,
    LogLevel,
    MatrixRoom,
    MatrixUser,
    OptionalHttpUrl,
    OptionalMatrixRoom,
    OptionalSecret,
    OptionalWebSocketUrl,
    Port,
    Seconds,
    Secret,
    Section,
    StoreUrl,
    Text,
)


class StoreSettings(Section):
    """Where the bot keeps what it promised."""

    url: StoreUrl = Field(
        default="sqlite+aiosqlite:///supportbot.db",
        repr=False,  # it may hold the database password
        description="the SQLAlchemy URL of the store",
    )


class FreeScoutSettings(Section):
    """The help desk."""

    url: HttpUrl = Field(
        description="the address where agents open FreeScout; the API is below it at /api",
        examples=["https://help.example.org"],
    )
    api_key: Secret = Field(description="FreeScout shows it under Manage, API & Webhooks")
    webhook_secret: OptionalSecret = Field(default=None, description="the secret that signs FreeScout's webhooks")
    mailbox_id: Id = Field(description="the number of the mailbox that takes the requests", examples=["1"])
    bot_user_id: Id = Field(
        description="the id of the FreeScout user in whose name the bot writes notes; nobody works as this user",
        examples=["2"],
    )
    undo_seconds: Seconds = Field(default=15, description="how long FreeScout lets an agent take a reply back")
    poll_seconds: AtLeastOneSecond = Field(default=60, description="how often FreeScout is asked for what was missed")
    triage_as: Literal["auto", "tags", "custom_fields", "notes"] = Field(
        default="auto", description="how a triage is kept in FreeScout"
    )
    label_field: str = Field(default="", description="the custom field for the label")
    priority_field: str = Field(default="", description="the custom field for the priority")
    clocks_field: str = Field(default="", description="the custom field that shows how a ticket's clocks stand")


class DiscordSettings(Section):
    """The Discord server that is watched."""

    token: Secret = Field(description="the bot's token, from Discord's developer portal under Bot")
    guild_id: Id = Field(description="the id of your Discord server", examples=["1"])
    support_channels: tuple[Id, ...] = Field(
        min_length=1, description="the ids of the text or forum channels to watch", examples=["[2]"]
    )
    staff_channel: Id | None = Field(default=None, description="the id of the channel where the team is told things")
    triager_roles: tuple[Id, ...] = Field(default=(), description="the ids of the roles that may triage")
    staff_roles: tuple[Id, ...] = Field(default=(), description="the ids of the team's roles")
    status_tags: dict[Literal["active", "pending", "closed"], Text] = Field(
        default={"active": "Open", "pending": "Waiting", "closed": "Solved"},
        description="the forum tags that show a ticket's status, where a forum has them",
    )
    api_url: HttpUrl = Field(default="https://discord.com/api/v10", description="Discord's REST address, or a proxy's")
    gateway_url: OptionalWebSocketUrl = Field(default="", description="a gateway proxy's address; empty: Discord's own")


class MatrixSettings(Section):
    """The Matrix account and the rooms that are watched."""

    homeserver: HttpUrl = Field(description="the base URL of your homeserver", examples=["https://matrix.example.org"])
    user_id: MatrixUser = Field(description="the bot's own account", examples=["@supportbot:example.org"])
    password: OptionalSecret = Field(default=None, description="the password of the bot's account")
    access_token: OptionalSecret = Field(default=None, description="instead of the password, together with device_id")
    device_id: str = Field(default="", description="the device the access token belongs to")
    accept_invites: Literal["members", "nobody"] = Field(
        default="members", description="whose invitations are followed"
    )
    store_key: OptionalSecret = Field(default=None, description="the passphrase of the key store; empty: generated")
    store_path: Text = Field(default="matrix-store", description="the folder of the end-to-end encryption keys")
    rooms: tuple[MatrixRoom, ...] = Field(
        min_length=1, description="the aliases or ids of the rooms to watch", examples=['["#support:example.org"]']
    )
    staff_room: OptionalMatrixRoom = Field(default="", description="the room where the team is told things")
    triagers: tuple[MatrixUser, ...] = Field(default=(), description="who may triage")
    staff: tuple[MatrixUser, ...] = Field(default=(), description="further members of the team")


class IntakeSettings(Section):
    """How messages become tickets."""

    group_seconds: Seconds = Field(default=120, description="how long further messages join the ticket just opened")
    backfill_hours: Seconds = Field(default=0, description="how far back missed messages are fetched; 0: no limit")
    ack_reaction: Emoji = Field(default="👀", description="the reaction that says a message has arrived")
    privacy_url: OptionalHttpUrl = Field(default="", description="the page about privacy linked in the first answer")
    max_attachment_bytes: Bytes = Field(default=10485760, description="larger attachments are linked, not copied")


class WebSettings(Section):
    """The bot's own web server."""

    host: Text = Field(default="127.0.0.1", description="the address to listen on")
    port: Port = Field(default=8080, description="the port to listen on; 0: any free one")
    public_url: OptionalHttpUrl = Field(default="", description="how FreeScout, GitHub and people reach this server")
    board_token: OptionalSecret = Field(default=None, description="who knows it may read the board; none: no board")


class StaffMember(Section):
    """One person of the team, across systems."""

    name: Text = Field(description="the name the team uses", examples=["Alexander"])
    freescout_user_id: Id = Field(description="the person's id in FreeScout", examples=["3"])
    discord_id: Id | None = None
    matrix_id: MatrixUser | None = None
    github_login: Text | None = None


class StaffSettings(Section):
    """The people of the team."""

    members: tuple[StaffMember, ...] = Field(default=(), description="one table per person")

    @model_validator(mode="after")
    def _each_identity_once(self) -> Self:
        for field in ("freescout_user_id", "discord_id", "matrix_id", "github_login"):
            known = [value for member in self.members if (value := getattr(member, field)) is not None]
            if len(known) != len(set(known)):
                raise ValueError(f"two members share one {field}; each identity belongs to one person")
        return self


class ReplySettings(Section):
    """How answers look in chat."""

    notify_author: bool = Field(default=True, description="whether the member who asked is mentioned")
    agent_name: Literal["first", "full", "team"] = Field(default="first", description="how agents are named")


class LogSettings(Section):
    """What the bot writes on standard error."""

    level: LogLevel = Field(default="info", description="the least level that is written")
    format: LogFormat = Field(default="auto", description="json, console, or console on a terminal only")
