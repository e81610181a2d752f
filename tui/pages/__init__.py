"""The views of the main screen. Each is a widget that is imported when it is opened first."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from minikf.views.kinds import TRAINING

if TYPE_CHECKING:
    from minikf.tui.pages.page import Page


@dataclass(frozen=True)
class PageSpec:
    """`target` is `module:class`; `kinds` are the lists whose broken items are counted beside its name."""

    place: str
    title: str
    short: str
    target: str
    kinds: tuple[str, ...] = ()

    def make(self) -> Page:
        module, _, name = self.target.partition(":")
        return cast("Page", getattr(import_module(module), name)())


HOME = "home"
_LISTS = "minikf.tui.pages.lists"
PAGES: tuple[PageSpec, ...] = (
    PageSpec(HOME, "Home", "Home", "minikf.tui.pages.home:HomePage"),
    PageSpec("pipelines", "Pipelines", "Pipes", "minikf.tui.pages.pipelines:PipelinesPage"),
    PageSpec("experiments", "Experiments", "Exp", "minikf.tui.pages.experiments:ExperimentsPage", ("experiments",)),
    PageSpec("trainjobs", "Training", "Train", "minikf.tui.pages.training:TrainingPage", TRAINING),
    PageSpec("services", "Services", "Serve", "minikf.tui.pages.models:ServicesPage", ("inferenceservices",)),
    PageSpec("models", "Models", "Models", "minikf.tui.pages.registry:ModelsPage"),
    PageSpec("notebooks", "Notebooks", "Notes", "minikf.tui.pages.notebooks:NotebooksPage", ("notebooks",)),
    PageSpec("pods", "Pods", "Pods", f"{_LISTS}:Pods", ("pods",)),
    PageSpec("jobs", "Jobs", "Jobs", f"{_LISTS}:Jobs", ("jobs",)),
    PageSpec("storage", "Storage", "Store", "minikf.tui.pages.storage:StoragePage", ("persistentvolumeclaims",)),
    PageSpec("events", "Events", "Events", f"{_LISTS}:Events"),
    PageSpec("addons", "Add-ons", "Add-ons", "minikf.tui.pages.addons:AddonsPage"),
    PageSpec("doctor", "Doctor", "Doctor", "minikf.tui.pages.doctor:DoctorPage"),
    PageSpec("promotion", "Promote", "Promote", "minikf.tui.pages.promote:PromotionPage"),
)
BY_PLACE = {page.place: page for page in PAGES}
