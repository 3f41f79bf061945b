"""What went wrong at Discord, in the words of the taxonomy: the one place where vendor errors are read."""

from datetime import timedelta
from typing import Final

import aiohttp
import discord

from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MEMBER: Final = 10007
UNKNOWN_MESSAGE: Final = 10008
UNKNOWN_USER: Final = 10013
TOO_LARGE: Final = 40005
INVALID_FORM: Final = 50035
ARCHIVED: Final = 50083
THREAD_EXISTS: Final = 160004
LOCKED: Final = 160005

_REASONS: Final = {
    10003: "the channel or thread was deleted",
    10004: "the bot is not on this server",
    10008: "the message was deleted",
    30010: "the message has as many different reactions as Discord allows",
    40005: "the files are larger than Discord takes",
    40058: "the forum post has no first message yet",
    40067: "the forum wants each post to have a tag",
    50001: "the bot cannot see it: give its role View Channel there",
    50007: "the member takes no direct messages from the bot",
    50024: "this kind of channel cannot do it",
    50083: "the thread is archived",
    50278: "the member has left the server, so that the bot cannot write to them",
    90001: "the member has blocked the bot",
    160002: "the bot lacks Read Message History there",
    160005: "the thread is locked",
    160006: "the server has as many active threads as Discord allows",
}
_LACKS_PERMISSION: Final = 50013


class DeniedError(PermanentError):
    """Discord understood and said no; ``code`` is its own number for why, 0 where it gave none."""

    def __init__(self, reason: str, *, status: int, code: int) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


Fault = discord.DiscordException | aiohttp.ClientError | OSError
"""What a request can end with, timeouts included (``TimeoutError`` is an ``OSError``)."""
FAULTS: Final = (discord.DiscordException, aiohttp.ClientError, OSError)


def delivery_error(error: Fault, *, creates: bool, needs: str = "") -> DeliveryError:
    """The error for what the caller does next.

    ``creates``: the request makes something, so without an answer it may have been done. ``needs`` names the permission
    that the request takes, for the reason.
    """
    match error:
        case discord.RateLimited():
            return TransientError("Discord asks to slow down", retry_after=timedelta(seconds=error.retry_after))
        case discord.LoginFailure():
            return TransientError("Discord refuses the bot's token")
        case discord.HTTPException():
            return _answered(error, creates=creates, needs=needs)
        case aiohttp.ClientConnectorError():
            return TransientError("Discord cannot be reached")
        case _ if creates:
            return OutcomeUnknownError(f"no answer from Discord ({type(error).__name__})")
        case _:
            return TransientError(f"no answer from Discord ({type(error).__name__})")


def _answered(error: discord.HTTPException, *, creates: bool, needs: str) -> DeliveryError:
    if error.status == 429:
        return TransientError("Discord asks to slow down", retry_after=_asked(error))
    if error.status == 401:
        return TransientError("Discord refuses the bot's token")
    if error.status >= 500:
        reason = f"Discord has trouble ({error.status})"
        return OutcomeUnknownError(reason) if creates else TransientError(reason)
    return DeniedError(_reason(error, needs), status=error.status, code=error.code)


def _reason(error: discord.HTTPException, needs: str) -> str:
    if error.code == _LACKS_PERMISSION and needs:
        return f"the bot lacks {needs}"
    return (
        _REASONS.get(error.code) or f"Discord refused it ({error.status}, code {error.code}): {_first_line(error.text)}"
    )


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:200]


def _asked(error: discord.HTTPException) -> timedelta | None:
    try:
        return timedelta(seconds=float(error.response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
