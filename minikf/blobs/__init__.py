"""Files and folders stored once by the SHA-256 of their content."""

from minikf.blobs.errors import BlobDamaged, BlobMissing, NotStorable
from minikf.blobs.store import Blob, BlobStore

__all__ = ["Blob", "BlobDamaged", "BlobMissing", "BlobStore", "NotStorable"]
