"""Gateway intents: which events a client asked for (Gateway documentation, "Gateway Intents")."""

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_MESSAGES = 1 << 9
GUILD_REACTIONS = 1 << 10
DIRECT_MESSAGES = 1 << 12
DIRECT_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15


def intent_of(event: str, *, direct: bool) -> int:
    """The intent that an event needs; 0 when every session gets it."""
    if event.startswith("MESSAGE_REACTION"):
        return DIRECT_REACTIONS if direct else GUILD_REACTIONS
    if event.startswith("MESSAGE_"):
        return DIRECT_MESSAGES if direct else GUILD_MESSAGES
    if event in ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE"):
        return GUILD_MEMBERS
    if event.startswith(("THREAD_", "CHANNEL_", "GUILD_ROLE", "GUILD_CREATE")):
        return GUILDS
    return 0
