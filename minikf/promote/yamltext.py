"""YAML that reads the same in YAML 1.1 and 1.2, so in PyYAML, kustomize and the API server."""

from __future__ import annotations

import re
from typing import Any

import yaml

# Plain scalars that one of the two versions takes for a number or a truth value, and PyYAML leaves unquoted.
_AMBIGUOUS = re.compile(r"[-+.\d][-+.\w:]*|[yYnN]|[oO](n|N|ff|FF)|0[oO]?\d+")


class _Dumper(yaml.SafeDumper):
    """Blocks for text of several lines, quotes where a plain word could be read as something else, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value.strip("\n") else "'" if _AMBIGUOUS.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """One YAML document, keys in the order given."""
    return str(
        yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31, default_flow_style=False)
    )
