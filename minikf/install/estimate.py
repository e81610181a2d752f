"""About how long an installation takes, from what was measured; what was not is said to be unknown. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.install.fit import Demand, size
from minikf.install.measured import Measured, Took

# MiniKF's own benchmarks (README.md, "What was measured": `python -m tests.bench clusters` and `install`) on a quiet
# machine with two processors: until DNS answers, and 630 objects on a real API server whose pods are ready at once.
BENCH_CLUSTERS = {"kind": Took(1, 14.6), "k3d": Took(1, 15.6)}
BENCH_INSTALL = Took(630, 14.7)

HERE = "measured here"
BENCH = "MiniKF's benchmark on two processors"


@dataclass(frozen=True)
class Share:
    """One part of the time, in seconds, and where the figure is from."""

    what: str
    seconds: float
    source: str


@dataclass(frozen=True)
class Estimate:
    """`shares` are known; `unknown` are the parts of which nobody knows how long they take, with the reason."""

    shares: tuple[Share, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Of the parts that are known."""
        return sum(one.seconds for one in self.shares)

    def and_unknown(self, part: str) -> Estimate:
        return Estimate(self.shares, (*self.unknown, part))

    def __str__(self) -> str:
        sources = ", ".join(dict.fromkeys(one.source for one in self.shares))
        beyond = f", and what was never measured: {', '.join(self.unknown)}" if self.unknown else ""
        return f"about {duration(self.seconds)} ({sources}){beyond}"


def estimate(demand: Demand, objects: int, fetched: int, engine: str, measured: Measured) -> Estimate:
    """`objects` are to be applied, `fetched` bytes of manifests are to come over the network; `engine` is "" for a
    cluster that is there already."""
    shares, unknown = [], []
    if engine in BENCH_CLUSTERS:
        shares.append(_share("cluster", 1, measured.clusters.get(engine), BENCH_CLUSTERS[engine]))
    if fetched and measured.fetch is not None:
        shares.append(Share("manifests", fetched / measured.fetch.rate, HERE))
    elif fetched:
        unknown.append(f"fetching {size(fetched)} of manifests")
    shares.append(_share("objects", objects, measured.install, BENCH_INSTALL))
    if demand.unknown:
        unknown.append(f"pulling {demand.unknown} image{'s' * (demand.unknown > 1)} of unknown size")
    if demand.image_bytes and measured.fetch is not None:
        shares.append(Share("images", demand.image_bytes / measured.fetch.rate, f"{HERE} of other files"))
    elif demand.image_bytes:
        unknown.append(f"pulling {size(demand.image_bytes)} of images")
    return Estimate(tuple(shares), tuple(unknown))


def _share(what: str, amount: int, here: Took | None, bench: Took) -> Share:
    took = here or bench
    return Share(what, amount / took.rate, HERE if here is not None else BENCH)


def duration(seconds: float) -> str:
    """As people say it: whole seconds below two minutes, else minutes."""
    return f"{max(1, round(seconds))} s" if seconds < 120 else f"{round(seconds / 60)} min"
