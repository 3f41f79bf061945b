"""The command line ``supportbot``: run, check and look after the bot."""

import asyncio
import os
import sys
from collections.abc import Awaitable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from bot.console import Screen
from bot.domain.errors import BotError, CommandError, SettingsError
from bot.settings import DEFAULT_CONFIG, Settings, load_settings

T = TypeVar("T")

EXIT_FAULTS = 2
"""Settings or a command that cannot be used, or a live check that found something missing."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Passes support requests from Discord and Matrix on to FreeScout.",
)
outbox_app = typer.Typer(no_args_is_help=True, help="Deliveries that wait for a person.")
matrix_app = typer.Typer(no_args_is_help=True, help="The bot's Matrix account.")
webhooks_app = typer.Typer(no_args_is_help=True, help="What other systems tell the bot by themselves.")
app.add_typer(outbox_app, name="outbox")
app.add_typer(webhooks_app, name="webhooks")
app.add_typer(matrix_app, name="matrix")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings file.", show_default="./config.toml")
]


class ReportFormat(StrEnum):
    """How a report is written."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    PNG = "png"


DeliveryArgument = Annotated[str, typer.Argument(help="The delivery's id, as `supportbot outbox list` shows it.")]


@app.command()
def run(
    config: ConfigOption = None,
    sandbox_clock: Annotated[
        Path | None,
        typer.Option(
            help="For the sandbox only: a file that says how many seconds the bot's clock is ahead.", hidden=True
        ),
    ] = None,
) -> None:
    """Run the bot until it is told to stop (SIGTERM or Ctrl-C)."""
    settings = _settings(config)
    from bot.compose import run_bot
    from bot.logs import configure

    configure(settings.log.level, settings.log.format, settings.secrets())
    unused = settings.not_built_yet()
    if unused:
        Screen().log_unused(unused)
    raise typer.Exit(_do(run_bot(settings, sandbox_clock=sandbox_clock)))


@app.command()
def check(
    config: ConfigOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Also log in to each system and look for what is missing.")
    ] = False,
) -> None:
    """Check the settings and name every fault; with --live also FreeScout, Discord and Matrix."""
    settings = _settings(config)
    screen = Screen()
    screen.settings_well(settings)
    if not live:
        return
    from bot.compose import inspect_all
    from bot.logs import configure

    configure("error", settings.log.format, settings.secrets())
    findings = _do(inspect_all(settings))
    screen.findings(findings)
    if not all(finding.well for finding in findings):
        raise typer.Exit(EXIT_FAULTS)


@app.command()
def status(config: ConfigOption = None) -> None:
    """Show how the running bot is doing: its parts, the oldest delivery, what is parked."""
    settings = _settings(config)
    from bot.operations import status_of

    report = _do(status_of(settings))
    Screen().status(report)
    if not report.running:
        raise typer.Exit(1)


@outbox_app.command("list")
def outbox_list(config: ConfigOption = None) -> None:
    """List the parked deliveries with their reasons."""
    settings = _settings(config)
    from bot.operations import parked

    Screen().parked(_do(parked(settings)))


@outbox_app.command("retry")
def outbox_retry(delivery: DeliveryArgument, config: ConfigOption = None) -> None:
    """Try a parked delivery again; what it brings is marked as late. "all" retries every one."""
    settings = _settings(config)
    from bot.operations import retry

    Screen().retried(_do(retry(settings, delivery)))


@outbox_app.command("discard")
def outbox_discard(delivery: DeliveryArgument, config: ConfigOption = None) -> None:
    """Give up a parked delivery for good."""
    settings = _settings(config)
    from bot.operations import discard

    Screen().discarded(_do(discard(settings, delivery)))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not exist yet.")], config: ConfigOption = None
) -> None:
    """Write a consistent copy of store and Matrix keys, also while the bot runs."""
    settings = _settings(config)
    from bot.operations import make_backup

    Screen().backed_up(_do(make_backup(settings, file)))


