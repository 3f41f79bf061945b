"""What `check --live` asks of an installation, and the fix for what is not as the bot needs it."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from adapters.freescout.clocks import Clocks
from adapters.freescout.endpoint import PART, AbsentError, Endpoint
from adapters.freescout.labels import Labels
from adapters.freescout.webhook_setup import WebhookSetup
from adapters.freescout.wire import requests
from adapters.http import AccessError, StatusError
from bot.domain.errors import DeliveryError
from bot.domain.findings import Finding

_NOTES_ONLY = "label and priority are then told in the triage's internal note only"


async def inspect(
    endpoint: Endpoint,
    labels: Labels,
    clocks: Clocks,
    webhook: WebhookSetup,
    *,
    mailbox_id: int,
    bot_user_id: int,
    triage_as: str,
) -> Sequence[Finding]:
    """Look; reads only. When the API cannot be used at all, that is the only finding."""
    try:
        mailboxes = {
            entry.get("id"): str(entry.get("name", ""))
            async for entry in endpoint.listed(partial(requests.listed, "/mailboxes"), "mailboxes")
        }
        found = [
            _finding("API and key", well=True),
            _mailbox(mailboxes, mailbox_id),
            await _user(endpoint, bot_user_id),
        ]
        found += [one async for one in _triage(endpoint, labels, mailbox_id=mailbox_id, triage_as=triage_as)]
        found += [one async for one in _clocks(clocks, mailbox_id)]
        return [*found, await webhook.finding()]
    except AbsentError as error:
        return [_finding("API and key", str(error))]
    except AccessError as error:
        fix = f'{error}. Put the key from Manage > API & Webhooks in FreeScout into "freescout.api_key".'
        return [_finding("API and key", fix)]
    except DeliveryError as error:
        return [_finding("API and key", f'{error}. Is "freescout.url" the address where agents open FreeScout?')]


def _mailbox(mailboxes: dict[object, str], mailbox_id: int) -> Finding:
    if mailbox_id in mailboxes:
        return _finding(f"mailbox {mailbox_id} “{mailboxes[mailbox_id]}”", well=True)
    there = ", ".join(f"{number} “{name}”" for number, name in mailboxes.items()) or "none"
    fix = f'There is no such mailbox. Set "freescout.mailbox_id" to one of these: {there}.'
    return _finding(f"mailbox {mailbox_id}", fix)


async def _user(endpoint: Endpoint, bot_user_id: int) -> Finding:
    subject = f"bot user {bot_user_id}"
    try:
        user = await endpoint.document(requests.user(bot_user_id))
    except StatusError as error:
        fix = (
            f"{error}. Create a user for the bot in FreeScout (Manage > Users), as whom nobody works, give it the"
            ' mailbox, and set "freescout.bot_user_id" to its id (the number in the address of its profile).'
        )
        return _finding(subject, fix)
    name = f"{user.get('firstName') or ''} {user.get('lastName') or ''}".strip()
    return _finding(f"{subject} “{name}”", well=True)


async def _triage(endpoint: Endpoint, labels: Labels, *, mailbox_id: int, triage_as: str) -> AsyncIterator[Finding]:
    """Where label and priority go. With ``auto`` a missing module is no fault, but its consequence is named."""
    if triage_as == "notes":
        yield _finding("triage as notes", well=True)
        return
    lacking = []
    if triage_as in ("tags", "auto"):
        missing = await _missing_tags(endpoint)
        if not missing:
            yield _finding("triage as tags", well=True)
            return
        lacking.append(missing)
    if triage_as in ("custom_fields", "auto"):
        missing = await labels.missing_fields(mailbox_id)
        if not missing:
            yield _finding("triage as custom fields", well=True)
            return
        lacking.append(missing)
    reasons = "; ".join(lacking)
    if triage_as == "auto":
        yield _finding(f"triage as notes ({reasons}): {_NOTES_ONLY}", well=True)
    else:
        fix = f'{reasons}. Mend that, or set "freescout.triage_as" to "auto" or "notes": {_NOTES_ONLY}.'
        yield _finding(f"triage as {triage_as.replace('_', ' ')}", fix)


async def _clocks(clocks: Clocks, mailbox_id: int) -> AsyncIterator[Finding]:
    """The field for the clocks, where one is named."""
    if not clocks.field_name:
        return
    subject = f"clocks in the custom field “{clocks.field_name}”"
    missing = await clocks.missing(mailbox_id)
    if not missing:
        yield _finding(subject, well=True)
        return
    fix = (
        f"{missing}. Add a single-line text field of this name to the mailbox (Manage > Mailboxes > Custom Fields), or"
        ' leave "freescout.clocks_field" empty: the clocks are then told in internal notes.'
    )
    yield _finding(subject, fix)


async def _missing_tags(endpoint: Endpoint) -> str:
    try:
        await endpoint.document(requests.listed("/tags"))
    except (StatusError, AbsentError) as error:
        return str(error)
    return ""


def _finding(subject: str, fix: str = "", *, well: bool = False) -> Finding:
    return Finding(part=PART, subject=subject, well=well, fix=fix)
