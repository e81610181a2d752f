"""Experiments: how far they are, the best so far, and on a large terminal the objective of the one under the cursor."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult

from minikf.commands import command
from minikf.kube.shapes import mapping
from minikf.tui.pages.lists import ListPage
from minikf.tui.pictures.trials import objective_over_trials
from minikf.tui.screens.bestjob import BestJobScreen
from minikf.tui.screens.experiment import ExperimentScreen, experiment_in
from minikf.tui.widgets.livetable import LiveTable
from minikf.tui.widgets.plot import Plot
from minikf.views.columns import NARROW, Column, around, info
from minikf.views.items import Item
from minikf.views.text import plain
from minikf.views.trials.numbers import finite
from minikf.waiting.experiment import result_of

PLOT_FROM = (90, 30)
"""Columns and rows from which on there is room for a picture below the list."""


class ExperimentsPage(ListPage):
    place = kind = "experiments"
    kinds = ("experiments", "trials", "pods")

    def compose(self) -> ComposeResult:
        table, *others = super().compose()
        yield table
        plot = Plot(id="list-plot")
        plot.display = False
        yield plot
        yield from others

    def columns(self) -> tuple[Column, ...]:
        own = self.minikf.config.columns_of(self.view)
        return own or tuple(each for each in COLUMNS if each.fits(self.width))

    def draw(self) -> None:
        super().draw()
        self._draw_plot()

    def equivalent(self) -> str:
        item = self.selected()
        if item is None or self.words or self.order.column:
            return super().equivalent()
        return command(f"experiment show {item.name} -n {item.namespace} --plot", self.minikf.platform)

    def do_details(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(ExperimentScreen(item))

    def do_train_best(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.push_screen(BestJobScreen(item.namespace, item.name))

    def _draw_plot(self) -> None:
        plot, item = self.query_one("#list-plot", Plot), self.selected()
        width, height = PLOT_FROM
        plot.display = item is not None and self.size.width >= width and self.size.height >= height
        if plot.display and item is not None:
            store = self.minikf.store
            versions = (item.key, store.version("experiments"), store.version("trials"))
            plot.draw(versions, lambda wide, high: objective_over_trials(experiment_in(store, item), wide, high))

    @on(LiveTable.Moved)
    def _other(self) -> None:
        self._draw_plot()


def best_of(item: Item) -> str:
    """The best value so far, such as `accuracy=0.98`."""
    objective = mapping(mapping(item.obj.get("spec")).get("objective"))
    try:
        value = result_of(mapping(mapping(item.obj.get("status")).get("currentOptimalTrial")), objective)
    except (KeyError, TypeError, AttributeError):
        return ""
    return plain(f"{objective.get('objectiveMetricName', '')}={value}") if value else ""


COLUMNS = around(
    info("TRIALS"),
    Column("BEST", best_of, NARROW, sort=lambda item: finite(best_of(item).rpartition("=")[2]) or 0.0),
    Column("ALGORITHM", lambda item: plain(
        str(mapping(mapping(item.obj.get("spec")).get("algorithm")).get("algorithmName", ""))), 100),
)  # fmt: skip
