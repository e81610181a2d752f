"""Runs Python code in a forked child as `python` would, and ends as the interpreter ends."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import runpy
import signal
import sys
import threading
import time
import types
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn, cast

from minikf.embedded.forkserver import farewell, identity
from minikf.embedded.forkserver.child import reset_signals
from minikf.embedded.forkserver.commandline import CODE, MODULE, PATH, Command, blocked_by, parse
from minikf.embedded.forkserver.loaded import Loaded


def run(request: dict[str, Any], report: int, loaded: Loaded, server: int, farewell_to: str = "") -> NoReturn:
    """Becomes `python *request["args"]`. `report` is closed once the child is what it has to be.

    `server` is the pid that waits for us, `farewell_to` the socket at which it can be told of our end, "" for none.
    """
    env: dict[str, str] = request["env"]
    python = sys.executable
    argv = [python, *request["args"]]
    reset_signals(for_exec=False)
    identity.assume(env, argv, server)
    command = parse(request["args"])
    if command is None or blocked_by(env) or loaded.is_shadowed_by(import_path(command, env)):
        reset_signals(for_exec=True)
        os.execve(python, argv, env)
    # What the program starts by `sys.executable` gets the same treatment as what it starts by the name `python`.
    sys.executable = request.get("executable") or python
    _environment(env)
    loaded.limit_threads(_threads(env, request.get("threads") or 0))
    reseed()
    os.close(report)
    code = 1
    me = os.getpid()
    # Nobody else could remove a control group while we are still in it.
    told = "" if request.get("cgroups") else farewell_to
    try:
        sys.orig_argv = [sys.executable, *request["args"]]
        code = _outcome(command, env, loaded)
    finally:
        # A process that the program forked comes here too when it falls off the end; the record is not its own.
        is_leader = os.getpid() == me
        _end(code, loaded, request.get("orphanRecord", "") if is_leader else "", server, told if is_leader else "")


def import_path(command: Command, env: Mapping[str, str]) -> list[str]:
    """What the interpreter would put before the standard library."""
    path = [os.path.abspath(entry) for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry]  # noqa: PTH100
    if command.safe_path or env.get("PYTHONSAFEPATH"):
        return path
    if command.kind == PATH:
        return [os.path.dirname(os.path.realpath(command.target)), *path]  # noqa: PTH120
    return [os.getcwd() if command.kind == MODULE else "", *path]  # noqa: PTH109


def _environment(env: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    gc.enable()


def _threads(env: Mapping[str, str], wished: int) -> int:
    """How many threads OpenMP and BLAS may use: what their variable says, else every processor that is ours."""
    value = env.get("OMP_NUM_THREADS") or env.get("OPENBLAS_NUM_THREADS") or env.get("MKL_NUM_THREADS") or ""
    if value.isdecimal() and int(value) > 0:
        return int(value)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wished or count


def reseed() -> None:
    """Every child would otherwise draw the same numbers (`random` looks after itself at a fork)."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def get_ready() -> None:
    """In a child that waits for its program: does what would cost that program time, and leaves no trace of it."""
    rehearsal = sys.modules.get("minikf.embedded.forkserver.rehearsal")
    if rehearsal is not None:
        with contextlib.suppress(Exception):  # a program that needs what is broken there says so itself
            rehearsal.rehearse()
    reseed()


def _streams(command: Command, env: Mapping[str, str]) -> None:
    sys.dont_write_bytecode = command.no_bytecode or bool(env.get("PYTHONDONTWRITEBYTECODE"))
    # The stream objects stay: handlers of imported libraries hold them, and descriptors 0 to 2 are already ours.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=os.isatty(1))
    if command.unbuffered or env.get("PYTHONUNBUFFERED"):
        for name, fd in (("stdout", 1), ("stderr", 2)):
            old = getattr(sys, name)
            raw = io.FileIO(fd, "w", closefd=False)
            # As `python -u` does it: a text layer on a raw file.
            new = io.TextIOWrapper(cast("BinaryIO", raw), old.encoding, old.errors, write_through=True, newline="\n")
            setattr(sys, name, new)
            setattr(sys, f"__{name}__", new)


