"""The chaos tests share the session's Synapse."""

from tests.integration.conftest import synapse

__all__ = ["synapse"]
