"""The chat places where the team is told things."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, System
from bot.domain.effects import Effect, Say
from bot.domain.ids import delivery_id
from bot.domain.richtext import RichText

PLATFORM_NAMES = {Platform.DISCORD: "Discord", Platform.MATRIX: "Matrix"}
SYSTEM_OF = {Platform.DISCORD: System.DISCORD, Platform.MATRIX: System.MATRIX}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPlaces:
    """Where staff is told, in order of preference."""

    places: tuple[ChatAddress, ...] = ()

    def choose(self, *, avoid: Platform | None = None) -> ChatAddress | None:
        """One place, on another platform than ``avoid`` where there is a choice; None when no staff place is set up."""
        others = [place for place in self.places if place.platform is not avoid]
        return next(iter([*others, *self.places]), None)

    def holds(self, address: ChatAddress) -> bool:
        """Whether this is a staff place, or a chat thread in one."""
        return any((place.platform, place.room) == (address.platform, address.room) for place in self.places)

    def near(self, platform: Platform) -> ChatAddress | None:
        """One place, on this platform where there is one; None when no staff place is set up."""
        here = [place for place in self.places if place.platform is platform]
        return next(iter([*here, *self.places]), None)

    def tell(
        self, text: RichText, *, once: Sequence[str], now: datetime, avoid: Platform | None = None
    ) -> tuple[Delivery, ...]:
        """The delivery that tells staff this, once for the same ``once``; none when no staff place is set up."""
        place = self.choose(avoid=avoid)
        if place is None:
            return ()
        # A lane per platform: one that is away must not keep back what is told on the other.
        key = f"staff:{place.platform}"
        return (promise("staff", *once, effect=Say(address=place, text=text), key=key, now=now),)


def promise(*cause: str, effect: Effect, key: str, now: datetime, system: System | None = None) -> Delivery:
    """A new delivery, its id derived from its cause; chat deliveries find their system by the effect's address."""
    if system is None:
        address = getattr(effect, "address", None)
        if not isinstance(address, ChatAddress):
            raise TypeError(f"{effect.kind} has no chat address: name its system")
        system = SYSTEM_OF[address.platform]
    return Delivery(
        delivery_id=delivery_id(*cause),
        ordering_key=key,
        system=system,
        effect=effect,
        created_at=now,
        next_attempt_at=now,
    )


def desk_lane(link_id: str) -> str:
    """The ordering key of everything that goes to FreeScout for one ticket."""
    return f"desk:{link_id}"


def chat_lane(link_id: str) -> str:
    """The ordering key of everything that is said in one ticket's chat thread."""
    return f"chat:{link_id}"


def later(delivery: Delivery, at: datetime) -> Delivery:
    """The same, not before ``at``."""
    return replace(delivery, next_attempt_at=at)
