"""Objects in memory, written through to SQLite by one committer with group commit."""

from minikf.embedded.store.entry import Change, Entry
from minikf.embedded.store.store import Store, Write
from minikf.embedded.store.subscription import Subscription

__all__ = ["Change", "Entry", "Store", "Subscription", "Write"]
