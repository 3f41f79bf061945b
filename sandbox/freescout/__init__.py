"""A small FreeScout: its documented API with the real quirks, its people, and faults. Start at `FreeScoutSimulator`."""

from sandbox.freescout.clock import Clock
from sandbox.freescout.faults import Fault, FaultKind, Faults
from sandbox.freescout.records import (
    Attachment,
    Conversation,
    Customer,
    Mail,
    Problem,
    RecordedRequest,
    Thread,
    Webhook,
    WebhookDelivery,
)
from sandbox.freescout.simulator import FreeScoutSimulator

__all__ = [
    "Attachment",
    "Clock",
    "Conversation",
    "Customer",
    "Fault",
    "FaultKind",
    "Faults",
    "FreeScoutSimulator",
    "Mail",
    "Problem",
    "RecordedRequest",
    "Thread",
    "Webhook",
    "WebhookDelivery",
]
