"""Fixtures for tests that need the real world: one Synapse homeserver for the whole test session."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from sandbox.matrix import MatrixMember, SynapseServer


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseServer]:
    """A real homeserver, shared by all tests of the session and started on first use (about two seconds).

    Tests must not stop it, and must use accounts, aliases and rooms of their own: `await synapse.new_member("alice")`
    gives an account with a random ending. Registration and messages are not rate limited.
    """
    server = SynapseServer(tmp_path_factory.mktemp("synapse"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def new_member(synapse: SynapseServer) -> AsyncIterator[Callable[[str], Awaitable[MatrixMember]]]:
    """`await new_member("alice")`: a fresh account's client, closed when the test ends."""
    members: list[MatrixMember] = []

    async def make(name: str) -> MatrixMember:
        member = await synapse.new_member(name)
        members.append(member)
        return member

    yield make
    for member in members:
        await member.close()
