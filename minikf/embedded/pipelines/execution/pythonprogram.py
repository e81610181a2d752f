"""Python components without their shell: what the SDK's wrapper does for an image need not be done again for each step.

The SDK (kfp 2.17, `dsl/component_factory.py`) compiles a function to `sh -c '<pip install ...> && "$0" "$@"' sh -ec
'<write "$0" to a file, run kfp.dsl.executor_main on it>' <source>`. Where pip would find everything there already, the
same program runs by one process instead of seven. Any other command is left as it is.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache

from minikf.embedded.forkserver.shims import pipargs
from minikf.embedded.forkserver.shims.satisfied import is_satisfied

EXECUTOR = "kfp.dsl.executor_main"
FILE = "ephemeral_component.py"
RUNTIME = "_KFP_RUNTIME"

_CHECK = 'if ! [ -x "$(command -v pip)" ]; then python3 -m ensurepip || python3 -m ensurepip --user || apt-get install '
_CHECK += "python3-pip fi PIP_DISABLE_PIP_VERSION_CHECK=1 "
_CALL = '&& "$0" "$@"'
_RUN = f'program_path=$(mktemp -d) printf "%s" "$0" > "$program_path/{FILE}" {RUNTIME}=true python3 -m {EXECUTOR} '
_RUN += f'--component_module_path "$program_path/{FILE}" "$@"'


def python_source(command: Sequence[str], env: Mapping[str, str]) -> str | None:
    """The source of a Python component whose requirements the platform meets; None for every other command.

    Reads the metadata of installed packages, so not for the event loop.
    """
    words = list(command)
    if words[:2] == ["sh", "-c"] and len(words) > 3:
        if any(name.startswith("PIP_") for name in env) or not _is_met(words[2]):
            return None
        words = words[3:]
    if len(words) != 4 or words[:2] != ["sh", "-ec"] or " ".join(words[2].split()) != _RUN:
        return None
    return words[3]


def python_command(path: str) -> list[str]:
    """Runs the component whose source is the file at `path`; arguments follow."""
    return ["python3", "-m", EXECUTOR, "--component_module_path", path]


@lru_cache(maxsize=256)
def _is_met(script: str) -> bool:
    """Whether a script is the SDK's, and all that it installs is there already."""
    text = " ".join(script.split())
    if not text.startswith(_CHECK) or not text.endswith(_CALL):
        return False
    installs = _calls(text[len(_CHECK) : -len(_CALL)])
    return installs is not None and all(_holds(words) for words in installs)


def _calls(text: str) -> list[list[str]] | None:
    """The words of commands that are joined by `&&`; None where a shell has more to do than to call them."""
    reader = shlex.shlex(text, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    calls: list[list[str]] = [[]]
    try:
        for word in reader:
            if word == "&&":
                calls.append([])
            elif "$" in word or "`" in word or "\\" in word or set(word) <= set("();<>|&"):
                return None
            else:
                calls[-1].append(word)
    except ValueError:  # a quotation that does not end
        return None
    return calls


def _holds(words: list[str]) -> bool:
    if words[:4] != ["python3", "-m", "pip", "install"]:
        return False
    try:
        asked = pipargs.parse(words[4:])
    except (pipargs.PipUsageError, OSError):
        return False  # pip says what is wrong
    return bool(asked.requirements) and not (asked.private or asked.elsewhere) and is_satisfied(asked.wanted())