def _outcome(command: Command, env: Mapping[str, str], loaded: Loaded) -> int:
    """Runs the code; the exit code, or minus the signal that the process has to die by."""
    try:
        _streams(command, env)
        loaded.restore(import_path(command, env))
        sys.argv = list(command.argv)
        _execute(command)
    except SystemExit as stop:
        return _exit_code(stop)
    except KeyboardInterrupt as error:
        _complain(error)
        return -signal.SIGINT
    except BaseException as error:
        _complain(error)
        return 1
    return 0


def _execute(command: Command) -> None:
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = __import__("builtins")
    sys.modules["__main__"] = main
    if command.kind == MODULE:
        # It runs as a fresh interpreter would run it: not imported before.
        name = f"{command.target}.__main__" if hasattr(sys.modules.get(command.target), "__path__") else command.target
        sys.modules.pop(name, None)
        runpy._run_module_as_main(command.target)  # type: ignore[attr-defined]  # what `python -m` itself calls
    elif command.kind == CODE:
        _run_source(command.target, "<string>", main)
    elif command.kind == PATH:
        _execute_path(command.target, main)
    else:
        _run_source(sys.stdin.buffer.read(), "<stdin>", main)


def _run_source(source: str | bytes, name: str, main: types.ModuleType) -> None:
    # dont_inherit: the __future__ imports of this file are not the program's.
    exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)


def _execute_path(path: str, main: types.ModuleType) -> None:
    import pkgutil

    if not os.path.isfile(path) or pkgutil.get_importer(path) is not None:  # noqa: PTH113
        if os.path.exists(path):  # noqa: PTH110 - a folder or zip file with a __main__
            sys.path[0] = path
            runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
            return
        where = f"{sys.executable}: can't open file {os.path.abspath(path)!r}"  # noqa: PTH100
        print(f"{where}: [Errno 2] No such file or directory", file=sys.stderr)
        raise SystemExit(2)
    main.__file__ = os.path.abspath(path)  # noqa: PTH100
    main.__dict__["__cached__"] = None
    from importlib.machinery import SourceFileLoader

    main.__loader__ = SourceFileLoader("__main__", main.__file__)
    with io.open_code(path) as file:
        source = file.read()
    _run_source(source, main.__file__, main)


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def _complain(error: BaseException) -> None:
    """Prints the traceback without our own frames, as the interpreter would."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _end(code: int, loaded: Loaded, orphan_record: str, server: int, farewell_to: str) -> NoReturn:
    """Ends as `Py_FinalizeEx` does for the user's part, and skips the costly rest.

    Threads are joined, exit handlers run, then the user's modules are emptied so that files left open are
    flushed by their finalizers.
    """
    try:
        with contextlib.suppress(KeyboardInterrupt):
            threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        loaded.empty_new_modules()
        gc.collect()
        for stream in (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__):
            if stream is not None:
                with contextlib.suppress(ValueError):  # closed by the program
                    stream.flush()
    except BaseException as error:
        with contextlib.suppress(BaseException):
            sys.excepthook(type(error), error, error.__traceback__)
        code = code or 120  # as the interpreter says when its last flush fails
    finally:
        if os.getppid() != server:
            if orphan_record:
                _write_own_record(orphan_record, code)
        elif farewell_to and code >= 0:
            farewell.tell(farewell_to, code)
        if code < 0:
            signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code)


def _write_own_record(path: str, code: int) -> None:
    """The server that would have written how we ended is gone, so we do it."""
    from minikf.embedded.forkserver import record

    pid = os.getpid()
    run = record.read(path + record.RUN) or {}
    with contextlib.suppress(OSError):
        record.write(
            path + record.EXIT,
            {
                **run,
                "pid": pid,
                "token": record.start_token(pid),
                "exitCode": code if code >= 0 else None,
                "signal": -code if code < 0 else 0,
                "finishedAt": time.time(),
                "maxRssBytes": 0,
            },
        )
