"""Sizes as people read them."""

_STEP = 1024


def readable_size(size_bytes: int | None) -> str:
    """``831 B``, ``12 kB``, ``3.4 MB``; "size unknown" for None."""
    if size_bytes is None:
        return "size unknown"
    if size_bytes < _STEP:
        return f"{size_bytes} B"
    if size_bytes < _STEP * _STEP:
        return f"{size_bytes / _STEP:.0f} kB"
    return f"{size_bytes / _STEP / _STEP:.1f} MB"
