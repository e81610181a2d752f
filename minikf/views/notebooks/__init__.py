"""Notebooks: how they are, for how long nobody used them, and what they hold."""
