"""Answering an interaction, to the one person who started it: deferred first, since Discord waits three seconds only.

Everything is safe to repeat where an answer of Discord's is lost, and nothing here raises what Discord answers.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import discord
import structlog

from adapters.discord.faults import FAULTS
from adapters.discord.rendering import render
from bot.domain.richtext import RichText, from_plain

_log = structlog.get_logger(__name__)

STORE_FAILED: Final = from_plain(
    "Something went wrong on our side and nothing was changed. Please try again in a minute."
)
_TOO_LATE = 10062
_ANSWERED_ALREADY = 40060
_UNANSWERABLE = frozenset({_TOO_LATE, _ANSWERED_ALREADY})


async def deferred(interaction: discord.Interaction) -> bool:
    """Tell Discord that an answer follows. False: it is too late for any answer, so nothing must be done either.

    Without an answer from Discord the deferral may have worked: then the work is done, and is safe to repeat.
    """
    try:
        await interaction.response.defer(ephemeral=True, thinking=True)
    except discord.HTTPException as error:
        _log.warning("discord_interaction_refused", reason=error.text, code=error.code)
        return error.code not in _UNANSWERABLE
    except FAULTS as error:
        _log.warning("discord_interaction_unsure", reason=repr(error))
    return True


async def answer(interaction: discord.Interaction, text: RichText) -> None:
    """Put the answer in place of "thinking"."""
    content = render(text) or "…"

    async def put() -> None:
        await interaction.edit_original_response(content=content, allowed_mentions=discord.AllowedMentions.none())

    await _stubbornly(put)


async def take_back(interaction: discord.Interaction) -> None:
    """Take "thinking" away: there is nothing to say."""
    await _stubbornly(interaction.delete_original_response)


async def _stubbornly(act: Callable[[], Awaitable[None]]) -> None:
    """Once more when the connection failed."""
    for is_last in (False, True):
        try:
            await act()
        except discord.HTTPException as error:
            _log.warning("discord_answer_refused", reason=error.text, code=error.code)
            return
        except FAULTS as error:
            _log.warning("discord_answer_unsure", reason=repr(error), is_last=is_last)
        else:
            return
