"""Makes matplotlib's SVG an element for a page: in the page's colours and font, ids of its own, no metadata."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from adapters.plots.look import visible

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_SHORTHAND = re.compile(r"font: (?:(\w+) )?([\d.]+px) [^;]*")
_FAMILY = re.compile(r"font-family: [^;]*")
_PAGE_FAMILY = "font-family: var(--chart-font, system-ui, sans-serif)"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")

ET.register_namespace("", _SVG.strip("{}"))
ET.register_namespace("xlink", _HREF[1:].partition("}")[0])


def for_page(raw: bytes, *, title: str, summary: str, prefix: str, colours: Mapping[str, str]) -> str:
    """The element. ``prefix`` begins its ids; ``colours`` maps what was drawn to what the page's style decides."""
    root = ET.fromstring(raw)  # noqa: S314 - written by matplotlib a moment ago
    for extra in root.findall(f"{_SVG}metadata"):
        root.remove(extra)
    _rename(root, prefix)
    for element in root.iter():
        if style := element.get("style"):
            element.set("style", _restyled(style, colours))
    _introduce(root, title, summary, prefix)
    return ET.tostring(root, encoding="unicode")


def _introduce(root: ET.Element, title: str, summary: str, prefix: str) -> None:
    """As wide as the page lets it be, and named for screen readers."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib.update({"class": "chart", "role": "img", "aria-labelledby": f"{prefix}-title {prefix}-summary"})
    for place, (name, text) in enumerate((("title", title), ("desc", summary))):
        element = ET.Element(f"{_SVG}{name}", id=f"{prefix}-{'title' if name == 'title' else 'summary'}")
        element.text = visible(text)
        root.insert(place, element)


def _rename(root: ET.Element, prefix: str) -> None:
    """Keep the ids something refers to, numbered, under a prefix that no other chart of the page has: matplotlib's own
    are made by chance.
    """
    wanted = {element.get(_HREF, "").removeprefix("#") for element in root.iter()}
    wanted |= {
        name for element in root.iter() for value in element.attrib.values() for name in _REFERENCE.findall(value)
    }
    ids = [element.get("id", "") for element in root.iter() if element.get("id") in wanted]
    names = {name: f"{prefix}-{number}" for number, name in enumerate(ids)}
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                del element.attrib["id"]
                if value in names:
                    element.set("id", names[value])
            elif key == _HREF:
                element.set(key, "#" + names[value.removeprefix("#")])
            else:
                element.set(key, _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value))


def _restyled(style: str, colours: Mapping[str, str]) -> str:
    style = _FAMILY.sub(_PAGE_FAMILY, _SHORTHAND.sub(_spelled_out, style))
    return re.sub(r"#[0-9a-f]{6}", lambda match: colours.get(match[0], match[0]), style)


def _spelled_out(match: re.Match[str]) -> str:
    """A page's font cannot stand in the shorthand."""
    return f"font-weight: {match[1] or 'normal'}; font-size: {match[2]}; {_PAGE_FAMILY}"
