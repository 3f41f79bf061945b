"""A real Synapse homeserver for the demo and the tests, people who use it, and a proxy that breaks connections."""

from sandbox.matrix.answers import MatrixError
from sandbox.matrix.member import MatrixMember
from sandbox.matrix.server import MatrixUser, SynapseServer

__all__ = ["MatrixError", "MatrixMember", "MatrixUser", "SynapseServer"]
