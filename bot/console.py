"""What operators see in their terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.errors import SettingsFault
from bot.domain.findings import Finding

if TYPE_CHECKING:
    from bot.operations import StatusReport
    from bot.ports.store import AuditLine
    from bot.settings import Settings


class Screen:
    """Prints for people; plain text where it is no terminal."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._out = Console(stderr=stderr, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """One line."""
        self._out.print(escape(text))

    def failed(self, text: str) -> None:
        """Why it did not work."""
        self._out.print(f"[red]supportbot:[/red] {escape(text)}")

    def faults(self, faults: Sequence[SettingsFault], config: Path) -> None:
        """All faults of the settings."""
        count = f"{len(faults)} faults" if len(faults) > 1 else "One fault"
        self._out.print(f"{count} in the settings ({escape(str(config))} and the environment):")
        for fault in faults:
            self._out.print(f"  [bold]{escape(fault.key)}[/bold]: {escape(fault.problem)}")

    def settings_well(self, settings: "Settings") -> None:
        """The settings can be used."""
        parts = [name for name in ("discord", "matrix") if getattr(settings, name) is not None]
        self._out.print(
            f"The settings are in order: FreeScout with {' and '.join(part.capitalize() for part in parts)}."
        )
        if not settings.has_staff_place():
            self._out.print(
                "  [yellow]There is no staff place (discord.staff_channel or matrix.staff_room): "
                "cards, warnings and pages appear nowhere.[/yellow]"
            )
        for section in settings.not_built_yet():
            self._out.print(f"  [dim]{escape(section)}: accepted, not used by this release[/dim]")

    def log_unused(self, sections: Sequence[str]) -> None:
        """Sections that are accepted but not built yet, as one line of the log."""
        structlog.get_logger(__name__).info("settings accepted but not used by this release", sections=list(sections))

    def findings(self, findings: Sequence[Finding]) -> None:
        """What a live check found, part by part."""
        part = ""
        for finding in findings:
            if finding.part != part:
                part = finding.part
                self._out.print(f"[bold]{escape(part)}[/bold]")
            mark = "[green]ok[/green] " if finding.well else "[red]fix[/red]"
            self._out.print(f"  {mark} {escape(finding.subject)}")
            if finding.fix:
                self._out.print(f"       {escape(finding.fix)}")
        wrong = sum(not finding.well for finding in findings)
        self._out.print("Everything is in order." if not wrong else f"{wrong} to mend.")

    def status(self, report: "StatusReport") -> None:
        """Parts, oldest delivery, parked ones."""
        if not report.running:
            self._out.print(f"[red]The bot does not run[/red] (no answer at {escape(report.address)}/readyz).")
        table = Table("part", "state", "since", "", box=None, pad_edge=False)
        parts = report.answer.get("parts")
        for name, part in parts.items() if isinstance(parts, Mapping) else ():
            table.add_row(*(escape(str(text)) for text in (name, part["state"], part["since"], part.get("detail", ""))))
        if table.row_count:
            self._out.print(table)
        pending = report.counts.get(DeliveryState.PENDING, 0)
        parked = report.counts.get(DeliveryState.PARKED, 0)
        oldest = f", the oldest since {report.oldest.created_at:%Y-%m-%d %H:%M:%S} UTC" if report.oldest else ""
        self._out.print(f"Deliveries: {pending} pending{oldest}; {parked} parked.")
        if parked:
            self._out.print("`supportbot outbox list` shows the parked ones and why.")

    def parked(self, deliveries: Sequence[Delivery]) -> None:
        """The parked deliveries."""
        if not deliveries:
            self._out.print("Nothing is parked.")
            return
        for delivery in deliveries:
            self._out.print(
                f"[bold]{delivery.delivery_id}[/bold]  {delivery.effect.kind.replace('_', ' ')} to {delivery.system}, "
                f"since {delivery.created_at:%Y-%m-%d %H:%M} UTC, {delivery.attempts} tries\n"
                f"  {escape(delivery.reason)}"
            )

    def retried(self, deliveries: Sequence[Delivery]) -> None:
        """What was set free."""
        self._out.print(f"{_counted(deliveries)} will be tried again; a running bot begins within seconds.")

    def discarded(self, deliveries: Sequence[Delivery]) -> None:
        """What was given up."""
        self._out.print(f"{_counted(deliveries)} given up.")

    def audit(self, number: int, lines: "Sequence[AuditLine]") -> None:
        """Who did what to a ticket."""
        if not lines:
            self._out.print(f"Nothing was done to ticket #{number} by way of the bot, or there is no such ticket.")
            return
        table = Table("when (UTC)", "who", "where", "what", "", box=None, pad_edge=False)
        for line in lines:
            when = f"{line.at:%Y-%m-%d %H:%M:%S}"
            table.add_row(*(escape(text) for text in (when, line.actor, line.place, line.action, line.detail)))
        self._out.print(table)

    def backed_up(self, file: Path) -> None:
        """The backup is there."""
        self._out.print(f"Backup written to {escape(str(file))}. It holds keys and messages: keep it safe.")


def _counted(deliveries: Sequence[Delivery]) -> str:
    return f"{len(deliveries)} {'delivery' if len(deliveries) == 1 else 'deliveries'}"
