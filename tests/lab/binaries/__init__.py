"""The commands that the lab needs, built from published Go modules."""
