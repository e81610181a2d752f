"""`$(NAME)` in commands, arguments and values. Rule: k8s.io/kubernetes third_party/forked/golang/expansion. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(\$|\(([^()]*)\))")


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replaces references that are known, keeps others as they are; `$$` is a dollar sign."""

    def replace(found: re.Match[str]) -> str:
        if found[1] == "$":
            return "$"
        return values.get(found[2], found[0])

    return _REFERENCE.sub(replace, text)
