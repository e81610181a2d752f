"""The top line: which platform, which engine, how it is."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from minikf.spec import Status


class Summary(Static):
    def show(self, platform: str, status: Status | None, read_only: bool) -> None:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("minikf ", style="bold")
        text.append(platform)
        if status is None:
            text.append("  looking…")
        elif not status.running:
            text.append("  not running", style="bold")
        else:
            healthy = sum(component.healthy for component in status.components)
            text.append(f"  {status.engine}  ")
            bad = healthy < len(status.components)
            text.append(f"{healthy}/{len(status.components)} healthy", style="bold red" if bad else "green")
        if read_only:
            text.append("  read-only", style="bold")
        self.update(text, layout=False)  # one line whatever it says
