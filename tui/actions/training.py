"""What can be done with experiments and training jobs, beside what every list has."""

from __future__ import annotations

from minikf.tui.actions.action import Action

ACTIONS = (
    Action("train_best", "t", "Train with the best", ("experiments", "experiment"), shown=True),
    Action("create_best", "enter,ctrl+s", "Create it", ("bestjob",), shown=True, changes=True),
    Action("next_picture", "v", "Next picture", ("experiment", "trainjob"), shown=True),
    Action("sort_trials", "s", "Sort the trials otherwise", ("experiment",)),
    Action("show_details", "d", "Details", ("experiment", "trainjob")),
    Action("other_metric", "m", "Other metrics", ("trainjob",), shown=True),
)
