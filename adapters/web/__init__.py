"""The HTTP server: health for operators, webhooks, the board."""
