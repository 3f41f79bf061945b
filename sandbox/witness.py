"""What the other side has received, read from FreeScout's database, the Discord guild and the Matrix room."""

from sandbox.cast import Line
from sandbox.discord import Message, Thread
from sandbox.freescout import Conversation
from sandbox.page.markup import plain_text
from sandbox.room_reader import Event, relation
from sandbox.world import SandboxWorld

YES = "solved:yes:"
YES_EMOJI = "✅"


class Witness:
    """Looks, and describes what is there in a sentence for whoever expected something else."""

    def __init__(self, world: SandboxWorld) -> None:
        self._world = world

    # FreeScout

    def filed(self, line: Line) -> list[Conversation]:
        """The conversations that hold a line, each as often as it holds it."""
        return [
            conversation
            for conversation in self._world.freescout.conversations()
            for thread in conversation.of_type("customer")
            if line.key in plain_text(thread.body)
        ]

    def tagged(self, number: int, tags: set[str]) -> Conversation | None:
        """The conversation, once it bears all the tags."""
        conversation = self._world.freescout.conversation(number=number)
        return conversation if tags <= set(conversation.tags) else None

    def noted(self, number: int, line: Line) -> Conversation | None:
        """The conversation, once a note in it holds the line."""
        conversation = self._world.freescout.conversation(number=number)
        holds = any(line.key in plain_text(thread.body) for thread in conversation.of_type("note"))
        return conversation if holds else None

    def bot_notes(self, number: int) -> int:
        """How many notes the bot has written there."""
        notes = self._world.freescout.conversation(number=number).of_type("note")
        return sum(note.user_id == self._world.freescout.bot_user_id for note in notes)

    def closed(self, number: int, notes_before: int) -> Conversation | None:
        """The conversation, once it is closed and the bot has written a further note about it."""
        conversation = self._world.freescout.conversation(number=number)
        done = conversation.status == "closed" and self.bot_notes(number) > notes_before
        return conversation if done else None

    def times_mailed(self, line: Line) -> int:
        """How many answers went out by mail from the conversations whose agents wrote a line."""
        freescout = self._world.freescout
        answered = {
            each.id
            for each in freescout.conversations()
            if any(line.key in plain_text(thread.body) for thread in each.of_type("message"))
        }
        sent = (mail for mail in freescout.mails if mail.kind == "agent_reply" and mail.error is None)
        return sum(mail.conversation_id in answered for mail in sent)

    def state(self, number: int) -> str:
        """A conversation's status and threads."""
        conversation = self._world.freescout.conversation(number=number)
        threads = (f"{each.type} “{plain_text(each.body)[:60]}”" for each in conversation.threads if each.body)
        return f"#{number} is {conversation.status}: {'; '.join(threads)}"

    def inbox(self) -> str:
        """Everything in FreeScout."""
        conversations = self._world.freescout.conversations()
        rows = (
            f"#{each.number} “{each.subject}” ({len(each.threads)} threads, tags {', '.join(each.tags) or 'none'})"
            for each in conversations
        )
        return f"in FreeScout: {', '.join(rows) or 'no conversation'}"

    # Discord

    def reaction(self, message: Message) -> str | None:
        """The bot's first reaction on a message."""
        bot = self._world.discord.bot_user.id
        found = self._world.discord.reactions(message.channel_id, message.id)
        return next((emoji for emoji, users in found.items() if bot in users), None)

    def thread_on(self, message: Message, number: int) -> Thread | None:
        """The thread on a message, once the bot has named the ticket in it."""
        threads = self._world.discord.threads(message.channel_id)
        mine = (thread for thread in threads if thread.id == message.id)
        return next((thread for thread in mine if self.bot_named(thread.id, number)), None)

    def bot_named(self, channel_id: int, number: int) -> Message | None:
        """The bot's first message there that names the ticket."""
        return next((each for each in self._bot_messages(channel_id) if f"#{number}" in each.content), None)

    def said(self, channel_id: int, line: Line) -> Message | None:
        """The bot's message there that brings an agent's line under the agent's name."""
        found = (each for each in self._bot_messages(channel_id) if line.key in each.content)
        return next((each for each in found if line.who in each.content), None)

    def picture(self, channel_id: int, content: bytes) -> Message | None:
        """The bot's message there with this very file."""
        found = self._bot_messages(channel_id)
        return next((each for each in found if any(file.content == content for file in each.attachments)), None)

    def asked(self, channel_id: int) -> tuple[Message, str] | None:
        """The bot's latest question there whether it is solved, and the id of its button for yes."""
        for message in reversed(self._bot_messages(channel_id)):
            buttons = [each for row in message.components for each in row.get("components", [])]
            for button in buttons:
                if str(button.get("custom_id", "")).startswith(YES) and not button.get("disabled"):
                    return message, str(button["custom_id"])
        return None

    def times_in_chat(self, line: Line) -> int:
        """How often a line stands in any place in Discord and Matrix where customers read."""
        world = self._world
        direct = [world.discord.direct_channel(member).id for member in (world.mia, world.lena)]
        threads = [each.id for parent in (world.support, world.forum) for each in world.discord.threads(parent.id)]
        places = [world.support.id, *direct, *threads]
        texts = [message.content for place in places for message in world.discord.messages(place)]
        rooms = [world.support_room, *world.direct_rooms.values()]
        events = [event for room in rooms for event in world.support_reader.messages(room)]
        texts += [str(event["content"].get("body", "")) for event in events]
        return sum(line.key in text for text in texts)

    def _bot_messages(self, channel_id: int) -> list[Message]:
        bot = self._world.discord.bot_user.id
        return [each for each in self._world.discord.messages(channel_id) if each.author.id == bot]

    def channel(self, channel_id: int) -> str:
        """What stands in a channel or thread, and which threads it has."""
        threads = [f"“{thread.name}”" for thread in self._world.discord.threads(channel_id)]
        texts = [f"“{each.content}”" for each in self._world.discord.messages(channel_id)]
        return f"messages {'; '.join(texts) or 'none'}; threads {', '.join(threads) or 'none'}"

    # Matrix

    def matrix_reaction(self, event_id: str) -> str | None:
        """The bot's first reaction on a message, as Jonas sees it."""
        bot = self._world.bot_matrix_id
        found = self._world.support_reader.reactions(self._world.support_room, event_id)
        keys = (each["content"]["m.relates_to"].get("key") for each in found if each["sender"] == bot)
        return next((str(key) for key in keys if key), None)

    def bot_named_in_matrix(self, root: str, number: int) -> Event | None:
        """The bot's first message in a thread that names the ticket, as Jonas reads it."""
        messages = self._bot_thread(root)
        return next((each for each in messages if f"#{number}" in str(each["content"].get("body"))), None)

    def said_in_matrix(self, root: str, line: Line) -> Event | None:
        """The bot's message in a thread that brings an agent's line under the agent's name."""
        for event in self._bot_thread(root):
            body = str(event["content"].get("body"))
            if line.key in body and line.who in body:
                return event
        return None

    def asked_in_matrix(self, root: str) -> Event | None:
        """The bot's latest message in a thread on which it has put the emoji for yes."""
        return next((each for each in reversed(self._bot_thread(root)) if self._offers_yes(each["event_id"])), None)

    def _offers_yes(self, event_id: str) -> bool:
        reactions = self._world.support_reader.reactions(self._world.support_room, event_id)
        bot = self._world.bot_matrix_id
        return any(each["sender"] == bot and relation(each).get("key") == YES_EMOJI for each in reactions)

    def _bot_thread(self, root: str) -> list[Event]:
        return [each for each in self._thread(root) if each["sender"] == self._world.bot_matrix_id]

    def matrix_thread(self, root: str) -> str:
        """What stands in a thread."""
        texts = [f"“{each['content'].get('body', '')}”" for each in self._thread(root)]
        return f"in the thread: {'; '.join(texts) or 'nothing'}"

    def _thread(self, root: str) -> list[Event]:
        return self._world.support_reader.messages(self._world.support_room, root)
