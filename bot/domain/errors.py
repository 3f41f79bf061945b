"""The taxonomy: an error is named for what the caller does next.

Adapters translate vendor errors into these in one place each; nothing above an adapter knows a status code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class BotError(Exception):
    """Everything this program raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFault:
    """One thing wrong in the settings: the dotted key an operator edits, and the problem with its remedy."""

    key: str
    problem: str


class SettingsError(BotError):
    """The settings cannot be used; lists every fault at once. Next step: stop and show them."""

    def __init__(self, faults: Sequence[SettingsFault]) -> None:
        super().__init__("; ".join(f"{fault.key}: {fault.problem}" for fault in faults))
        self.faults = tuple(faults)


class StoreError(BotError):
    """The store cannot be opened or used (locked by another process, newer schema). Next step: stop and say so."""


class StoreNotReadyError(StoreError):
    """There is no store yet, or it is an older version's. Next step: ``supportbot run`` makes it ready."""


class CommandError(BotError):
    """A command cannot be carried out; the text may be shown to the person who ran it, and nothing was changed."""


class DeliveryError(BotError):
    """A delivery did not (surely) reach its system."""


class TransientError(DeliveryError):
    """Not done and worth another try; ``retry_after`` is what the system asked for, when it did."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class PermanentError(DeliveryError):
    """Not done, and another try cannot help: park it and tell staff."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FilesRefusedError(PermanentError):
    """The chat platform took none of the files because of their size: say it without them, naming them."""


class CustomerGoneError(PermanentError):
    """The help desk's customer is not there any more (merged or deleted by an agent): make a new one, try once more."""


class OutcomeUnknownError(DeliveryError):
    """Sent, but no answer came: look for our mark before sending again.

    ``settles_after`` is how long the other side may still be at work on it (a request that timed out is often finished
    later): until then a look that finds nothing is not believed, since sending again would make a second one.
    """

    def __init__(self, reason: str, *, settles_after: timedelta = timedelta()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.settles_after = settles_after


class WebhookError(BotError):
    """A webhook not answered with success; ``status`` is what the sender is told: 401 not signed by who it says,
    400 malformed, 404 not set up here.
    """

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = status


class RefusedError(BotError):
    """A system refused the bot's own credentials for good. Next step: end that leg with this message; never retry."""
