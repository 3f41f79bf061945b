"""Public holidays, ready to paste into the settings: ``supportbot holidays``.

The only place that imports the ``holidays`` package. Its dates change from release to release, so the bot never asks it
while it computes: what counts is what stands in ``sla.holidays``.
"""

import difflib
from collections.abc import Sequence
from datetime import date

import holidays
from holidays.registry import COUNTRIES

from bot.domain.errors import CommandError

USAGE = "Say the country, perhaps a part of it, and the year, as in: supportbot holidays DE BE 2027"

_NAMES = {codes[1]: module.replace("_", " ").title() for module, codes in COUNTRIES.items()}
"""Two letters (ISO 3166) -> the country's English name."""


def listing(words: Sequence[str]) -> str:
    """The dates as a piece of TOML, a comment above it and each date's name beside it.

    ``words`` are COUNTRY [SUBDIVISION] YEAR. Raises CommandError naming what is wrong and what is possible.
    """
    if not 2 <= len(words) <= 3:
        raise CommandError(USAGE)
    country, year = _country(words[0]), _year(words[-1])
    part = _subdivision(country, words[1]) if len(words) == 3 else None
    place = f"{_NAMES[country]} ({country}" + (f", {_part_name(country, part)})" if part else ")")
    dates = _dates(country, part, year, place)
    lines = [f'    "{day.isoformat()}",  # {name}' for day, name in dates]
    return "\n".join([f"# Public holidays of {place} in {year}; belongs under [sla]", "holidays = [", *lines, "]"])


def _dates(country: str, part: str | None, year: int, place: str) -> list[tuple[date, str]]:
    """Days off by law, with those moved to a working day; names in English where the package has them."""
    known = holidays.country_holidays(country, subdiv=part, years=year, observed=True, language=_english(country))
    if not known:
        raise CommandError(
            f"The holidays package knows no public holidays of {place} in {year};"
            f" its dates for this country run from {known.start_year} to {known.end_year}, not every year has some."
        )
    return [(day, " ".join(str(name).split())) for day, name in sorted(known.items())]


def _country(word: str) -> str:
    code = {"UK": "GB"}.get(word.upper(), word.upper())
    if code in _NAMES:
        return code
    by_name = {name.lower(): code for code, name in _NAMES.items()}
    close = [word.lower()] if word.lower() in by_name else difflib.get_close_matches(word.lower(), by_name)
    meant = " or ".join(f"{by_name[name]} ({_NAMES[by_name[name]]})" for name in close)
    hint = f"did you mean {meant}?" if meant else "ISO 3166 lists them, such as DE, AT, CH, FR, GB or US."
    raise CommandError(f'There is no country "{word}" in the holidays package. Countries have two letters: {hint}')


def _subdivision(country: str, word: str) -> str:
    known = holidays.country_holidays(country)
    if not known.subdivisions:
        raise CommandError(f'The holidays package does not divide {_NAMES[country]} ({country}): leave "{word}" away.')
    aliases = {name.lower(): code for name, code in known.subdivisions_aliases.items()}
    codes = {code.lower(): code for code in known.subdivisions}
    if found := codes.get(word.lower(), aliases.get(word.lower())):
        return found
    listed = ", ".join(_part_name(country, code) for code in known.subdivisions)
    raise CommandError(f'{_NAMES[country]} ({country}) has no part "{word}". It has: {listed}')


def _part_name(country: str, code: str) -> str:
    """``BE Berlin``; the code alone where the package has no name for it."""
    aliases = holidays.country_holidays(country).subdivisions_aliases
    return " ".join([code, *[name for name, named in aliases.items() if named == code][:1]])


def _year(word: str) -> int:
    if len(word) == 4 and word.isascii() and word.isdecimal() and word >= "1900":
        return int(word)
    raise CommandError(f'"{word}" is no year: four digits are needed, such as 2027. {USAGE}')


def _english(country: str) -> str | None:
    known = holidays.country_holidays(country)
    if (known.default_language or "").startswith("en"):
        return known.default_language
    return "en_US" if "en_US" in known.supported_languages else None
