"""Pictures of the screen, compared with those that were looked at: `MINIKF_PICTURES=write` writes them anew."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from minikf.views import text
from tests.tui.screen import Screen

SETTLED_SECONDS, PATIENCE_SECONDS = 0.5, 5.0
FOLDER = Path(__file__).parent / "pictures"
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
# Textual's pictures have a number of their own in all names, and fonts from the web.
_NUMBER = re.compile(r"terminal-\d+")
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is noon of 1 January 2026 in UTC, and stays so."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(text, "clock", lambda: NOON)
    return NOON


async def compare(screen: Screen, name: str) -> None:
    """Fails where the screen does not come to be as in the picture `name`; the new one lies beside it then."""
    file = FOLDER / f"{name}.svg"
    if os.environ.get("MINIKF_PICTURES") == "write":
        await screen.pilot.pause(SETTLED_SECONDS)
        file.write_text(_drawn(screen))
        return
    assert file.exists(), f"there is no {file}: MINIKF_PICTURES=write makes it, to be looked at"
    end = time.monotonic() + PATIENCE_SECONDS
    while file.read_text() != _drawn(screen):
        if time.monotonic() > end:
            other = Path(os.environ.get("TMPDIR", "/tmp")) / f"{name}.new.svg"
            other.write_text(_drawn(screen))
            raise AssertionError(f"{name} looks other than {file}: see {other}\n{screen.text}")
        await screen.pilot.pause(0.05)


def _drawn(screen: Screen) -> str:
    return _NUMBER.sub("terminal", _FONTS.sub("", screen.app.export_screenshot(title="minikf tui", simplify=True)))
