"""What a live check found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: its part ("freescout", ...), what it is, whether it is well, and the fix if not."""

    part: str
    subject: str
    well: bool
    fix: str = ""
