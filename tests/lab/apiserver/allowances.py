"""Differences that are meant, each with its reason. One that covers nothing fails the suite."""

from __future__ import annotations

from .compare import Allowance

ALLOWANCES: tuple[Allowance, ...] = ()
