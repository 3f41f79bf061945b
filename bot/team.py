"""Who belongs to the team, and where it is told things: read out of the settings."""

from bot.domain.chat import ChatAddress, Platform
from bot.domain.permissions import Team, TeamMember
from bot.settings import Settings
from bot.usecases.places import StaffPlaces


def team_of(settings: Settings) -> Team:
    """Who belongs to the team."""
    discord, matrix = settings.discord, settings.matrix
    return Team(
        triager_roles=frozenset(map(str, discord.triager_roles)) if discord else frozenset(),
        staff_roles=frozenset(map(str, discord.staff_roles)) if discord else frozenset(),
        matrix_triagers=frozenset(matrix.triagers) if matrix else frozenset(),
        matrix_staff=frozenset(matrix.staff) if matrix else frozenset(),
        members=tuple(
            TeamMember(
                name=member.name,
                agent_id=member.freescout_user_id,
                discord_id=str(member.discord_id or ""),
                matrix_id=member.matrix_id or "",
            )
            for member in settings.staff.members
        ),
    )


def staff_places_of(settings: Settings) -> StaffPlaces:
    """Where the team is told things; Discord first, where it works all day."""
    places = []
    if settings.discord and settings.discord.staff_channel:
        places.append(ChatAddress(platform=Platform.DISCORD, room=str(settings.discord.staff_channel)))
    if settings.matrix and settings.matrix.staff_room:
        places.append(ChatAddress(platform=Platform.MATRIX, room=settings.matrix.staff_room))
    return StaffPlaces(places=tuple(places))
