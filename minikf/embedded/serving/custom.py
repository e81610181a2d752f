"""Runs a Python predictor as `python` would, except that a `kserve.ModelServer` in it serves on loopback and the
ports it was given: kserve has no option for the interface and binds all of them.

    python -m minikf.embedded.serving.custom model.py ARGS      (or -m MODULE ARGS, or -c CODE ARGS)
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import runpy
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

from minikf.embedded.serving.front import PORTS_VARIABLE

_EVERYWHERE = ("0.0.0.0", "::", "[::]")
_LOOPBACK = "127.0.0.1"


def main() -> None:
    """Runs what the command line names; ends as it ends."""
    rest, _, grpc = os.environ.get(PORTS_VARIABLE, "").partition(",")
    if rest and grpc:
        _when_imported("kserve.model_server", lambda module: direct(module, int(rest), int(grpc)))
    argv = sys.argv[1:]
    if argv[0] == "-m":
        sys.argv = argv[1:]
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    elif argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        scope: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        exec(compile(argv[1], "<string>", "exec", dont_inherit=True), scope)
    else:
        sys.argv = argv
        sys.path.insert(0, os.path.dirname(os.path.abspath(argv[0])))  # noqa: PTH100, PTH120
        runpy.run_path(argv[0], run_name="__main__")


def direct(module: ModuleType, rest: int, grpc: int) -> None:
    """Directs every ModelServer of the module `kserve.model_server` to loopback and these ports."""
    import grpc.aio as grpc_aio
    import uvicorn
    from kserve.protocol.grpc import server as grpc_server

    start = module.ModelServer.start
    config = uvicorn.Config.__init__

    def start_here(self: Any, models: Any) -> None:
        self.http_port, self.grpc_port = rest, grpc
        start(self, models)

    def config_here(self: Any, app: Any, host: str = _LOOPBACK, *args: Any, **options: Any) -> None:
        config(self, app, _LOOPBACK if host in _EVERYWHERE else host, *args, **options)

    def server_here(*args: Any, **options: Any) -> Any:
        made = grpc_aio.server(*args, **options)
        add = made.add_insecure_port
        made.add_insecure_port = lambda address: add(address.replace("[::]", _LOOPBACK).replace("0.0.0.0", _LOOPBACK))  # type: ignore[method-assign]
        return made

    module.ModelServer.start = start_here
    uvicorn.Config.__init__ = config_here  # type: ignore[method-assign]
    grpc_server.aio = SimpleNamespace(server=server_here)


def _when_imported(name: str, react: Callable[[ModuleType], None]) -> None:
    """Calls `react` with the module now if it is imported, else as soon as it is: importing kserve takes seconds."""
    if name in sys.modules:
        react(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Finder(name, react))


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, react: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._react = react

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def then_react(module: ModuleType) -> None:
                execute(module)
                self._react(module)

            spec.loader.exec_module = then_react  # type: ignore[method-assign]
        return spec


if __name__ == "__main__":
    main()
