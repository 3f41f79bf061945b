"""Is it solved? The member is asked, and whatever is answered, or not answered, ends the question."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain.chat import Author, Platform
from bot.domain.confirmation import Answer, choices
from bot.domain.delivery import System
from bot.domain.effects import Say, SetStatus, Ticket, WriteNote
from bot.domain.helpdesk import Status
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.domain.permissions import Standing, Team
from bot.domain.richtext import RichText
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.acts import actor_of
from bot.usecases.places import PLATFORM_NAMES, chat_lane, desk_lane, promise
from bot.usecases.status_lines import StatusLines

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRules:
    """Settings of ``[closing]``, and whether the member is mentioned when asked."""

    confirm: timedelta = timedelta(days=5)
    remind: timedelta = timedelta(days=3)
    reopen: timedelta = timedelta(days=14)
    notify_author: bool = True

    @property
    def confirm_after_reminder(self) -> timedelta:
        """How long a reminder is before the end; zero where there is none."""
        return max(self.confirm - self.remind, timedelta())


class Confirming:
    """Asks, and takes the answers. Everything here is part of somebody else's transaction."""

    def __init__(self, *, clock: Clock, wording: Wording, team: Team, lines: StatusLines, rules: ClosingRules) -> None:
        self._clock = clock
        self._wording = wording
        self._team = team
        self._lines = lines
        self._rules = rules

    async def closed_by_agent(self, records: Records, link: ConversationLink, who: str, cause: str) -> None:
        """An agent closed the conversation: it stays closed, and the member is asked; who was asked already is told."""
        if link.asked_at is not None:
            await self._lines.line(records, link, "closed_by_agent", cause, name=who)
            return
        await self._ask(records, link, "ask_closed", cause, name=who)

    async def ask(self, records: Records, link: ConversationLink, cause: str, author: Author) -> None:
        """Somebody says that it is solved: the ticket waits for the member's word."""
        await self._set(records, link, Status.PENDING, cause)
        sentence = "ask_own" if author.user_id == link.author_id else "ask_solved"
        await self._ask(records, replace(link, status=Status.PENDING), sentence, cause, name=author.name)

    async def _ask(self, records: Records, link: ConversationLink, sentence: str, cause: str, *, name: str) -> None:
        now = self._clock.now()
        await records.links.save(replace(link.without_question(), asked_at=now))
        await self._question(records, link, sentence, cause, now, name=name)
        log.info("asked whether it is solved", ticket=link.number)

    def may_answer(self, link: ConversationLink, author: Author) -> bool:
        """Only the member who asked, or the team."""
        is_customer = (author.platform, author.user_id) == (link.address.platform, link.author_id)
        return is_customer or self._team.standing(author) > Standing.PUBLIC

    async def answer(
        self, records: Records, link_id: LinkId, answer: Answer, author: Author, cause: str
    ) -> RichText | None:
        """Take the answer; returns what to tell whoever gave it, None when the question is not open (any more)."""
        link = await records.links.get(link_id)
        if link is None or link.asked_at is None:
            return None
        values = {"name": author.name, "place": PLATFORM_NAMES[author.platform]}
        if answer is Answer.YES:
            await self._end(records, link, cause, note="confirmed_note", line="confirmed", **values)
        else:
            reopened = replace(link.without_question(), status=Status.ACTIVE)
            await records.links.save(reopened)
            await self._note(records, link, "not_solved_note", cause, **values)
            await self._set(records, link, Status.ACTIVE, cause)
            await self._lines.line(records, link, "what_is_missing", cause)
            await self._lines.show(records, link, Status.ACTIVE, cause)
        await self._record(records, link, answer, author)
        return self._wording.say("answer_taken")

    async def withdraw(self, records: Records, link: ConversationLink) -> None:
        """The member goes on talking: the question is answered by that."""
        if link.asked_at is not None:
            await records.links.save(link.without_question())

    async def watch(self, records: Records) -> None:
        """Remind whoever has not answered for long, once, and close in the end."""
        now, rules = self._clock.now(), self._rules
        for link in await records.links.asked():
            if link.asked_at is None or link.question_at is None:
                continue  # nobody has read the question
            cause = link.asked_at.isoformat()
            if self._is_over(link, now):
                if link.is_closed:
                    await self._leave_closed(records, link, cause)
                else:
                    days = f"{self._rules.confirm / timedelta(days=1):g}"
                    await self._end(records, link, cause, note="silence_note", line="closed_in_silence", days=days)
            elif link.reminded_at is None and not link.is_closed and now >= link.question_at + rules.remind:
                closes_in = f"{rules.confirm_after_reminder / timedelta(days=1):g}"
                await self._question(records, link, "remind_solved", cause, now, days=closes_in)

    def _is_over(self, link: ConversationLink, now: datetime) -> bool:
        """Whether the member had all the time that the question, and the reminder they have seen, gave them."""
        assert link.question_at is not None
        if now < link.question_at + self._rules.confirm:
            return False
        left = self._rules.confirm_after_reminder
        return link.is_closed or not left or (link.reminded_at is not None and now >= link.reminded_at + left)

    async def _leave_closed(self, records: Records, link: ConversationLink, cause: str) -> None:
        await records.links.save(link.without_question())
        await self._lines.show(records, link, Status.CLOSED, cause, "final", final=True)

    async def _end(
        self, records: Records, link: ConversationLink, cause: str, *, note: str, line: str, **values: str
    ) -> None:
        """It is over: a note for the team, the conversation closed, a line for the member, the thread put away."""
        await records.links.save(replace(link.without_question(), status=Status.CLOSED))
        await self._note(records, link, note, cause, **values)
        await self._set(records, link, Status.CLOSED, cause)
        reopen_days = f"{self._rules.reopen / timedelta(days=1):g}"
        await self._lines.line(records, link, line, cause, reopen_days=reopen_days, **values)
        await self._lines.show(records, link, Status.CLOSED, cause, "final", final=True)

    async def _question(
        self, records: Records, link: ConversationLink, sentence: str, cause: str, now: datetime, **values: str
    ) -> None:
        platform = link.address.platform
        how = self._wording.line("answer_matrix") if platform is Platform.MATRIX else ""
        say = Say(
            address=link.address,
            text=self._wording.say(sentence, number=str(link.number), how=how, **values),
            mention=link.author_id if self._rules.notify_author and not link.address.is_private else None,
            link_id=link.link_id,
            choices=choices(link.link_id),
        )
        key = chat_lane(link.link_id)
        await records.outbox.add(promise(sentence, link.link_id, cause, effect=say, key=key, now=now))

    async def _note(self, records: Records, link: ConversationLink, sentence: str, cause: str, **values: str) -> None:
        note = WriteNote(ticket=_ticket(link), text=self._wording.say(sentence, **values))
        key, now = desk_lane(link.link_id), self._clock.now()
        await records.outbox.add(
            promise(sentence, link.link_id, cause, effect=note, key=key, now=now, system=System.FREESCOUT)
        )

    async def _set(self, records: Records, link: ConversationLink, status: Status, cause: str) -> None:
        setting = SetStatus(ticket=_ticket(link), status=status)
        key, now = desk_lane(link.link_id), self._clock.now()
        await records.outbox.add(
            promise("status", link.link_id, status, cause, effect=setting, key=key, now=now, system=System.FREESCOUT)
        )

    async def _record(self, records: Records, link: ConversationLink, answer: Answer, author: Author) -> None:
        await records.audit.record(
            at=self._clock.now(),
            actor=actor_of(author),
            place=PLATFORM_NAMES[author.platform],
            action="confirm",
            ticket=str(link.number),
            detail="solved" if answer is Answer.YES else "not solved",
        )


def _ticket(link: ConversationLink) -> Ticket:
    return Ticket(link_id=link.link_id, conversation_id=link.conversation_id, number=link.number)
