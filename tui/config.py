"""The user's own settings of the terminal UI: `tui.toml` in MiniKF's configuration folder (docs/terminal-ui.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.errors import UsageError
from minikf.paths import config_home
from minikf.views.columns import Column, label
from minikf.views.kinds import BY_KIND, View

THEMES = ("dark", "light", "monochrome")
_KNOWN = ("theme", "read_only", "animations", "keys", "columns")


@dataclass(frozen=True)
class Config:
    """`keys` by an action's id, `columns` by a kind: titles of its list, or `label:NAME`."""

    theme: str = "dark"
    read_only: bool = False
    animations: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def columns_of(self, view: View) -> tuple[Column, ...]:
        """The columns that the user has chosen for a list, none where he has not."""
        known = {each.title: each for each in view.all_columns}
        return tuple(known.get(title) or label(title[6:]) for title in self.columns.get(view.kind, ()))


def file() -> Path:
    """Where the settings are looked for; need not exist."""
    return config_home() / "tui.toml"


def read(path: Path) -> Config:
    """The settings in a file; the usual ones where it does not exist. Raises UsageError that names the bad setting."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            "the settings of the terminal UI cannot be read", cause=f"{path}: {error}", advice="repair or remove it"
        ) from error
    return _Reading(path).config(found)


class _Reading:
    """Checks each setting; the errors name the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def config(self, found: dict[str, Any]) -> Config:
        for name in found:
            if name not in _KNOWN:
                raise self._bad(name, f"no such setting; there are {', '.join(_KNOWN)}")
        theme = found.get("theme", "dark")
        if theme not in THEMES:
            raise self._bad("theme", f"it is one of {', '.join(THEMES)}")
        return Config(
            theme,
            self._switch(found, "read_only", False),
            self._switch(found, "animations", True),
            self._keys(found.get("keys", {})),
            self._columns(found.get("columns", {})),
        )

    def _switch(self, found: dict[str, Any], name: str, usual: bool) -> bool:
        value = found.get(name, usual)
        if not isinstance(value, bool):
            raise self._bad(name, "it is true or false")
        return value

    def _keys(self, found: Any) -> dict[str, str]:
        from minikf.tui.actions import BY_ID

        for name, keys in self._table("keys", found).items():
            if name not in BY_ID:
                raise self._bad(f"keys.{name}", "there is no such action; docs/terminal-ui.md lists them")
            if not isinstance(keys, str) or not keys:
                raise self._bad(f'keys."{name}"', 'it is a text such as "ctrl+d" or "j,down"')
        return dict(found)

    def _columns(self, found: Any) -> dict[str, tuple[str, ...]]:
        for kind, titles in self._table("columns", found).items():
            view = BY_KIND.get(kind)
            if view is None:
                raise self._bad(f"columns.{kind}", f"no such list; there are {', '.join(BY_KIND)}")
            known = {each.title for each in view.all_columns}
            if not isinstance(titles, list) or not titles:
                raise self._bad(f"columns.{kind}", "it is a list of titles")
            for title in titles:
                if title not in known and not str(title).startswith("label:"):
                    raise self._bad(f"columns.{kind}", f"'{title}' is none of {', '.join(sorted(known))}, label:NAME")
        return {kind: tuple(titles) for kind, titles in found.items()}

    def _table(self, name: str, found: Any) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise self._bad(name, f"it is a table: [{name}]")
        return found

    def _bad(self, setting: str, why: str) -> UsageError:
        return UsageError(
            f"the setting {setting} of the terminal UI is not valid", cause=f"{self._path}: {why}",
            advice=f"repair {self._path}, or try: minikf tui --help",
        )  # fmt: skip
