"""The HTTP server: health for operators, webhooks, later the board."""
