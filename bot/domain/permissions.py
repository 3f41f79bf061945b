"""Who belongs to the team, and who may run what."""

from dataclasses import dataclass
from enum import IntEnum

from bot.domain.chat import Author, Platform
from bot.domain.commands import Permission


class Standing(IntEnum):
    """What somebody is to the team; triagers count as staff."""

    PUBLIC = 0
    STAFF = 1
    TRIAGER = 2


_NEEDED = {
    Permission.EVERYBODY: Standing.PUBLIC,
    Permission.STAFF: Standing.STAFF,
    Permission.TRIAGER: Standing.TRIAGER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """One person of the team across systems; an empty id means: not there."""

    name: str
    agent_id: int
    discord_id: str = ""
    matrix_id: str = ""

    def is_author(self, author: Author) -> bool:
        """Whether this author is that person."""
        known = {Platform.DISCORD: self.discord_id, Platform.MATRIX: self.matrix_id}[author.platform]
        return bool(known) and known == author.user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Roles count on Discord, named accounts on Matrix, and mapped members everywhere."""

    triager_roles: frozenset[str] = frozenset()
    staff_roles: frozenset[str] = frozenset()
    matrix_triagers: frozenset[str] = frozenset()
    matrix_staff: frozenset[str] = frozenset()
    members: tuple[TeamMember, ...] = ()

    def standing(self, author: Author) -> Standing:
        """What this author is to the team."""
        if author.roles & self.triager_roles or self._named(author, self.matrix_triagers):
            return Standing.TRIAGER
        if author.roles & self.staff_roles or self._named(author, self.matrix_staff) or self.member(author):
            return Standing.STAFF
        return Standing.PUBLIC

    def may(self, author: Author, permission: Permission) -> bool:
        """Whether this author may run commands of this permission."""
        return self.standing(author) >= _NEEDED[permission]

    def member(self, author: Author) -> TeamMember | None:
        """The mapped team member that this author is, if any."""
        return next((member for member in self.members if member.is_author(author)), None)

    def roles_for(self, permission: Permission) -> frozenset[str]:
        """The Discord roles, any of which gives this permission."""
        return self.triager_roles if permission is Permission.TRIAGER else self.triager_roles | self.staff_roles

    @staticmethod
    def _named(author: Author, accounts: frozenset[str]) -> bool:
        return author.platform is Platform.MATRIX and author.user_id in accounts
