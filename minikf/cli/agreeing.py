"""Asking before something is taken away or changed elsewhere."""

from __future__ import annotations

import typer

from minikf.cli import render
from minikf.errors import Refused


def agree(question: str, not_done: str, again: str) -> None:
    """Raises Refused, which says `not_done`, unless the user agrees; never asks where nobody can answer: `again` is
    what to type there."""
    if not render.has_terminal():
        raise Refused(not_done, cause="there is no terminal to ask on", advice=again)
    if not typer.confirm(question, err=True):
        raise Refused(not_done, cause="you said no")
