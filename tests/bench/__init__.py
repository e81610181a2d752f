"""Speeds and sizes beside a peer's, in one run: `python -m tests.bench [NAME...]`. Not part of any test suite."""
