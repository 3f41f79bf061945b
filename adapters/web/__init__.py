"""The HTTP server: health for operators, later webhooks and the board."""
