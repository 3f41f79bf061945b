"""The sandbox's page: the three worlds side by side, live, to look at and to play with."""

from sandbox.page.server import PageServer

__all__ = ["PageServer"]
