"""The board's HTML. Templates escape everything; only the report's pictures, which are our own, come in as they are."""

import secrets
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adapters.web.board_figures import figures
from adapters.web.board_filters import EVENTS, address, facets, is_filtered
from adapters.web.board_rows import lines
from adapters.web.board_words import stamp
from bot.domain.board import BoardView
from bot.domain.sla_ticket import BoardFilter
from bot.ports.board import BoardReport

MOST_ROWS = 200

_TEMPLATES = Environment(
    loader=PackageLoader("adapters.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and the nonce that lets its own style and script run."""

    html: str
    nonce: str


def board_page(view: BoardView, report: BoardReport | None, chosen: BoardFilter) -> Page:
    """The whole board."""
    nonce = _nonce()
    below = {"made": "", "report": None, "pictures": ()} if report is None else _report(report, nonce)
    return _page("board.html", nonce, **_tickets(view, chosen), **below)


def tickets_part(view: BoardView, chosen: BoardFilter) -> str:
    """The part that changes while one looks."""
    return _TEMPLATES.get_template("tickets.html").render(_tickets(view, chosen))


def sign_in_page(chosen: BoardFilter, sentence: str) -> Page:
    """The form that asks for the token."""
    return _page("sign_in.html", _nonce(), sentence=sentence, action=address(chosen))


def trouble_page(sentence: str) -> Page:
    """That there is nothing to be shown now; it tries again by itself."""
    return _page("trouble.html", _nonce(), sentence=sentence)


def _nonce() -> str:
    return secrets.token_urlsafe(16)


def _page(name: str, nonce: str, **shown: object) -> Page:
    return Page(html=_TEMPLATES.get_template(name).render(shown, nonce=nonce), nonce=nonce)


def _tickets(view: BoardView, chosen: BoardFilter) -> dict[str, object]:
    zone = ZoneInfo(view.zone)
    rows = view.rows[:MOST_ROWS]
    fitting = _fitting(view, chosen)
    return {
        "now": stamp(view.now, zone),
        "zone": view.zone,
        "counts": view.counts,
        "facets": facets(chosen, view.counts),
        "is_filtered": is_filtered(chosen),
        "rows": lines(rows, view.now, zone),
        "fitting": fitting,
        "more": max(fitting - len(rows), 0),
        "address": address(chosen),
        "events": address(chosen, EVENTS),
    }


def _fitting(view: BoardView, chosen: BoardFilter) -> int:
    """How many tickets fit all filters: a filter's counts are told as if only it were not set."""
    if chosen.origin:
        return view.counts.by_origin.get(chosen.origin, 0)
    if chosen.label:
        return view.counts.by_label.get(chosen.label, 0)
    if chosen.priority:
        return view.counts.by_priority.get(chosen.priority, 0)
    return view.counts.total


def _report(report: BoardReport, nonce: str) -> dict[str, object]:
    """A picture may have a style sheet of its own; it needs the nonce as well."""
    own = [picture.replace("<style", f'<style nonce="{nonce}"') for picture in report.pictures]
    return {
        "made": report.report.made_at.isoformat(),
        "report": figures(report.report),
        "pictures": [Markup(picture) for picture in own],  # noqa: S704 - drawn by ourselves
    }
