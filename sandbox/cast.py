"""What people say in the story: requests as they come in every day, for a product that does not exist."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something somebody writes; `key` is a phrase that occurs in it once and nowhere else."""

    who: str
    text: str
    key: str


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
ALL_LINES = (MIA_ASKS, MIA_ADDS, JONAS_ASKS, LENA_ASKS)
