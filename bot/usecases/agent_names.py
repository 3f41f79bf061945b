"""How agents are called in chat."""

from dataclasses import dataclass
from typing import Literal

from bot.domain.helpdesk import Agent
from bot.domain.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNames:
    """``style``: by first name, by full name, or as the team (setting ``replies.agent_name``)."""

    wording: Wording
    style: Literal["first", "full", "team"] = "first"

    def of(self, agent: Agent | None) -> str:
        """The agent's name as members read it; the team's where there is none."""
        team = self.wording.line("team_name")
        if agent is None or self.style == "team":
            return team
        return (agent.first_name.strip() if self.style == "first" else "") or agent.full_name or team
