"""Lineage: which data and which code made what a platform has, from files to the services that answer."""
