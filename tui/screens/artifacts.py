"""What is in the artifacts of a step."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.widgets import Static, TextArea

from minikf.commands import command
from minikf.tui.screens.place import PlaceScreen
from minikf.views.asking import Question
from minikf.views.runs.content import Content
from minikf.views.runs.model import Made, Step
from minikf.views.runs.questions import ContentOf
from minikf.views.runs.words import made_words

MOST = 20  # artifacts that are read at once


class ArtifactsScreen(PlaceScreen):
    """Each is read once, when the screen is opened."""

    place = "reading"

    def __init__(self, run: str, step: Step) -> None:
        super().__init__()
        self._run = run
        self._step = step
        self._made: list[tuple[str, Made]] = [
            *(("out", one) for one in step.gives),
            *(("in", one) for one in step.takes),
        ]
        self._texts: dict[str, tuple[str, ...]] = {}

    def compose_body(self) -> ComposeResult:
        yield Static(f"Artifacts of {self._step.name}", classes="line", markup=False)
        yield TextArea(id="text", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()
        for identity in dict.fromkeys(one.id for _, one in self._made[:MOST]):
            self.minikf.ask(ContentOf(self._run, self._step.id, identity))

    def answered(self, question: Question[Any], value: Any) -> None:
        if self._is_ours(question):
            content: Content = value
            note = (f"({content.note})",) if content.note else ()
            self._texts[question.artifact] = (*note, *content.lines)  # type: ignore[attr-defined]

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if self._is_ours(question):
            self._texts[question.artifact] = (cause, advice)  # type: ignore[attr-defined]

    def equivalent(self) -> str:
        return command(f"runs show {self._run}", self.minikf.platform)

    def do_copy_text(self) -> None:
        area = self.query_one(TextArea)
        self.minikf.copy(area.selected_text or area.text)

    def draw(self) -> None:
        super().draw()
        lines: list[str] = []
        for way, one in self._made[:MOST]:
            lines += [f"── {one.name} ({way}): {made_words(one)}"]
            lines += self._texts.get(one.id, ("Looking…",))
            lines.append("")
        if len(self._made) > MOST:
            lines.append(f"{len(self._made) - MOST} more are not shown")
        area, text = self.query_one(TextArea), "\n".join(lines)
        if area.text != text:
            area.load_text(text)

    def _is_ours(self, question: Question[Any]) -> bool:
        return isinstance(question, ContentOf) and (question.run, question.step) == (self._run, self._step.id)
