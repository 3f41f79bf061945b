"""The world outside the bot, small and local: what the demo and the tests talk to. Imports neither `bot` nor `adapters`."""
