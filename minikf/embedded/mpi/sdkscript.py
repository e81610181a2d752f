"""The shell script that the official SDK makes of a training function for an MPI runtime.

Shape: kubeflow 0.5, kubeflow/trainer/constants/constants.py (EXEC_FUNC_SCRIPT) and
backends/kubernetes/utils.py (get_script_for_python_packages). Every rank runs it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_PACKAGES = re.compile(r"^PACKAGES=\((.*)\)$", re.MULTILINE)
_OPTIONS = re.compile(r"^PIP_OPTS=\((.*)\)$", re.MULTILINE)
_LOG = re.compile(r'^LOG_FILE="([^"]*/)([^"/]+)"$', re.MULTILINE)
_RUN = re.compile(r'^printf "%s" "\$SCRIPT" > "([^"]*/)([^"/]+)"\n(\S+) "\1\2"\s*\Z', re.MULTILINE)
# A folder for each rank. The SDK's file lies in the home of the image's user, which this machine does not have; and
# all ranks would write it at the same time, each emptying it while another reads.
_FOLDER = '"$HOME/rank-${OMPI_COMM_WORLD_RANK:-0}"'
_ENTER = f'mpi_rank_folder={_FOLDER}\nmkdir -p "$mpi_rank_folder" || exit 1\n'


@dataclass(frozen=True)
class Packages:
    """What the script installs before the function runs; `options` are pip's."""

    names: tuple[str, ...]
    options: tuple[str, ...]


def declared_packages(words: list[str]) -> Packages:
    """The packages_to_install of a command that the SDK made; none for other commands."""
    for word in words:
        packages, options = _PACKAGES.search(word), _OPTIONS.search(word)
        if packages and options and _RUN.search(word):
            return Packages(tuple(shlex.split(packages[1])), tuple(shlex.split(options[1])))
    return Packages((), ())


def with_own_folders(words: list[str]) -> list[str]:
    """The same command with the function's file in a folder of the rank; other commands stay as they are."""
    return [_with_own_folder(word) for word in words]


def _with_own_folder(word: str) -> str:
    found = _RUN.search(word)
    if found is None:
        return word
    _folder, file, program = found.groups()
    place = f'"$mpi_rank_folder/{file}"'
    before = _LOG.sub(r'LOG_FILE="$mpi_rank_folder/\2"', word[: found.start()], count=1)
    return f'{_ENTER}{before}printf "%s" "$SCRIPT" > {place}\n{program} {place}'
