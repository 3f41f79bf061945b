"""The Discord adapter against the simulator: what is received, and that nothing is lost or doubled on the way."""
