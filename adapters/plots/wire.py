"""What the bot and the drawing process say to each other: a request as JSON, the answer as JSON (SVG) or PNG."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.charts import BarChart, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Charts to draw: as one picture under this title, or each as an SVG when there is no title."""

    charts: tuple[BarChart, ...]
    picture_title: str | None


def build_request(charts: Sequence[BarChart], picture_title: str | None) -> bytes:
    """The request for the drawing process."""
    return json.dumps({"charts": [asdict(chart) for chart in charts], "picture_title": picture_title}).encode()


def parse_request(raw: bytes) -> Request:
    """The request as the drawing process gets it."""
    said = json.loads(raw)
    return Request(charts=tuple(map(_chart, said["charts"])), picture_title=said["picture_title"])


def build_drawings(drawings: Sequence[str]) -> bytes:
    """The answer to a request without a picture's title."""
    return json.dumps(drawings).encode()


def parse_drawings(raw: bytes) -> tuple[str, ...]:
    """The SVG elements of an answer. Raises ValueError when it is none."""
    said = json.loads(raw)
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise ValueError("no list of drawings")
    return tuple(said)


def _chart(said: Mapping[str, Any]) -> BarChart:
    series = tuple(
        Series(name=one["name"], values=tuple(one["values"]), notes=tuple(one["notes"])) for one in said["series"]
    )
    return BarChart(**{**said, "categories": tuple(said["categories"]), "series": series})
