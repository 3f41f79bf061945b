"""Checks of the bot's requests: Discord's documented limits, and properties that Discord does not know.

The OpenAPI description accepts what is refused here (facts sheet, section 4). A broken limit is answered as Discord
would and noted; an unknown property, which Discord ignores, is only noted: it is a misspelling.
"""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.discord.calls import Upload
from sandbox.discord.component_checks import form_faults, row_faults
from sandbox.discord.entities import COMPONENTS_V2
from sandbox.discord.errors import DiscordError, empty_message, invalid_form, too_large
from sandbox.discord.known_properties import (
    CHANNEL_EDIT_KEYS,
    COMMAND_KEYS,
    EDIT_KEYS,
    EMBED_KEYS,
    MENTION_KEYS,
    MESSAGE_KEYS,
    OPTION_KEYS,
    THREAD_EDIT_KEYS,
    THREAD_KEYS,
)

Json = dict[str, Any]

CONTENT_LIMIT = 2000
NONCE_LIMIT = 25
EMBED_LIMIT = 10
EMBED_TOTAL_LIMIT = 6000
THREAD_NAME_LIMIT = 100
FILES_LIMIT = 10
FILES_TOTAL_BYTES = 25 * 1024 * 1024
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
COMMAND_LIMITS = {1: 100, 2: 15, 3: 15}
"""How many commands of each type a scope may have: slash commands, those on people, those on messages."""
OPTION_LIMIT = 25

_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


