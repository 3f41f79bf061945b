"""What the core needs from its neighbours, and what the edges may call: Protocols only."""
