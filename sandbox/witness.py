"""What the other side has received, read from FreeScout's database, the Discord guild and the Matrix room."""

from sandbox.cast import Line
from sandbox.discord import Message, Thread
from sandbox.freescout import Conversation
from sandbox.page.markup import plain_text
from sandbox.room_reader import Event
from sandbox.world import SandboxWorld


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
        bot = self._world.discord.bot_user.id
        messages = self._world.discord.messages(channel_id)
        return next((each for each in messages if each.author.id == bot and f"#{number}" in each.content), None)

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
        bot = self._world.bot_matrix_id
        messages = (each for each in self._thread(root) if each["sender"] == bot)
        return next((each for each in messages if f"#{number}" in str(each["content"].get("body"))), None)

    def matrix_thread(self, root: str) -> str:
        """What stands in a thread."""
        texts = [f"“{each['content'].get('body', '')}”" for each in self._thread(root)]
        return f"in the thread: {'; '.join(texts) or 'nothing'}"

    def _thread(self, root: str) -> list[Event]:
        return self._world.support_reader.messages(self._world.support_room, root)
