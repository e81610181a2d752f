"""A Docker engine for the lab."""
