"""What can be done with runs of pipelines."""

from __future__ import annotations

from minikf.tui.actions.action import Action

_RUNS, _RUN, _AGAIN, _COMPARE, _READING = "pipelines", "run", "again", "compare", "reading"

ACTIONS = (
    Action("compare_runs", "v", "Compare two", (_RUNS,), shown=True),
    Action("run_again", "r", "Run again", (_RUNS, _RUN), shown=True, changes=True),
    Action("retry_run", "R", "Go on with a failed run", (_RUNS, _RUN), changes=True),
    Action("cancel_run", "ctrl+k", "Cancel the run", (_RUNS, _RUN), changes=True, destroys=True),
    Action("delete_run", "ctrl+d", "Delete the run with its records", (_RUNS, _RUN), changes=True, destroys=True),
    Action("run_logs", "l", "Logs", (_RUNS, _RUN), shown=True),
    Action("artifacts", "enter,a", "Artifacts", (_RUN,), shown=True),
    Action("fold", "z", "Fold a group, or open it", (_RUN,)),
    Action("whole_loop", "Z", "All iterations of a loop, or those that need a look", (_RUN,)),
    Action("form", "b", "Boxes or tree", (_RUN,)),
    Action("step_to", "h", "The step on the left", (_RUN,), argument="left"),
    Action("step_to", "L", "The step on the right", (_RUN,), argument="right"),
    Action("make_run", "ctrl+r", "Make the run", (_AGAIN,), shown=True, changes=True),
    Action("all_rows", "b", "All, or what differs", (_COMPARE,), shown=True),
    Action("copy_text", "C", "Copy the text", (_READING,)),
)
