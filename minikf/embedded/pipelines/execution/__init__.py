"""Carries out a plan: actions in, pods, artifacts and new records out (docs/design/0008, 0009)."""
