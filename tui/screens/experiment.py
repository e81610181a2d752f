"""One experiment: the objective over trials, parallel coordinates, and the trials as a table."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from minikf.commands import command
from minikf.tui.actions.action import OBJECTS, Action
from minikf.tui.feed import LogSource
from minikf.tui.pages.lists import STYLES
from minikf.tui.pictures.scale import number
from minikf.tui.pictures.trials import objective_over_trials, parallel_coordinates
from minikf.tui.places import Doom, deletion
from minikf.tui.screens.bestjob import BestJobScreen
from minikf.tui.screens.details import DetailsScreen
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.store import Store
from minikf.tui.widgets.livetable import LiveTable, Row, Rows
from minikf.tui.widgets.plot import Plot
from minikf.views.items import Item, Rank
from minikf.views.kinds import containers_of, pods_of
from minikf.views.text import span
from minikf.views.trials.experiment import Experiment, experiment_of
from minikf.views.trials.numbers import short
from minikf.views.trials.trial import Trial

ORDERS = ("best", "number", "state", "duration")
VIEWS = ("objective", "parallel", "table")
TALL, WIDE = 20, 120
"""Rows from which on the table has room below a picture, and columns from which on both pictures have."""


def experiment_in(store: Store, item: Item) -> Experiment:
    """As the store has it now, with its trials."""
    found = store.get("experiments", item.key) or item
    return experiment_of(found.obj, [each.obj for each in store.items["trials"].values()])


class ExperimentScreen(PlaceScreen):
    """On a small terminal one of the pictures or the table is shown, and a key shows the next."""

    place = "experiment"
    groups = frozenset({OBJECTS})
    kinds = ("experiments", "trials", "trainjobs", "pods")

    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item
        self.view = "objective"
        self._order = "best"
        self._experiment = experiment_of(item.obj, ())
        self._version: tuple[int, int] | None = None

    def compose_body(self) -> ComposeResult:
        yield Static(id="experiment-head", classes="line", markup=False)
        with Vertical(id="plots"):
            yield Plot(id="objective")
            yield Plot(id="parallel")
        yield LiveTable(id="table")
        yield Static(id="trial-why", classes="line", markup=False)

    def on_mount(self) -> None:
        self.query_one(LiveTable).focus()

    def selected(self) -> Item | None:
        """The trial under the cursor, else the experiment."""
        trial = self.minikf.store.get("trials", f"{self.item.namespace}/{self.query_one(LiveTable).current}")
        return trial or self.minikf.store.get("experiments", self.item.key) or self.item

    def equivalent(self) -> str:
        return command(f"experiment show {self.item.name} -n {self.item.namespace} --plot", self.minikf.platform)

    def doom(self, action: Action) -> Doom | None:
        return deletion(self.chosen(), "")

    def do_next_picture(self) -> None:
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
        self.redraw()

    def do_sort_trials(self) -> None:
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self.redraw()

    def do_train_best(self) -> None:
        self.minikf.push_screen(BestJobScreen(self.item.namespace, self.item.name))

    def do_show_details(self) -> None:
        found = self.selected()
        if found is not None:
            self.minikf.push_screen(DetailsScreen(found))

    def do_logs(self) -> None:
        """Of the trial under the cursor: of what it ran, which has its name."""
        store, name = self.minikf.store, self.query_one(LiveTable).current
        trial, job = (store.get(kind, f"{self.item.namespace}/{name}") for kind in ("trials", "trainjobs"))
        pods = [pod for each in (trial, job) if each is not None for pod in pods_of(each, store.rows("pods"))]
        sources = [LogSource(pod.namespace, pod.name, each) for pod in pods for each in containers_of(pod)]
        if sources:
            self.minikf.open_logs(list(dict.fromkeys(sources)))
        else:
            self.minikf.say(f"trial {name} has no pod any more, so no log", worse=True)

    def draw(self) -> None:
        super().draw()
        store = self.minikf.store
        version = (store.version("experiments"), store.version("trials"))
        if version != self._version:  # of thousands of trials this takes a while
            self._version, self._experiment = version, experiment_in(store, self.item)
        found = self._experiment
        self._lay_out()
        self.query_one("#experiment-head", Static).update(_head(found, self._order))
        self.query_one("#objective", Plot).draw(version, lambda w, h: objective_over_trials(found, w, h))
        self.query_one("#parallel", Plot).draw(version, lambda w, h: parallel_coordinates(found, w, h))
        self._show_trials(found)
        self._show_why()

    def _lay_out(self) -> None:
        width, height = self.size.width, self.size.height
        both, tall = width >= WIDE, height >= TALL
        self.set_class(both, "-beside")
        self.query_one("#objective").display = both or self.view != "parallel"
        self.query_one("#parallel").display = both or self.view == "parallel"
        self.query_one("#plots").display = self.view != "table"
        self.query_one(LiveTable).display = tall or self.view == "table"

    def _show_trials(self, found: Experiment) -> None:
        names = tuple(parameter.name for parameter in found.parameters)
        titles = ("#", found.objective.name.upper() or "VALUE", "STATE", *names, "TOOK", "TRIAL")
        trials = _ordered(found, self._order)
        best = found.best

        def make(place: int) -> Row:
            trial = trials[place]
            value = number(trial.value, 6) if trial.value is not None else ""
            mark = "◆" if best is not None and trial.name == best.name else ""
            cells = (f"{trial.number}{mark}", value, trial.state, *(short(trial.parameter(name)) for name in names),
                     span(trial.seconds),
                     trial.name)  # fmt: skip
            return Row(trial.name, cells, STYLES[Rank.BROKEN] if trial.failed else "bold" if mark else "")

        self.query_one(LiveTable).show(titles, Rows([trial.name for trial in trials], make))

    @on(LiveTable.Moved)
    def _show_why(self) -> None:
        name, why = self.query_one(LiveTable).current, self.query_one("#trial-why", Static)
        cause = next((trial.cause for trial in self._experiment.trials if trial.name == name), "")
        why.display = bool(cause)
        why.update(f"{name}: {cause}")

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        self.do_show_details()


def _head(found: Experiment, order: str) -> str:
    best = found.best
    value = f", best {found.objective.name}={best.text} (trial {best.number})" if best else ""
    failed = sum(trial.failed for trial in found.trials)
    count = f"{len(found.trials)}/{found.most}" if found.most else str(len(found.trials))
    told = f", {failed} failed" if failed else ""
    cause = f": {found.cause}" if found.cause else ""
    return f"{found.name} {found.state}{cause}, {count} trials{told}{value}; by {order}"


def _ordered(found: Experiment, order: str) -> tuple[Trial, ...]:
    if order == "best":
        return found.by_worth
    keys = {
        "number": lambda trial: (trial.number,),
        "state": lambda trial: (not trial.failed, trial.state, trial.number),
        "duration": lambda trial: (-(trial.seconds or 0.0), trial.number),
    }
    return tuple(sorted(found.trials, key=keys[order]))
