"""The world outside the bot, small and local: what demo and tests talk to. It imports neither `bot` nor `adapters`."""