class Checks:
    """Judges bodies; `problems` collects every finding as one sentence."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.file_limit_bytes = 10 * 1024 * 1024
        """What the server's level allows for each file."""

    def note(self, problem: str) -> None:
        """Add a finding."""
        self.problems.append(problem)

    def message(
        self, body: Json, *, files: int, keys: frozenset[str] = MESSAGE_KEYS, may_be_empty: bool = False
    ) -> None:
        """A message to be sent."""
        self._known(body, keys, "message")
        self.content(body)
        self._nonce(body)
        parts = ("content", "embeds", "sticker_ids", "poll", "components")
        forwarded = (body.get("message_reference") or {}).get("type") == 1
        if not (may_be_empty or files or forwarded or any(body.get(part) for part in parts)):
            raise self._refused(empty_message(), "empty message")

    def uploads(self, files: Iterable[Upload]) -> None:
        """The files of a message. What is too large is no finding: a bot cannot know the server's limit for sure."""
        sizes = [len(file.content) for file in files]
        if len(sizes) > FILES_LIMIT:
            raise self._refused(invalid_form("files", f"Must be {FILES_LIMIT} or fewer in length."), "too many files")
        if sum(sizes) > FILES_TOTAL_BYTES or any(size > self.file_limit_bytes for size in sizes):
            raise too_large()

    def content(self, body: Json) -> None:
        """The parts of a message that a sending and an edit share."""
        if len(body.get("content") or "") > CONTENT_LIMIT:
            raise self._refused(
                invalid_form("content", f"Must be {CONTENT_LIMIT} or fewer in length."), "content too long"
            )
        self._embeds(body.get("embeds") or [])
        if not int(body.get("flags") or 0) & COMPONENTS_V2:
            self._no_faults("components", row_faults(body.get("components") or []))
        self._known(body.get("allowed_mentions") or {}, MENTION_KEYS, "allowed_mentions")

    def edit(self, body: Json) -> None:
        """An edit of a message."""
        self._known(body, EDIT_KEYS, "message edit")
        self.content(body)

    def thread(self, body: Json) -> None:
        """A thread or post to be opened."""
        self._known(body, THREAD_KEYS, "thread")
        self._thread_parts(body, named=True)

    def thread_edit(self, body: Json) -> None:
        """A change of a thread."""
        self._known(body, THREAD_EDIT_KEYS, "thread edit")
        self._thread_parts(body, named="name" in body)

    def channel_edit(self, body: Json) -> None:
        """A change of a channel."""
        self._known(body, CHANNEL_EDIT_KEYS, "channel edit")

    def commands(self, bodies: list[Json]) -> None:
        """All commands of one scope."""
        for kind, limit in COMMAND_LIMITS.items():
            if sum(body.get("type", 1) == kind for body in bodies) > limit:
                error = DiscordError(400, 30032, f"Maximum number of application commands reached ({limit})")
                raise self._refused(error, "too many commands")
        for body in bodies:
            self.command(body)

    def command(self, body: Json) -> None:
        """One command to be registered."""
        self._known(body, COMMAND_KEYS, "command")
        name = str(body.get("name") or "")
        if body.get("type", 1) == 1:
            self._command_name(name, "name")
            self._description(body, name)
        elif not 1 <= len(name) <= 32:
            raise self._refused(invalid_form("name", "Must be between 1 and 32 in length."), f"command name {name!r}")
        self._options(body.get("options") or [], name)

    def _options(self, options: list[Json], where: str) -> None:
        if len(options) > OPTION_LIMIT:
            raise self._refused(invalid_form("options", "Must be 25 or fewer in length."), f"options of {where}")
        optional_seen = False
        for option in options:
            self._known(option, OPTION_KEYS, f"option of {where}")
            self._command_name(str(option.get("name") or ""), "options")
            self._description(option, f"{where} {option.get('name')}")
            if option.get("required") and optional_seen:
                error = invalid_form("options", "Required options must be placed before non-required options")
                raise self._refused(error, f"required option after an optional one in {where}")
            optional_seen |= not option.get("required") and option.get("type") not in (1, 2)
            if len(option.get("choices") or []) > OPTION_LIMIT:
                raise self._refused(invalid_form("choices", "Must be 25 or fewer in length."), f"choices of {where}")
            self._options(option.get("options") or [], f"{where} {option.get('name')}")

    def _command_name(self, name: str, field: str) -> None:
        if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
            error = invalid_form(field, "Command name is invalid")
            raise self._refused(error, f"command or option name {name!r}")

    def _description(self, body: Json, where: str) -> None:
        if not 1 <= len(body.get("description") or "") <= 100:
            error = invalid_form("description", "Must be between 1 and 100 in length.")
            raise self._refused(error, f"description of {where}")

    def choices(self, choices: list[Json]) -> None:
        """The suggestions of an autocomplete answer."""
        lengths = [len(str(each.get(part, ""))) for each in choices for part in ("name", "value")]
        if len(choices) > OPTION_LIMIT or any(not 1 <= length <= 100 for length in lengths):
            raise self._refused(
                invalid_form("choices", "Must be 25 or fewer, of 1 to 100 characters."), "autocomplete choices"
            )

    def modal(self, body: Json) -> None:
        """A form to be opened."""
        title, custom_id = len(str(body.get("title", ""))), len(str(body.get("custom_id", "")))
        if not (1 <= title <= 45 and 1 <= custom_id <= 100 and 1 <= len(body.get("components") or []) <= 5):
            raise self._refused(
                invalid_form("data", "Title up to 45, custom_id up to 100, 1 to 5 components."), "modal"
            )
        self._no_faults("data", form_faults(body["components"]))

    def _thread_parts(self, body: Json, *, named: bool) -> None:
        if named and not 1 <= len(str(body.get("name") or "").strip()) <= THREAD_NAME_LIMIT:
            error = invalid_form("name", f"Must be between 1 and {THREAD_NAME_LIMIT} in length.")
            raise self._refused(error, "thread name")
        minutes = body.get("auto_archive_duration")
        if minutes is not None and minutes not in ARCHIVE_MINUTES:
            error = invalid_form("auto_archive_duration", f"Value must be one of {ARCHIVE_MINUTES}.")
            raise self._refused(error, f"auto_archive_duration {minutes}")
        if len(body.get("applied_tags") or []) > 5:
            raise self._refused(invalid_form("applied_tags", "Must be 5 or fewer in length."), "too many applied_tags")

    def _nonce(self, body: Json) -> None:
        nonce = body.get("nonce")
        if nonce is not None and len(str(nonce)) > NONCE_LIMIT:
            raise self._refused(invalid_form("nonce", f"Must be {NONCE_LIMIT} or fewer in length."), "nonce too long")

    def _embeds(self, embeds: list[Json]) -> None:
        total = 0
        for embed in embeds:
            self._known(embed, EMBED_KEYS, "embed")
            texts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text")]
            texts += [(embed.get("author") or {}).get("name")]
            texts += [text for field in embed.get("fields") or [] for text in (field.get("name"), field.get("value"))]
            total += sum(len(text or "") for text in texts)
        if len(embeds) > EMBED_LIMIT or total > EMBED_TOTAL_LIMIT:
            raise self._refused(invalid_form("embeds", "Up to 10 embeds of 6000 characters together."), "embeds")

    def _no_faults(self, field: str, faults: Iterable[str]) -> None:
        for fault in faults:
            raise self._refused(invalid_form(field, fault), fault)

    def _known(self, body: Json, keys: frozenset[str], where: str) -> None:
        if unknown := body.keys() - keys:
            self.note(f"unknown properties in {where}: {', '.join(sorted(unknown))}")

    def _refused(self, error: DiscordError, what: str) -> DiscordError:
        self.note(f"refused with {error.code}: {what}")
        return error
