"""Rules that hold for every input, checked with made-up ones."""
