"""Waiting for objects of a platform, with what happens on the way."""
