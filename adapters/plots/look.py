"""Colours and letters of the charts."""

import unicodedata
from typing import Any, Final

from matplotlib.typing import RcKeyType

COLOURS: Final = ("#0077bb", "#d55e00", "#009e73", "#c2649a", "#8d7b00", "#7569d6", "#3a93a8", "#85898f")
"""Told apart with any colour vision (after Okabe and Ito, darker where theirs are too pale), with a contrast of 3 or
more to both a white and a nearly black (#15171c) page. The last is grey: "others"."""

INK = "#1d2127"
FAINT = "#8a8f98"

SETTINGS: Final[dict[RcKeyType, Any]] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": 11,
    "text.parse_math": False,  # a label may have dollar signs
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.8,
    "svg.fonttype": "none",  # text stays text: to be read aloud, searched, and set in the page's font
}


def visible(text: str) -> str:
    """On one line, with blanks for characters that no XML may hold."""
    return " ".join("".join(" " if unicodedata.category(one) in _NO_LETTERS else one for one in text).split())


_NO_LETTERS = {"Cc", "Cn", "Cs"}
"""Control characters, code points that are none, halves of a pair."""
