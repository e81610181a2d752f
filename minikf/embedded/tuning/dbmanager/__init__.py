"""Katib's db-manager on loopback: the gRPC API by which trials and collectors report metrics (docs/design/0012)."""
