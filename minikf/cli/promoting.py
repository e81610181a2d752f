"""What `minikf promote` and its verbs print and ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from minikf.cli import render
from minikf.cli.agreeing import agree
from minikf.errors import ExitCode, Refused, UsageError

if TYPE_CHECKING:
    from minikf.promote.apply import Outcome, Promotions, RunFiles
    from minikf.promote.behaviour.compare import Tolerances
    from minikf.promote.toward.plan import TargetPlan
    from minikf.promote.toward.run import Asked
    from minikf.views.promotion.showing import Preview


def write(
    roots: tuple[str, ...], out: Path, platform: str, namespace: str, *, diff: bool, as_json: bool
) -> None:  # fmt: skip
    """`--out`: a folder."""
    if diff:
        _differ(roots, out, platform, namespace, as_json=as_json)
        return
    from minikf.promote import export

    report = export(roots, out, platform, namespace or None)
    if as_json:
        render.data(report.as_dict())
        return
    for line in report.lines():
        render.text(line)


def _differ(roots: tuple[str, ...], out: Path, platform: str, namespace: str, *, as_json: bool) -> None:
    from minikf.views.promotion.showing import preview

    found = preview(roots, out, platform, namespace)
    if as_json:
        render.data(found.as_dict())
    else:
        _tell(found)
    if found.changes:
        raise typer.Exit(ExitCode.DIFFERENCES)


def _tell(found: Preview) -> None:
    """The diff on stdout, for a pager or patch; everything else on stderr."""
    for line in found.diff:
        render.text(line)
    for one in found.exports:
        render.note(f"{one.ref}:")
        for left in one.left:
            render.note(f"  {left.path}: {left.what}, {left.why}")
    for need in found.report.needs:
        render.note(f"the target must have {need.kind} {need.name} ({need.reason})")
    for warning in found.report.warnings:
        render.note(warning)
    states = [one.state for one in found.files]
    told = ", ".join(f"{states.count(each)} {each}" for each in ("new", "changed", "gone", "same", "yours")
                     if each in states)  # fmt: skip
    render.note(f"{found.report.out}: {told}; nothing was written")


def asked(
    roots: tuple[str, ...], to: str, platform: str, namespace: str, name: str, sample: list[Path], tolerance: list[str]
) -> Asked:
    """What the options say. Raises UsageError."""
    from minikf.promote.toward.run import Asked

    if not roots:
        raise UsageError("name what to promote", advice=f"minikf promote inferenceservice/NAME --to {to}")
    return Asked(roots, to, platform, namespace, name, tuple(sample), _tolerances(tolerance))


def _tolerances(texts: list[str]) -> Tolerances:
    from minikf.promote.behaviour.compare import Tolerance, Tolerances

    default, outputs = Tolerance(), {}
    for text in texts:
        output, equals, number = text.rpartition("=")
        try:
            found = Tolerance(float(number), Tolerance().absolute)
        except ValueError as error:
            raise UsageError(f"--tolerance {text} says no number", advice="--tolerance 1e-3") from error
        if found.relative < 0 or found.relative != found.relative:
            raise UsageError(f"--tolerance {text} is no distance", advice="--tolerance 1e-3")
        if equals:
            outputs[output] = found
        else:
            default = found
    return Tolerances(default, outputs)


def bring(asked: Asked, *, plan_only: bool, offline: bool, explain: bool, yes: bool, as_json: bool) -> None:
    """`--to`: a target. Exit code 3 where the plan has errors."""
    from minikf.promote.toward import run

    ready = render.follow(run.prepare(asked, offline=offline), as_json=as_json)
    if plan_only and not ready.plan.errors and not offline:
        render.follow(run.rehearse(ready), as_json=as_json)
    only_shown = plan_only or offline
    if as_json and (only_shown or ready.plan.errors):
        render.data(ready.plan.as_dict())
    elif not as_json:
        _show_plan(ready.plan, explain=explain)
    if ready.plan.errors:
        raise typer.Exit(ExitCode.PREFLIGHT_FAILED)
    if only_shown:
        return
    if not yes:
        agree(f"Promote {ready.plan.name} to {ready.plan.target}?", "nothing was promoted", "add --yes")
    _told(render.follow(run.carry_out(ready), as_json=as_json), ready.plan.name, as_json=as_json)


def resume(name: str, to: str, *, as_json: bool) -> None:
    from minikf.promote.apply import all_promotions
    from minikf.promote.toward import run

    cut = [one.name for one in all_promotions() if one.unfinished(to) is not None and name in ("", one.name)]
    if len(cut) != 1:
        raise Refused(
            "no promotion was cut off" if not cut else "several promotions were cut off",
            cause=", ".join(cut) or "every run came to its end",
            advice=f"minikf promote {cut[0]} --resume" if cut else "minikf promote list",
        )
    _told(render.follow(run.resume(cut[0]), as_json=as_json), cut[0], as_json=as_json)


def _show_plan(plan: TargetPlan, *, explain: bool) -> None:
    from minikf.promote.model import ref_of
    from minikf.promote.references import dotted

    render.text(f"{plan.name} to {plan.target}, namespace {plan.namespace}:")
    for obj in plan.objects:
        ref = ref_of(obj)
        count = sum((one.ref.kind, one.ref.name) == (ref.kind, ref.name) for one in plan.changes)
        render.text(f"  {ref}" + (f"  ({count} fields differ there)" if count else ""))
        for one in plan.changes if explain else ():
            if (one.ref.kind, one.ref.name) == (ref.kind, ref.name):
                render.text(f"    {dotted(one.path)}: {one.old!r} becomes {one.new!r}  [{one.rule}] {one.evidence}")
    for copy in plan.carries:
        render.text(f"  copy {copy.source} to {copy.to}  ({copy.bytes:,} bytes)")
    for finding in plan.findings:
        about = f"{finding.ref}{f', {finding.where}' if finding.where else ''}: " if finding.ref else ""
        render.text(f"{finding.level.value}: {about}{finding.message}")
        render.text(f"  why: {finding.cause}")
        render.text(f"  try: {finding.advice}")
    for warning in plan.warnings:
        render.text(f"note: {warning}")


def _told(outcome: Outcome, name: str, *, as_json: bool) -> None:
    if as_json:
        render.data(
            {
                "promotion": name, "run": outcome.run, "changed": outcome.changed, "applied": outcome.applied,
                "unchanged": outcome.unchanged, "pruned": outcome.pruned, "warnings": list(outcome.warnings),
                "kept": [str(one) for one in outcome.kept],
                "receipt": str(outcome.receipt) if outcome.receipt else "",
            }
        )  # fmt: skip
        return
    if not outcome.changed:
        render.text(f"nothing to do: {outcome.unchanged} objects are as they should be")
        return
    render.text(f"promoted {name}: {outcome.applied} objects applied, {outcome.unchanged} were as they should be")
    for one in outcome.kept:
        render.text(f"  kept {one}")
    render.text(f"  receipt:    {outcome.receipt}")
    render.text(f"  take back:  minikf promote undo {name}")


def listed(to: str, *, as_json: bool) -> None:
    from minikf.promote.apply import all_promotions

    rows = [
        (one.name, run.state.target, run.id, _word(run)) for one in all_promotions() for run in one.runs(to)
    ]  # fmt: skip
    if as_json:
        render.data([dict(zip(("promotion", "target", "run", "state"), row, strict=True)) for row in rows])
    elif rows:
        render.table(("PROMOTION", "TARGET", "RUN", "STATE"), rows)
    else:
        render.text("nothing was promoted from here yet; try: minikf promote NAME --to TARGET --plan-only")


def _word(run: RunFiles) -> str:
    from minikf.promote.apply import Action

    done = run.state.done
    for action, word in ((Action.UNDONE, "undone"), (Action.DONE, "done"), (Action.RETURNED, "returned")):
        if action in done:
            return word
    return "cut off"


def shown(name: str, run: str, *, as_json: bool) -> None:
    found = _run(name, run)
    intended, state = found.intended(), found.state
    from minikf.promote.model import ref_of

    objects = [str(ref_of(obj)) for obj in intended.objects]
    receipt = found.receipt if found.receipt.exists() else None
    if as_json:
        data: dict[str, Any] = {
            "promotion": name, "run": found.id, "target": state.target, "state": _word(found),
            "namespace": intended.namespace, "objects": objects,
            "artifacts": [{"name": one.name, "digest": dict(one.digest)} for one in intended.artifacts],
            "receipt": str(receipt) if receipt else "",
        }  # fmt: skip
        render.data(data)
        return
    render.text(f"{name}, run {found.id}, to {state.target}: {_word(found)}")
    for line in (*objects, *(one.name for one in intended.artifacts)):
        render.text(f"  {line}")
    if receipt:
        render.text(f"  receipt: {receipt}")


def undo(name: str, run: str, *, yes: bool, anyway: bool, remove: list[str], as_json: bool) -> None:
    from minikf.promote import apply
    from minikf.promote.targets import shelf, way

    found = _run(name, run)
    spec = shelf.get(found.state.target)
    if not yes:
        agree(f"Take {name} back from {spec.name} (run {found.id})?", "nothing was taken back", "add --yes")
    access = way.access(spec)
    with way.in_words_of(spec, access):
        done = render.follow(
            apply.undo(access, name, found.id, removes=frozenset(remove), anyway=anyway), as_json=as_json
        )
    if as_json:
        kept = [str(one) for one in done.kept]
        render.data({"promotion": name, "run": done.run, "objects": done.objects, "kept": kept})
        return
    render.text(f"{name} is taken back: {done.objects} objects are as they were before run {done.run}")
    for one in done.kept:
        render.text(f"  kept {one}")


def drift(name: str, to: str, *, as_json: bool) -> None:
    from minikf.promote import apply
    from minikf.promote.references import dotted
    from minikf.promote.targets import shelf, way

    run = _run(name, "", to)
    spec = shelf.get(run.state.target)
    access = way.access(spec)
    with way.in_words_of(spec, access):
        found = apply.drift(access, name, spec.name)
    if as_json:
        render.data(
            [
                {"object": one.what, "path": dotted(one.path), "promoted": one.promoted, "live": one.live,
                 "by": list(one.by)}
                for one in found
            ]
        )  # fmt: skip
    elif not found:
        render.text(f"{spec.name} has {name} as it was promoted")
    for one in () if as_json else found:
        by = f"  by {', '.join(one.by)}" if one.by else ""
        render.text(f"{one.what} {dotted(one.path)}: {one.promoted!r} is {one.live!r} now{by}")
    if found:
        raise typer.Exit(ExitCode.DIFFERENCES)


def _run(name: str, id: str, target: str = "") -> RunFiles:
    """A run of a promotion: the one of that id, or the last one. Raises Refused where there is none."""
    from minikf.promote.apply import Promotions, all_promotions

    promotions: Promotions = Promotions(name)
    if id:
        return promotions.find(id)
    runs = promotions.runs(target)
    if not runs:
        known = ", ".join(one.name for one in all_promotions()) or "there is none"
        raise Refused(
            f"there is no promotion '{name}'", cause=f"promotions: {known}", advice="minikf promote list"
        )  # fmt: skip
    return next((one for one in reversed(runs) if one.state.stands), runs[-1])
