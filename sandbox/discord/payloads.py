"""People, roles, channels, threads and the guild as Discord's JSON. Keys follow the OpenAPI description's responses."""

from collections.abc import Iterable
from typing import Any

from sandbox.discord.clock import timestamp
from sandbox.discord.entities import DIRECT, FORUM, Channel, Guild, Member, Role, Thread, User
from sandbox.discord.permissions import Overwrite

Json = dict[str, Any]

MESSAGE_CONTENT_FLAG = 1 << 19
"""Application flag GATEWAY_MESSAGE_CONTENT_LIMITED: the intent is switched on in the developer portal."""


def user(who: User) -> Json:
    """A user object."""
    payload: Json = {
        "id": str(who.id),
        "username": who.name,
        "avatar": None,
        "discriminator": "0000" if who.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "global_name": who.display_name,
        "primary_guild": None,
    }
    if who.bot:
        payload["bot"] = True
    return payload


def account(who: User) -> Json:
    """What the bot reads about itself."""
    return {**user(who), "mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}


def partial_member(who: Member) -> Json:
    """The member object inside gateway messages, which leaves the user out."""
    return {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": timestamp(who.joined_at),
        "nick": who.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role) for role in who.roles],
        "mute": False,
        "deaf": False,
    }


def member(who: Member) -> Json:
    """A guild member object."""
    return {**partial_member(who), "user": user(who.user)}


def role(what: Role) -> Json:
    """A role object."""
    return {
        "id": str(what.id),
        "name": what.name,
        "permissions": str(what.permissions),
        "position": what.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": what.managed,
        "mentionable": what.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def overwrite(what: Overwrite) -> Json:
    """A permission overwrite object."""
    return {"id": str(what.target_id), "type": what.kind, "allow": str(what.allow), "deny": str(what.deny)}


def channel(what: Channel, guild_id: int) -> Json:
    """A channel object of any of the simulated kinds."""
    if isinstance(what, Thread):
        return thread(what, guild_id)
    last = str(what.message_ids[-1]) if what.message_ids else None
    if what.type == DIRECT:
        recipients = [user(what.recipient)] if what.recipient else []
        return {"id": str(what.id), "type": DIRECT, "flags": 0, "recipients": recipients, "last_message_id": last}
    payload: Json = {
        "id": str(what.id),
        "type": what.type,
        "flags": 1 << 4 if what.require_tag else 0,
        "guild_id": str(guild_id),
        "name": what.name,
        "position": what.position,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "last_message_id": last,
        "permission_overwrites": [overwrite(each) for each in what.overwrites],
    }
    if what.type == FORUM:
        payload["available_tags"] = [
            {"id": str(tag.id), "name": tag.name, "moderated": tag.moderated, "emoji_id": None, "emoji_name": None}
            for tag in what.tags
        ]
        payload["default_reaction_emoji"] = None
        payload["default_sort_order"] = None
        payload["default_forum_layout"] = 0
    return payload


def thread_member(what: Thread, user_id: int) -> Json:
    """Somebody's membership of a thread."""
    joined = timestamp(what.created_at)
    return {"id": str(what.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}


def thread(what: Thread, guild_id: int, *, member_id: int | None = None, newly_created: bool = False) -> Json:
    """A thread object; with `member_id`, that user's membership too."""
    payload: Json = {
        "id": str(what.id),
        "type": what.type,
        "flags": 0,
        "guild_id": str(guild_id),
        "parent_id": str(what.parent_id),
        "owner_id": str(what.owner_id),
        "name": what.name,
        "rate_limit_per_user": what.slowmode_seconds,
        "last_message_id": str(what.message_ids[-1]) if what.message_ids else None,
        "message_count": min(len(what.message_ids), what.total_sent),
        "member_count": min(len(what.member_ids), 50),
        "total_message_sent": what.total_sent,
        "thread_metadata": {
            "archived": what.archived,
            "archive_timestamp": timestamp(what.archive_changed_at),
            "auto_archive_duration": what.auto_archive_minutes,
            "locked": what.locked,
            "create_timestamp": timestamp(what.created_at),
        },
    }
    if what.is_post:
        payload["applied_tags"] = [str(tag) for tag in what.applied_tags]
    if member_id is not None and member_id in what.member_ids:
        payload["member"] = thread_member(what, member_id)
    if newly_created:
        payload["newly_created"] = True
    return payload


def guild(what: Guild) -> Json:
    """The guild as REST gives it."""
    return {
        "id": str(what.id),
        "name": what.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": ["COMMUNITY"],
        "banner": None,
        "owner_id": str(what.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": [role(each) for each in what.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 2,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create(what: Guild, *, me: Member, channels: Iterable[Channel], threads: Iterable[Thread]) -> Json:
    """The guild as GUILD_CREATE gives it to a bot without the members intent: of the members, only itself."""
    return {
        **guild(what),
        "joined_at": timestamp(me.joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(what.members),
        "members": [member(me)],
        "channels": [channel(each, what.id) for each in channels],
        "threads": [thread(each, what.id, member_id=me.id) for each in threads],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application(who: User, *, owner: User, message_content: bool) -> Json:
    """The bot's application, as it reads it itself."""
    flags = MESSAGE_CONTENT_FLAG if message_content else 0
    return {
        "id": str(who.id),
        "name": who.display_name or who.name,
        "icon": None,
        "description": "",
        "type": None,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(owner),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "bot": user(who),
        "bot_public": False,
        "bot_require_code_grant": False,
    }
