"""The simulated Discord as the page shows it."""

from typing import Any

from sandbox.discord import Attachment, Channel, DiscordSimulator, Member, Message, Thread
from sandbox.discord.entities import FORUM
from sandbox.page.discord_controls import controls
from sandbox.world import SandboxWorld

Json = dict[str, Any]

SHOWN_MESSAGES = 150
SHOWN_POSTS = 40
REPLY = 19
# What the page can show as a person would see it: a normal message, a reply, and an answer to a slash command.
SPOKEN = frozenset({0, REPLY, 20})
# The thread itself is drawn in their place.
HIDDEN = frozenset({18, 21})
SYSTEM_WORDS = {4: "renamed this", 6: "pinned a message"}


def discord_view(world: SandboxWorld) -> Json:
    """Channels with their messages, people, and the commands the bot has registered."""
    view = _View(world)
    everybody = list(world.discord_people)
    channels = [
        view.channel(world.support, kind="text", people=everybody),
        view.channel(world.forum, kind="forum", people=everybody),
        view.direct({name: who for name, who in world.discord_people.items() if not _is_lead(world, who)}),
        view.channel(world.staff, kind="staff", people=["Alexander"]),
    ]
    return {
        "guild": world.discord.guild.name,
        "people": [{"name": name, "triager": _is_lead(world, who)} for name, who in world.discord_people.items()],
        "channels": channels,
        "commands": world.discord.commands(),
        "connected": world.discord.connected,
    }


def _is_lead(world: SandboxWorld, member: Member) -> bool:
    return world.lead.id in member.roles


class _View:
    def __init__(self, world: SandboxWorld) -> None:
        self._simulator: DiscordSimulator = world.discord
        self._authors = {member.id: name for name, member in world.discord_people.items()}

    def channel(self, channel: Channel, *, kind: str, people: list[str]) -> Json:
        shown: Json = {"id": str(channel.id), "name": channel.name, "kind": kind, "people": people}
        shown |= {"messages": [], "posts": []}
        if channel.type == FORUM:
            posts = self._simulator.threads(channel.id)[-SHOWN_POSTS:]
            shown["posts"] = [self._thread(post) for post in posts]
        else:
            threads = {thread.id: thread for thread in self._simulator.threads(channel.id)}
            shown["messages"] = [self._message(each, threads.get(each.id)) for each in self._messages(channel.id)]
        return shown

    def direct(self, people: dict[str, Member]) -> Json:
        """One place for all direct messages: each person sees their own with the bot."""
        places = []
        for name, member in people.items():
            channel = self._simulator.direct_channel(member)
            messages = [self._message(each, None) for each in self._messages(channel.id)]
            places.append({"person": name, "id": str(channel.id), "messages": messages})
        shown: Json = {"id": "direct", "name": "Direct messages", "kind": "direct", "people": list(people)}
        return shown | {"messages": [], "posts": [], "places": places}

    def _messages(self, channel_id: int) -> list[Message]:
        latest = self._simulator.messages(channel_id)[-SHOWN_MESSAGES:]
        return [message for message in latest if message.type not in HIDDEN]

    def _thread(self, thread: Thread) -> Json:
        return {
            "id": str(thread.id),
            "name": thread.name,
            "archived": thread.archived,
            "messages": [self._message(message, None) for message in self._messages(thread.id)],
        }

    def _message(self, message: Message, thread: Thread | None) -> Json:
        return {
            "id": str(message.id),
            "channel": str(message.channel_id),
            "author": message.author.display_name or message.author.name,
            "bot": message.author.bot,
            "mine": self._authors.get(message.author.id, ""),
            "system": "" if message.type in SPOKEN else SYSTEM_WORDS.get(message.type, "did something"),
            "text": message.content,
            "embeds": [_embed(embed) for embed in message.embeds],
            "at": message.sent_at,
            "edited": message.edited_at is not None,
            "mentions": self._names(message),
            "reactions": [
                {"emoji": emoji, "count": len(users), "by": self._people(users)}
                for emoji, users in message.reactions.items()
                if users
            ],
            "reply_to": self._replied(message),
            "files": [_file(message, each) for each in message.attachments],
            "controls": controls(message),
            "thread": self._thread(thread) if thread is not None else None,
        }

    def _replied(self, message: Message) -> Json | None:
        if message.type != REPLY or message.reference is None or message.reference.message_id is None:
            return None
        target = next(
            (each for each in self._simulator.messages(message.channel_id) if each.id == message.reference.message_id),
            None,
        )
        if target is None:
            return {"author": "", "text": "a message that is gone"}
        return {"author": target.author.display_name or target.author.name, "text": target.content[:120]}

    def _names(self, message: Message) -> Json:
        guild = self._simulator.guild
        names = {each.id: each.user.display_name or each.user.name for each in guild.members.values()}
        names |= {role.id: role.name for role in guild.roles.values()}
        return {str(known): name for known, name in names.items() if str(known) in message.content}

    def _people(self, users: set[int]) -> list[str]:
        members = self._simulator.guild.members
        return sorted(members[each].user.display_name or members[each].user.name for each in users if each in members)


def _embed(embed: Json) -> Json:
    return {
        "title": str(embed.get("title") or ""),
        "text": str(embed.get("description") or ""),
        "fields": [{"name": str(each["name"]), "value": str(each["value"])} for each in embed.get("fields", [])],
    }


def _file(message: Message, attachment: Attachment) -> Json:
    return {
        "name": attachment.filename,
        "size": len(attachment.content),
        "image": attachment.content_type.startswith("image/"),
        "href": f"files/discord/{message.channel_id}/{message.id}/{attachment.id}",
    }
