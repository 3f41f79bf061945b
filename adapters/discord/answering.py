"""Answering an interaction, to the one person who started it: deferred first, since Discord waits three seconds only.

What a click changes in the message itself is shown to all, and pings nobody.

Everything is safe to repeat where an answer of Discord's is lost, and nothing here raises what Discord answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import discord
import structlog
from typing_extensions import override

from adapters.discord.components import Json, rows_of
from adapters.discord.faults import FAULTS
from adapters.discord.rendering import render
from bot.domain.chat import Card
from bot.domain.richtext import RichText, from_plain

_log = structlog.get_logger(__name__)

STORE_FAILED: Final = from_plain(
    "Something went wrong on our side and nothing was changed. Please try again in a minute."
)
_TOO_LATE = 10062
_ANSWERED_ALREADY = 40060
_UNANSWERABLE = frozenset({_TOO_LATE, _ANSWERED_ALREADY})
_WORDLESS = "…"
_NOBODY = discord.AllowedMentions.none()


async def deferred(interaction: discord.Interaction, *, updates: bool = False) -> bool:
    """Tell Discord that an answer follows. False: it is too late for any answer, so nothing must be done either.

    ``updates``: what follows changes the message that was clicked, so nobody sees "thinking". Without an answer from
    Discord the deferral may have worked: then the work is done, and is safe to repeat.
    """
    try:
        await interaction.response.defer(ephemeral=True, thinking=not updates)
    except discord.HTTPException as error:
        _log.warning("discord_interaction_refused", reason=error.text, code=error.code)
        return error.code not in _UNANSWERABLE
    except FAULTS as error:
        _log.warning("discord_interaction_unsure", reason=repr(error))
    return True


async def answer(interaction: discord.Interaction, text: RichText) -> None:
    """Put the answer in place of "thinking"."""
    content = render(text) or _WORDLESS

    async def put() -> None:
        await interaction.edit_original_response(content=content, allowed_mentions=_NOBODY)

    await _stubbornly(put)


async def answer_at_once(interaction: discord.Interaction, text: RichText) -> None:
    """Answer without having deferred."""
    content = render(text) or _WORDLESS

    async def put() -> None:
        await interaction.response.send_message(content, ephemeral=True, allowed_mentions=_NOBODY)

    await _stubbornly(put)


async def open_form(interaction: discord.Interaction, form: discord.ui.Modal) -> None:
    """Show a form; the library keeps nothing of it, since what is filled in tells what it is for."""
    form.stop()

    async def put() -> None:
        await interaction.response.send_modal(form)

    await _stubbornly(put)


async def show_anew(interaction: discord.Interaction, card: Card) -> None:
    """Show the clicked message like this from now on."""
    content = render(card.text) or _WORDLESS
    rows = _Rows(rows_of(menus=card.menus, choices=card.choices, links=card.links))

    async def put() -> None:
        await interaction.edit_original_response(content=content, view=rows, allowed_mentions=_NOBODY)

    await _stubbornly(put)


async def say_beside(interaction: discord.Interaction, text: RichText) -> None:
    """Answer with a message of its own, beside the one that was clicked. A lost answer may let it be said twice."""
    content = render(text) or _WORDLESS

    async def put() -> None:
        await interaction.followup.send(content, ephemeral=True, allowed_mentions=_NOBODY)

    await _stubbornly(put)


async def take_back(interaction: discord.Interaction) -> None:
    """Take "thinking" away: there is nothing to say."""
    await _stubbornly(interaction.delete_original_response)


class _Rows(discord.ui.View):
    """Rows that are written already. It is over from the beginning, so that the library keeps nothing of it."""

    def __init__(self, rows: Sequence[Json]) -> None:
        super().__init__(timeout=None)
        self._written = [dict(row) for row in rows]
        self.stop()

    @override
    def to_components(self) -> list[dict[str, Any]]:
        return self._written


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
