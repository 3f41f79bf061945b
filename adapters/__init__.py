"""The edges: one outside system per folder, each a stranger to the others."""
