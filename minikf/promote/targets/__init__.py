"""Where workloads are promoted to: what the user answered once, and what was found there."""
