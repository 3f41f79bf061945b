"""The properties that Discord knows in each kind of request: anything else there is a misspelling.

`tts`, `nsfw` and an embed's `flags` are sent by discord.py without being in the OpenAPI description (facts sheet,
section 4).
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MESSAGE_KEYS = _names("""
    content nonce tts embeds allowed_mentions message_reference components sticker_ids attachments flags
    enforce_nonce poll
""")
EDIT_KEYS = _names("""
    content embeds flags allowed_mentions components attachments sticker_ids tts
""")
WEBHOOK_KEYS = MESSAGE_KEYS | {"username", "avatar_url", "thread_name", "applied_tags"}
EMBED_KEYS = _names("""
    title type description url timestamp color footer image thumbnail video provider author fields flags
""")
THREAD_KEYS = _names("""
    name auto_archive_duration rate_limit_per_user type invitable message applied_tags
""")
THREAD_EDIT_KEYS = _names("""
    name archived auto_archive_duration locked invitable rate_limit_per_user flags applied_tags
""")
CHANNEL_EDIT_KEYS = _names("""
    name type position topic nsfw rate_limit_per_user permission_overwrites parent_id available_tags flags
""")
MENTION_KEYS = _names("""
    parse roles users replied_user
""")
COMMAND_KEYS = _names("""
    id name name_localizations description description_localizations options default_member_permissions
    dm_permission integration_types contexts type nsfw handler
""")
OPTION_KEYS = _names("""
    type name name_localizations description description_localizations required choices options channel_types
    min_value max_value min_length max_length autocomplete
""")
