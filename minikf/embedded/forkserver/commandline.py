"""Reads a Python command line: what to run, or that only a fresh interpreter can do it.

Options: https://docs.python.org/3/using/cmdline.html
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CODE, MODULE, PATH, STDIN = "code", "module", "path", "stdin"
# These change nothing in a process that is already initialised, or can still be set: unbuffered, no bytecode,
# quiet, no user site (an isolated server has none), no unsafe path.
_HARMLESS = "uBqsP"
# Settings that the interpreter or a library reads once, when it starts or is imported; by then ours are imported.
_READ_ONCE = (
    "LD_", "DYLD_", "MALLOC_", "GLIBC_TUNABLES", "KMP_", "GOMP_", "OMP_", "MKL_", "OPENBLAS_", "BLIS_", "NPY_",
    "SCIPY_", "SKLEARN_", "PROTOCOL_BUFFERS_", "GRPC_", "ONNX_", "ORT_", "PANDAS_",
)  # fmt: skip
# ... except for those that are set in the child by other means.
_HONOURED = frozenset({
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONNOUSERSITE",
})  # fmt: skip


class Command:
    """`argv` is what the program will see as `sys.argv`; `target` the code, the module's or the file's name."""

    def __init__(self, kind: str, target: str, argv: list[str], flags: str) -> None:
        self.kind = kind
        self.target = target
        self.argv = argv
        self.unbuffered = "u" in flags
        self.no_bytecode = "B" in flags
        self.safe_path = "P" in flags


def parse(args: list[str]) -> Command | None:
    """What `python *args` would run, or None when it takes a fresh interpreter (REPL, -V, -O, -X, ...)."""
    flags = ""
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "-" or not word.startswith("-"):
            return Command(STDIN if word == "-" else PATH, word, [word, *rest], flags)
        letters = word[1:]
        harmless = len(letters) - len(letters.lstrip(_HARMLESS))
        flags += letters[:harmless]
        action, attached = letters[harmless : harmless + 1], letters[harmless + 1 :]
        if not action:
            continue
        if action not in "cm" or not (attached or rest):
            return None  # a fresh interpreter does it, or words the complaint
        return Command(CODE if action == "c" else MODULE, attached or rest.pop(0), ["-" + action, *rest], flags)
    return Command(STDIN, "-", [""], flags)


def blocked_by(env: Mapping[str, str]) -> str:
    """The name of a variable that only a fresh interpreter would honour, or ""."""
    for name, value in env.items():
        if name in _HONOURED or not value:
            continue
        if name.startswith(_READ_ONCE) or name.startswith("PYTHON"):
            return name
    return ""
