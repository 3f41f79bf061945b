"""Quotes, lists and list items under way, one in the other."""

from dataclasses import dataclass, field

from bot.domain.richtext import Block, Listing, Quote

_LISTS = frozenset({"ul", "ol"})


@dataclass(slots=True)
class _Box:
    tag: str = ""
    blocks: list[Block] = field(default_factory=list)
    items: list[tuple[Block, ...]] = field(default_factory=list)
    start: int = 1

    def take(self, block: Block) -> None:
        """A list right inside a list belongs to the item before it, as editors that indent mean it."""
        if self.tag not in _LISTS:
            self.blocks.append(block)
        elif self.items and isinstance(block, Listing):
            self.items[-1] = (*self.items[-1], block)
        else:
            self.items.append((block,))


class Boxes:
    """Blocks are added to the innermost box. Beyond ``deepest`` boxes nothing is opened any more."""

    def __init__(self, deepest: int) -> None:
        self._deepest = deepest
        self._boxes = [_Box()]

    def add(self, block: Block) -> None:
        self._boxes[-1].take(block)

    def open(self, tag: str, start: str) -> None:
        if len(self._boxes) < self._deepest:
            self._boxes.append(_Box(tag=tag, start=int(start) if start.isdecimal() and len(start) < 7 else 1))

    def close(self, tag: str) -> None:
        """Close the innermost box if it is such an element."""
        if self._boxes[-1].tag != tag or len(self._boxes) == 1:
            return
        box = self._boxes.pop()
        outer = self._boxes[-1]
        if tag in _LISTS:
            if box.items:
                outer.take(Listing(items=tuple(box.items), ordered=tag == "ol", start=box.start))
        elif not box.blocks:
            return
        elif tag == "blockquote":
            outer.take(Quote(blocks=tuple(box.blocks)))
        elif outer.tag in _LISTS:
            outer.items.append(tuple(box.blocks))
        else:
            outer.blocks.extend(box.blocks)

    def result(self) -> tuple[Block, ...]:
        """Everything; what is still open ends here."""
        while len(self._boxes) > 1:
            self.close(self._boxes[-1].tag)
        return tuple(self._boxes[0].blocks)
