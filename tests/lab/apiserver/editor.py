"""The editor of `kubectl edit` in the table: replaces one text by another in the file it is given."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    old, new, name = sys.argv[1:]
    text = Path(name).read_text()
    if old not in text:
        print(f"editor: {old!r} is not in the file", file=sys.stderr)
        return 1
    Path(name).write_text(text.replace(old, new))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
