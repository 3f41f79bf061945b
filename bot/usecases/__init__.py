"""One use case per module: loads, asks the domain, commits. Knows ports and the domain, nothing outside."""
