"""What `check --live` finds out about Matrix, without touching keys: it may run beside the bot."""

from pathlib import Path

from adapters.matrix.api import CLIENT, MatrixApi, MatrixFault, escape
from adapters.matrix.crosssign import SigningIdentity
from adapters.matrix.places import Places
from adapters.matrix.remembered import Session
from adapters.matrix.wire import object_of, text_of
from bot.domain.errors import DeliveryError
from bot.domain.findings import Finding

PART = "matrix"
_RATE_LIMIT_FIX = (
    "a server admin lifts it with POST /_synapse/admin/v1/users/{user}/override_ratelimit "
    'and the body {{"messages_per_second": 0, "burst_count": 0}}; by default the bot may say one thing in five seconds'
)


async def inspect(api: MatrixApi, session: Session, places: Places, seeds: Path) -> list[Finding]:
    """Rooms, rate limit and encryption of a session that is open. Connection errors become a finding."""
    try:
        return [
            Finding(part=PART, subject=f"login as {session.user_id}", well=True),
            *await _rooms(api, session, places),
            await _rate_limit(api, session),
            await _identity(api, session, seeds),
        ]
    except DeliveryError as error:
        return [Finding(part=PART, subject="homeserver", well=False, fix=str(error))]


async def _rooms(api: MatrixApi, session: Session, places: Places) -> list[Finding]:
    await places.resolve(api)
    joined = set((await api.get(f"{CLIENT}/joined_rooms")).get("joined_rooms", []))
    findings = []
    for reference, room_id in places.references().items():
        well = room_id in joined
        fix = f"invite {session.user_id} to it" if room_id else "no homeserver knows this alias; correct matrix.rooms"
        findings.append(Finding(part=PART, subject=f"room {reference}", well=well, fix="" if well else fix))
    return findings


async def _rate_limit(api: MatrixApi, session: Session) -> Finding:
    """Only a server admin can read it; for others the finding is a reminder."""
    subject = "message rate limit"
    try:
        limit = await api.get(f"/_synapse/admin/v1/users/{escape(session.user_id)}/override_ratelimit")
    except MatrixFault:
        advice = "if answers in Matrix come slowly: " + _RATE_LIMIT_FIX.format(user=session.user_id)
        return Finding(part=PART, subject=f"{subject} (only a server admin can see it)", well=True, fix=advice)
    lifted = bool(limit) and not limit.get("messages_per_second")
    fix = "" if lifted else _RATE_LIMIT_FIX.format(user=session.user_id)
    return Finding(part=PART, subject=subject, well=lifted, fix=fix)


async def _identity(api: MatrixApi, session: Session, seeds: Path) -> Finding:
    subject = "cross-signed device"
    answer = await api.post(f"{CLIENT}/keys/query", {"device_keys": {session.user_id: []}})
    kept = SigningIdentity.load(seeds)
    master = next(iter(object_of(answer, "master_keys", session.user_id, "keys").values()), None)
    if master is None:
        return Finding(part=PART, subject=subject, well=True, fix="the bot makes its identity when it first runs")
    if kept is None or master != kept.master.public:
        fix = "the account has an identity the bot does not hold; replace it with: supportbot matrix reset-identity"
        return Finding(part=PART, subject=subject, well=False, fix=fix)
    device = object_of(answer, "device_keys", session.user_id, session.device_id)
    signed = text_of(device, "signatures", session.user_id, f"ed25519:{kept.self_signing.public}")
    fix = "" if signed else "start the bot once; it signs its device"
    return Finding(part=PART, subject=subject, well=bool(signed), fix=fix)
