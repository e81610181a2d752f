"""A group of verbs that does something by itself where none is named: `promote ROOT` beside `promote undo NAME`."""

from __future__ import annotations

from typing import Any

import typer

DEFAULT = "root"
"""The name of the verb that is meant where none is named. It is hidden; a root of the name of another verb is given as
KIND/NAME, which no verb is called."""


class Defaulted(typer.core.TyperGroup):
    """Its own help is that of the default verb, and the others below it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] != ["--help"] and not (args and args[0] in self.commands):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def get_usage(self, ctx: Any) -> str:
        return self.commands[DEFAULT].get_usage(ctx)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        self.commands[DEFAULT].format_usage(ctx, formatter)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        self.commands[DEFAULT].format_help_text(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.commands[DEFAULT].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
