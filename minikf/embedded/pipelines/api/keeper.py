"""What the API asks of those who run runs."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol


class Keeper(Protocol):
    """Runs what the store holds. Each call returns once its wish is durable; none waits for a run's end."""

    async def launch(self, run_id: str) -> None:
        """Begins a run that the store holds as PENDING."""

    async def terminate(self, run_id: str) -> None:
        """Cancels a run that is not over: CANCELING at once, CANCELED when its tasks have ended."""

    async def retry(self, run_id: str) -> None:
        """Takes up a run that failed or was canceled: what succeeded stays, the rest is due again."""

    async def forget(self, run_id: str, namespace: str) -> None:
        """Removes the pods and files of a run that the store has no more; what other runs use of it stays."""

    def changed(self, run_id: str) -> Awaitable[object]:
        """Ends when the run's record is written next, counted from this call (so it is asked before the store is).

        What each call gives is the caller's alone, who may cancel it.
        """
