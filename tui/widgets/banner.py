"""Says when the platform does not answer: what, since when, and that it is being tried."""

from __future__ import annotations

from textual.widgets import Static

from minikf.tui.store import Connection
from minikf.views.text import age, now


class Banner(Static):
    """One or two lines at the top, only while the connection is lost."""

    def show(self, connection: Connection, *, ever: bool) -> None:
        """`ever` is whether the platform has answered since the terminal UI was opened."""
        self.display = connection.is_lost
        if connection.since is not None:
            began = connection.since.astimezone()
            since = f"No answer since {began:%H:%M:%S} ({age(began.isoformat(), now())}), trying again. "
            words = f"{since if ever else ''}{connection.cause}"
            self.update(f"{words}. Try: {connection.advice}" if connection.advice else words)