@app.command()
def holidays(
    words: Annotated[
        list[str], typer.Argument(metavar="COUNTRY [SUBDIVISION] YEAR", help="As in DE BE 2027, or DE 2027.")
    ],
) -> None:
    """Print a year's public holidays, ready to paste into the section "sla" of the settings.

    For several years run it once for each and put all dates into one list: the settings take "holidays" only once.
    Needs no settings file.
    """
    from bot.holiday_dates import listing

    try:
        print(listing(words))
    except CommandError as error:
        Screen(stderr=True).failed(str(error))
        raise typer.Exit(EXIT_FAULTS) from error


@app.command()
def audit(
    ticket: Annotated[str, typer.Argument(help="The ticket's number, as in 1234.")], config: ConfigOption = None
) -> None:
    """Show who did what to a ticket by way of the bot, from where and when."""
    digits = ticket.removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        Screen(stderr=True).failed(f"“{ticket}” is no ticket number such as 1234.")
        raise typer.Exit(EXIT_FAULTS)
    settings = _settings(config)
    from bot.domain.ids import TicketNumber
    from bot.operations import audit_of

    Screen().audit(int(digits), _do(audit_of(settings, TicketNumber(int(digits)))))


@app.command()
def report(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day, such as 2026-11-16.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="The last day; it is in the report too.")] = "",
    form: Annotated[ReportFormat, typer.Option("--format", help="png are the charts.")] = ReportFormat.TEXT,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file.")] = None,
    config: ConfigOption = None,
) -> None:
    """Show how promises were kept, how long things took, and who waits.

    Without days it is the last full week, Monday to Sunday; days are those of "sla.zone".

    `--from 2026-11-16 --to 2026-11-22` are seven days: both are included.

    --from alone goes up to today, --to alone means the week that ends then.
    """
    settings = _settings(config)
    from bot.operations import days_of, make_report

    try:
        period = days_of(settings, first, last)
        if form is ReportFormat.PNG and output is None and _is_terminal():
            raise CommandError("A picture cannot be shown in a terminal. Please add --output FILE, or redirect it.")
    except CommandError as error:
        Screen(stderr=True).failed(str(error))
        raise typer.Exit(EXIT_FAULTS) from error
    _write(_do(make_report(settings, period, form.value)), output)


@webhooks_app.command("install")
def webhooks_install(config: ConfigOption = None) -> None:
    """Have FreeScout tell the bot at once what agents do; safe to repeat."""
    settings = _settings(config)
    from bot.beside import install_webhooks

    for line in _do(install_webhooks(settings)):
        Screen().say(line)


@matrix_app.command("reset-identity")
def matrix_reset_identity(config: ConfigOption = None) -> None:
    """Replace the account's cross-signing identity by one of the bot's own; others will see that it changed."""
    settings = _settings(config)
    from bot.beside import reset_matrix_identity

    Screen().say(_do(reset_matrix_identity(settings)))


def main() -> None:
    """The console script ``supportbot``."""
    app(prog_name="supportbot")


def _settings(config: Path | None) -> Settings:
    try:
        return load_settings(config, os.environ)
    except SettingsError as error:
        Screen(stderr=True).faults(error.faults, config or DEFAULT_CONFIG)
        raise typer.Exit(EXIT_FAULTS) from error


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        Screen(stderr=True).failed(f"{output} cannot be written: {error.strerror}.")
        raise typer.Exit(1) from error


def _do(work: Awaitable[T]) -> T:
    """Run it; what this program says about its own failures is shown without a traceback."""

    async def main_task() -> T:
        return await work

    try:
        return asyncio.run(main_task())
    except* BotError as group:
        _fail(group)
    except* KeyboardInterrupt:
        sys.exit(130)
    raise AssertionError("unreachable")


def _fail(group: BaseExceptionGroup[Any]) -> NoReturn:
    errors = group.exceptions
    while isinstance(errors[0], BaseExceptionGroup):
        errors = errors[0].exceptions
    Screen(stderr=True).failed(str(errors[0]))
    sys.exit(1)


if __name__ == "__main__":
    main()
