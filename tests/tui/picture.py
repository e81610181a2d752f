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


def compare(screen: Screen, name: str) -> None:
    """Fails where the screen is not as in the picture `name`; the new one lies beside it then."""
    drawn = _NUMBER.sub("terminal", _FONTS.sub("", screen.app.export_screenshot(title="minikf tui", simplify=True)))
    file = FOLDER / f"{name}.svg"
    if os.environ.get("MINIKF_PICTURES") == "write":
        file.write_text(drawn)
        return
    assert file.exists(), f"there is no {file}: MINIKF_PICTURES=write makes it, to be looked at"
    if file.read_text() != drawn:
        other = Path(os.environ.get("TMPDIR", "/tmp")) / f"{name}.new.svg"
        other.write_text(drawn)
        raise AssertionError(f"{name} looks other than {file}: see {other}\n{screen.text}")
