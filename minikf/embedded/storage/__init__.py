"""Brings a model from its storageUri into the platform's content store."""

from minikf.embedded.storage.errors import FetchFailed
from minikf.embedded.storage.fetch import Fetched, Fetcher
from minikf.embedded.storage.uri import ModelUri, parse_uri

__all__ = ["FetchFailed", "Fetched", "Fetcher", "ModelUri", "parse_uri"]
