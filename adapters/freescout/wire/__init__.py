"""FreeScout's API without I/O (facts/freescout.md 1.1 to 1.3): what is asked, and what the answers mean."""
