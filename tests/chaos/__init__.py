"""The real process under kill, lost answers and downtime."""
