"""Builds the commands that the lab needs."""
