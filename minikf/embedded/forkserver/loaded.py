"""What a warm process has imported, and how a child makes it its own."""

from __future__ import annotations

import gc
import importlib
import io
import itertools
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

# BLAS and OpenMP make their threads when they are first used. One thread means none are made, so fork stays safe.
SINGLE_THREADED = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)

# Constants that a module takes from the environment when it is imported: (module, constant) -> (variable, default).
READ_AT_IMPORT = {
    ("kubernetes.config", "KUBE_CONFIG_DEFAULT_LOCATION"): ("KUBECONFIG", "~/.kube/config"),
    ("kubernetes.config.kube_config", "KUBE_CONFIG_DEFAULT_LOCATION"): ("KUBECONFIG", "~/.kube/config"),
    ("kubeflow.trainer.constants.constants", "DEFAULT_TRAINING_RUNTIME"): (
        "DEFAULT_TRAINING_RUNTIME",
        "torch-distributed",
    ),
}


class Loaded:
    """A snapshot of the interpreter after its imports."""

    def __init__(self) -> None:
        self.names = frozenset(sys.modules)
        self.path = list(sys.path)
        self._places = {name: _folder(module) for name, module in sys.modules.items() if "." not in name}
        self._pools = _thread_pools()
        self._limits: Any = None

    def is_shadowed_by(self, entries: Iterable[str]) -> bool:
        """Whether a module of the user's folders would have been imported instead of one that is loaded already."""
        for entry in entries:
            folder = os.path.realpath(entry or ".")
            try:
                names = os.listdir(folder)  # noqa: PTH208
            except OSError:
                continue
            for name in names:
                stem = name.partition(".")[0]
                if self._places.get(stem, folder) == folder or stem == "__main__":
                    continue
                if name.endswith((".py", ".so", ".pyc")) or os.path.exists(f"{folder}/{name}/__init__.py"):  # noqa: PTH110
                    return True
        return False

    def restore(self, import_path: list[str]) -> None:
        """The module search path of a fresh interpreter, logging as if nothing had set it up, and constants that
        modules took from the environment as they would take them now."""
        sys.path[:] = [*import_path, *self.path]
        logging = sys.modules.get("logging")
        if logging is not None:
            root = logging.getLogger()
            for handler in list(root.handlers):
                root.removeHandler(handler)
            if root.level != logging.WARNING:  # setting it walks through every logger there is
                root.setLevel(logging.WARNING)
        for (module, constant), (variable, default) in READ_AT_IMPORT.items():
            if module in sys.modules:
                setattr(sys.modules[module], constant, os.environ.get(variable, default))

    def limit_threads(self, count: int) -> None:
        """Lets BLAS and OpenMP use `count` threads in this process."""
        if self._pools is not None and count > 1:
            self._limits = self._pools.limit(limits=count)

    def empty_new_modules(self) -> None:
        """Drops what the program imported and made, so that finalizers run and open files are flushed."""
        if threading.active_count() > 1:
            # Daemon threads still use their modules. The interpreter would freeze them; we can only save the files.
            _flush_open_files()
            return
        # From the end, up to the first that was there before: looking at all of them would write to every page that
        # holds a module's name, and each such page is then copied.
        new = [*itertools.takewhile(lambda name: name not in self.names, reversed(sys.modules)), "__main__"]
        alive = [weakref.ref(sys.modules.pop(name)) for name in new if isinstance(sys.modules[name], ModuleType)]
        gc.collect()
        for reference in alive:
            module = reference()
            if module is not None:
                vars(module).clear()


def load(modules: list[str], tell: Callable[[str], None]) -> dict[str, Any]:
    """Imports what is there; returns seconds by module, and under "skipped" why one could not be imported.

    Imports only: a computation could start a thread pool, and a child forked after that hangs in it.
    """
    seconds: dict[str, float] = {}
    skipped: dict[str, str] = {}
    for name in modules:
        tell(name)
        begin = time.perf_counter()
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            skipped[name] = str(error)
        except (Exception, SystemExit) as error:
            # A broken package must not take the warm starts of all others with it; the cause is told in the state.
            skipped[name] = f"{type(error).__name__}: {error}"
        seconds[name] = round(time.perf_counter() - begin, 3)
    return {"seconds": seconds, "skipped": skipped}


def settle() -> None:
    """Last step before the first fork: garbage goes, what stays is left alone so that its pages stay shared."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _folder(module: ModuleType | None) -> str:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return ""
    folder = os.path.dirname(os.path.realpath(file))  # noqa: PTH120
    return os.path.dirname(folder) if hasattr(module, "__path__") else folder  # noqa: PTH120


def _thread_pools() -> Any:
    try:
        import threadpoolctl  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        return None
    return threadpoolctl.ThreadpoolController()


def _flush_open_files() -> None:
    for thing in gc.get_objects():
        if isinstance(thing, (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)) and not thing.closed:
            try:
                thing.flush()
            except (OSError, ValueError) as error:
                print(f"a file could not be flushed: {error}", file=sys.stderr)
