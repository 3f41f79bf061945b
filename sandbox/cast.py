"""What people say in the story: requests as they come in every day, for a product that does not exist.

A key has letters and blanks only, so that it reads the same in the markup of every system.
"""

import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something somebody writes; `key` is a phrase that occurs in it once and nowhere else.

    `topic` is given to the further request of somebody who has asked before.
    """

    who: str
    text: str
    key: str
    topic: str = ""

    @property
    def ticket(self) -> str:
        """What its ticket goes by in the story: who asked, or the topic."""
        return self.topic or self.who


MIA_ASKS = Line(
    who="Mia",
    text=(
        "Hi! Since this morning Larkspur exports my notebooks as empty PDF files. "
        "Printing from the browser still works. Is there anything I can try?"
    ),
    key="exports my notebooks as empty PDF files",
)
MIA_ADDS = Line(
    who="Mia",
    text="One more thing: it only happens with notebooks that contain pictures.",
    key="only happens with notebooks that contain pictures",
)
JONAS_ASKS = Line(
    who="Jonas",
    text="Hello, is there a way to share one notebook with my whole study group? I did not find it in the settings.",
    key="share one notebook with my whole study group",
)
LENA_TITLE = "Sync stops at 99 %"
LENA_ASKS = Line(
    who="Lena",
    text=(
        "The sync bar on my tablet stops at 99 % and stays there. Today's notes exist only on the tablet so far, "
        "so I would rather not reinstall the app."
    ),
    key="notes exist only on the tablet",
)
MIA_NOTE = "Printing works, so there is a workaround."

ALEXANDER_ANSWERS = Line(
    who="Alexander",
    text=(
        "<div>Thank you, Mia. Please rebuild the picture cache:</div>"
        "<ul><li>close all notebooks</li><li>open a terminal and run</li></ul>"
        "<pre><code>larkspur cache --rebuild</code></pre>"
        "<div>The attached picture shows <strong>where</strong> to find it in the menu.</div>"
    ),
    key="rebuild the picture cache",
)
ALEXANDER_NOTES = Line(
    who="Alexander",
    text="<div>The renderer drops layers above ten megabytes, do not tell her yet.</div>",
    key="renderer drops layers",
)
ALEXANDER_SLIPS = Line(
    who="Alexander",
    text="<div>Your invoice is overdue, please pay it this week.</div>",
    key="invoice is overdue",
)
ALEXANDER_ADDS = Line(
    who="Alexander",
    text="<div>If that does not help, version five comes on Monday and exports pictures anew.</div>",
    key="version five comes on Monday",
)
MIA_CORRECTS = Line(
    who="Mia",
    text="One more thing: it only happens with notebooks that contain pictures larger than my screen.",
    key="pictures larger than my screen",
)
JONAS_ADDS = Line(
    who="Jonas",
    text="We are twelve people, by the way, in case that matters for the plan.",
    key="twelve people",
)
ADA_ANSWERS = Line(
    who="Ada",
    text=(
        "<div>Hello Jonas, choose <strong>Share</strong> and then <em>Group link</em>; "
        "every plan has room for twenty members.</div>"
    ),
    key="room for twenty members",
)
PAT_ADDRESS, PAT_SUBJECT = "pat@mail.example", "My invoice for October"
PAT_ASKS = Line(
    who="Pat",
    text=(
        "Good morning, the invoice for October has not reached me yet, and our accounts close this evening. "
        "Could you send it once more, please?"
    ),
    key="accounts close this evening",
)
ALEXANDER_APOLOGIZES = Line(
    who="Alexander",
    text=(
        "<div>Dear Pat, I am sorry that you had to wait. Your invoice waits for you under "
        "<strong>Account</strong>, <em>Invoices</em>.</div>"
    ),
    key="sorry that you had to wait",
)
MIA_ALARMS = Line(
    who="Mia",
    text="Is there an outage? Nobody in our office has been able to open a notebook for ten minutes.",
    key="open a notebook for ten minutes",
    topic="Mia, later",
)
CRITICAL_WORD = "outage"
REQUESTS = (MIA_ASKS, MIA_ADDS, JONAS_ASKS, LENA_ASKS, JONAS_ADDS, PAT_ASKS, MIA_ALARMS)
MAILED = (ALEXANDER_APOLOGIZES,)
ANSWERS = (ALEXANDER_ANSWERS, ALEXANDER_ADDS, ADA_ANSWERS)
KEPT_INSIDE = (ALEXANDER_NOTES, ALEXANDER_SLIPS)
PICTURE_NAME = "menu.png"
ONCALL_ROLE = "On call"
"""The guild's role that is pinged when a promise is about to be broken. Everybody may mention it."""


def picture(width: int = 96, height: int = 64) -> bytes:
    """A small PNG: what Alexander attaches to his answer."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (40 + x, 90 + 2 * y, 160)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
