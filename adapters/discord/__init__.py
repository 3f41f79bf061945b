"""Discord: the gateway and REST on one side, the ports of the core on the other."""
