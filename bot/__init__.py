"""The product without the outside world: what the support bot decides and promises."""

__version__ = "0.3.0"
