"""Plots of a run's results, as PNG files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator

from bench import fanout, page
from bench.figures import Row, number
from bench.report import IMAGES

plt.switch_backend("agg")  # needs no display

INK, GRID, QUIET, STRONG = "#222222", "#dddddd", "#9aa5b1", "#c2410c"
COLOURS = {
    fanout.OURS: STRONG,
    fanout.LIMIT: "#64748b",
    fanout.MERCURIUS: "#0f766e",
    fanout.YOGA: "#7c3aed",
    fanout.STOCK: "#b8860b",
}
Parts = Mapping[str, Sequence[Row]]


def draw(parts: Parts, folder: Path, about: str) -> list[Path]:
    """Draws what the parts allow. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, (part, _) in IMAGES.items():
        if parts.get(part):
            figure = PLOTS[name](parts[part])
            if figure:
                drawn.append(folder / f"{name}.png")
                _save(figure, drawn[-1], about)
    return drawn


def _save(figure: Any, path: Path, about: str) -> None:
    figure.text(0.01, 0.01, about, fontsize=7, color=QUIET)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    # Without the version of matplotlib in it, the file changes only with the figures.
    figure.savefig(path, dpi=144, metadata={"Software": None})
    plt.close(figure)


def _axes(width: float, height: float, title: str) -> tuple[Any, Any]:
    figure, axes = plt.subplots(figsize=(width, height))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK, fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)
    axes.set_axisbelow(True)
    return figure, axes


def _bars(rows: Sequence[Row], key: str, title: str, unit: str) -> Any:
    if not rows:
        return None
    ordered = sorted(rows, key=lambda row: float(row[key]))
    figure, axes = _axes(7.5, 1.2 + 0.42 * len(ordered), title)
    values = [float(row[key]) for row in ordered]
    names = [str(row["server"]).replace("`", "") for row in ordered]
    bars = axes.barh(names, values, color=[STRONG if name == fanout.OURS else QUIET for name in names], height=0.62)
    axes.bar_label(bars, [f" {number(value)} {unit}" for value in values], fontsize=9, color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, max(values) * 1.18)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return figure


def fan_out(rows: Sequence[Row]) -> Any:
    """CPU time for each delivery to 300 subscribers."""
    here = [row for row in rows if row["subscribers"] == 300]
    return _bars(here, "cpu_us", "A chat message to 300 subscribers: server CPU for each delivery", "µs")


def growth(rows: Sequence[Row]) -> Any:
    """CPU time for each delivery by the number of subscribers."""
    return _lines(rows, "cpu_us", "Server CPU for each delivery", "µs")


def latency(rows: Sequence[Row]) -> Any:
    """The 99th percentile from post to receipt by the number of subscribers."""
    return _lines(rows, "p99_ms", "From post to receipt, 99th percentile", "ms")


def _lines(rows: Sequence[Row], key: str, title: str, unit: str) -> Any:
    figure, axes = _axes(7.5, 4.2, title)
    for name, colour in COLOURS.items():
        some = [row for row in rows if row["server"] == name]
        width = 2.4 if name == fanout.OURS else 1.4
        places = [row["subscribers"] for row in some]
        values = [row[key] for row in some]
        axes.plot(places, values, "o-", color=colour, linewidth=width, markersize=4, label=name.replace("`", ""))
    counts = sorted({row["subscribers"] for row in rows})
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.minorticks_off()
    axes.set_xlabel("subscribers", fontsize=9)
    axes.set_ylabel(unit, fontsize=9)
    axes.grid(axis="y", color=GRID)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def gallery_page(rows: Sequence[Row]) -> Any:
    """CPU time for each gallery page from PostgreSQL."""
    here = [row for row in rows if row["work"] == "page" and row["database"] == page.POSTGRESQL]
    return _bars(here, "cpu_us", "The gallery page from PostgreSQL: server CPU for each request", "µs")


def writers(rows: Sequence[Row]) -> Any:
    """Messages a second into one room by the number of writers."""
    figure, axes = _axes(7.5, 4.0, "Messages a second into one room")
    for number_, (database, listening) in enumerate(sorted({(row["database"], row["subscribers"]) for row in rows})):
        some = [row for row in rows if (row["database"], row["subscribers"]) == (database, listening)]
        places, values = [str(row["writers"]) for row in some], [row["rate"] for row in some]
        style, label = ("o--" if listening else "o-"), f"{database}, {listening or 'no'} subscribers"
        axes.plot(places, values, style, color=f"C{number_ // 2}", markersize=4, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("writers at once", fontsize=9)
    axes.set_ylabel("posts/s", fontsize=9)
    axes.grid(axis="y", color=GRID)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def large_lists(rows: Sequence[Row]) -> Any:
    """How much more each list costs in a large gallery."""
    figure, axes = _axes(7.5, 3.2, "Lists in a gallery of 100,000 media, as multiples of the same list with 100")
    for place, database in enumerate(sorted({row["database"] for row in rows})):
        multiples = sorted(float(row["multiple"]) for row in rows if row["database"] == database)
        shares = [100 * (index + 1) / len(multiples) for index in range(len(multiples))]
        axes.step(multiples, shares, where="post", color=(STRONG, "#0f766e")[place], label=database)
    axes.axvline(3, color=QUIET, linestyle=":", label="the limit")
    axes.set_xlim(left=0)
    axes.set_xlabel("large : small", fontsize=9)
    axes.set_ylabel("% of the lists at most", fontsize=9)
    axes.grid(axis="y", color=GRID)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


PLOTS: Mapping[str, Callable[[Sequence[Row]], Any]] = {
    "fan-out": fan_out,
    "growth": growth,
    "latency": latency,
    "page": gallery_page,
    "posting": writers,
    "large-lists": large_lists,
}
