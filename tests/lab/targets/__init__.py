"""Targets of a promotion: what a probe finds on a real API server, by who asks."""
