"""Writes the list of actions into docs/terminal-ui.md, from the registry: `python -m scripts.tui_reference FILE`.

With `--check` it writes nothing, and fails where the file is not as it would be.
"""

from __future__ import annotations

import sys
from pathlib import Path

HEAD = "## Actions\n"


def table() -> str:
    """The actions in the order of the registry."""
    from minikf.tui.actions import ACTIONS, key_name

    lines = [HEAD, "Made by `make docs` from the program's own table; the names are for `[keys]`.", ""]
    lines += ["| name | keys | what it does | where |", "|---|---|---|---|"]
    for action in ACTIONS:
        keys = " ".join(f"`{key_name(key)}`" for key in action.keys.split(",") if key) or "(palette)"
        mark = " (asks for the name)" if action.destroys else " (not read-only)" if action.changes else ""
        lines.append(f"| `{action.id}` | {keys} | {action.title}{mark} | {', '.join(action.places)} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    file = Path(next(each for each in arguments if not each.startswith("-")))
    before = file.read_text()
    after = before.partition(HEAD)[0] + table()
    if check and before != after:
        print(f"{file} is not what the program says: make docs", file=sys.stderr)
        return 1
    if not check:
        file.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
