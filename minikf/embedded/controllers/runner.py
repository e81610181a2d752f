"""Runs controllers: hears changes, fills their queues, reconciles, tries again after failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Controller, Key
from minikf.embedded.controllers.queue import WorkQueue
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError
from minikf.embedded.store import Change

if TYPE_CHECKING:
    from minikf.embedded.controllers.context import Context
    from minikf.embedded.store import Subscription

log = logging.getLogger("minikf.controllers")

# Reconciles wait for disk syncs, so many at a time share one group commit.
CONCURRENT = 32
# From this many failures in a row on an Event tells the user; before, it is most likely a race that heals.
TELL_AFTER = 3


class _Running:
    """One controller with its queue and its tasks."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.queue = WorkQueue()
        self.tasks: set[asyncio.Task[None]] = set()
        self.slots = asyncio.Semaphore(CONCURRENT)


class Runner:
    """Starts controllers and stops them cleanly."""

    def __init__(self, context: Context, controllers: Sequence[Controller]) -> None:
        self._context = context
        self._running = [_Running(controller) for controller in controllers]
        self._hearers: dict[Kind, list[_Running]] = {}
        for running in self._running:
            for kind in running.controller.kinds:
                self._hearers.setdefault(kind, []).append(running)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Queues every existing object once, begins to listen and to write events; returns at once."""
        await self._context.events.start()
        subscription = self._subscribe()
        self._resync()
        self._tasks.append(asyncio.create_task(self._dispatch(subscription), name="controllers: dispatch"))
        for running in self._running:
            name = f"controller: {running.controller.component}"
            self._tasks.append(asyncio.create_task(self._pump(running), name=name))

    async def stop(self) -> None:
        """Takes no new work and gives reconciles in hand two seconds to end, then cancels them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        in_hand = [task for running in self._running for task in running.tasks]
        if in_hand:
            _, late = await asyncio.wait(in_hand, timeout=2.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for running in self._running:
            running.queue.close()
        await self._context.events.stop()

    @property
    def idle(self) -> bool:
        """No key is ready or in hand (keys that wait for a moment in time do not count)."""
        return all(running.queue.idle for running in self._running)

    def _subscribe(self) -> Subscription:
        return self._context.objects.subscribe(self._hearers.keys())

    def _resync(self) -> None:
        for running in self._running:
            for kind in running.controller.kinds:
                for entry in self._context.objects.list(kind):
                    self._hear(running, Change(entry.rv, "ADDED", kind, entry, None))

    async def _dispatch(self, subscription: Subscription) -> None:
        while True:
            async for change in subscription:
                for running in self._hearers[change.kind]:
                    self._hear(running, change)
            if not subscription.overflowed:
                return  # the store is closing
            # The store cut us off because we were too far behind, so what we missed is looked at anew.
            log.warning("controllers fell behind the store; looking at every object again")
            subscription = self._subscribe()
            self._resync()

    def _hear(self, running: _Running, change: Change) -> None:
        try:
            for key in running.controller.keys(change):
                running.queue.add(key)
        except Exception:
            entry = change.entry
            log.exception(
                "%s cannot place %s %s/%s",
                running.controller.component,
                change.kind.kind,
                entry.namespace,
                entry.name,
            )

    async def _pump(self, running: _Running) -> None:
        while True:
            await running.slots.acquire()
            try:
                key = await running.queue.take()
            except asyncio.CancelledError:
                running.slots.release()
                raise
            task = asyncio.create_task(self._reconcile(running, key))
            running.tasks.add(task)
            task.add_done_callback(running.tasks.discard)

    async def _reconcile(self, running: _Running, key: Key) -> None:
        try:
            again = await running.controller.reconcile(key)
        except Exception as error:
            self._failed(running, key, error)
        else:
            running.queue.forget_failures(key)
            if again is not None:
                running.queue.add_after(key, again)
        finally:
            running.queue.done(key)
            running.slots.release()

    def _is_gone(self, running: _Running, key: Key, error: ApiError) -> bool:
        """Whether the object was deleted while it was looked at: then what is not found is the object itself."""
        return error.reason == "NotFound" and self._context.objects.find(running.controller.kinds[0], *key) is None

    def _failed(self, running: _Running, key: Key, error: Exception) -> None:
        pause = running.queue.add_failed(key)
        if isinstance(error, ApiError) and (error.reason == "Conflict" or self._is_gone(running, key, error)):
            log.debug("%s %s/%s: %s", running.controller.component, *key, error.message)
            return
        text = error.message if isinstance(error, ApiError) else f"{type(error).__name__}: {error}"
        log.error(
            "%s %s/%s failed, again in %.2f s: %s",
            running.controller.component,
            *key,
            pause,
            text,
            exc_info=None if isinstance(error, ApiError) else error,
        )
        if running.queue.failures(key) < TELL_AFTER:
            return
        entry = self._context.objects.find(running.controller.kinds[0], *key)
        if entry is not None:
            events = self._context.events.of(running.controller.component)
            events.record(entry.obj, "Warning", "ReconcileError", text)
