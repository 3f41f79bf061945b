"""How the bot knows somebody: `/whoami`."""

from bot.domain.commands import CommandReply, Invocation
from bot.domain.permissions import Standing, Team
from bot.domain.richtext import join
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.usecases.acts import place_of

_SENTENCES = {
    Standing.PUBLIC: "whoami_public",
    Standing.STAFF: "whoami_staff",
    Standing.TRIAGER: "whoami_triager",
}


class Identity:
    """Carries it out."""

    def __init__(self, *, team: Team, wording: Wording) -> None:
        self._team = team
        self._wording = wording

    async def run(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Account, standing, and the FreeScout user where one is mapped; confidential for staff."""
        del checked
        author = invocation.author
        text = self._wording.say("whoami", name=author.name, place=place_of(invocation), account=author.user_id)
        standing = self._team.standing(author)
        text = join(text, self._wording.say(_SENTENCES[standing]))
        member = self._team.member(author)
        if member is not None:
            text = join(text, self._wording.say("whoami_mapped", name=member.name, agent=str(member.agent_id)))
        elif standing > Standing.PUBLIC:
            text = join(text, self._wording.say("whoami_unmapped"))
        return CommandReply(text=text, confidential=standing > Standing.PUBLIC)
