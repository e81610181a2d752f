"""The program's verbs, each imported when it is called: `minikf --help` and a typing mistake load none of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import typer


@dataclass(frozen=True)
class Verb:
    """`target` is `module:function`, or `module:app` of a group of verbs; `help` is the first line of its help."""

    name: str
    target: str
    help: str


@dataclass(frozen=True)
class Section:
    """Verbs that stand together in `minikf --help`."""

    title: str
    verbs: tuple[Verb, ...]


class Commands(MutableMapping[str, Any]):
    """The commands by name, in the order of the sections; one is built when it is looked up."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self._verbs = {verb.name: verb for section in sections for verb in section.verbs}
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = build(self._verbs[name])
        return self._built[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._built[name] = command
        self._verbs.setdefault(name, Verb(name, "", ""))

    def __delitem__(self, name: str) -> None:
        del self._verbs[name]
        self._built.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._verbs)

    def __len__(self) -> int:
        return len(self._verbs)


def group_of(sections: tuple[Section, ...]) -> type[typer.core.TyperGroup]:
    """The class of a program's group that has these verbs."""

    class LazyGroup(typer.core.TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = Commands(sections)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(self.commands)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            width = max(len(verb.name) for section in sections for verb in section.verbs)
            for section in sections:
                with formatter.section(section.title):
                    # The names of all sections are of one width, so that the texts stand in one column.
                    formatter.write_dl([(verb.name.ljust(width), verb.help) for verb in section.verbs])

    return LazyGroup


def build(verb: Verb) -> Any:
    """The command of a verb: of a function, or of a group's own app."""
    module, _, name = verb.target.partition(":")
    found = getattr(importlib.import_module(module), name)
    holder = typer.Typer(rich_markup_mode=None, add_completion=False)
    if isinstance(found, typer.Typer):
        # Below a holder a group looks like all others, whatever its own app says: no rich, no completion of its own.
        holder.add_typer(found, name=verb.name)
        holder.callback()(lambda: None)
        return typer.main.get_command(holder).commands[verb.name]  # type: ignore[attr-defined]
    holder.command(verb.name)(found)
    return typer.main.get_command(holder)
