"""What a run found, as text: on the terminal, and between the marks of README.md and docs/performance.md.

<!-- bench: fanout -->
What `make bench WRITE=1` writes when the run had this part.
<!-- end -->
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import catching_up, endurance, entering, fanout, page, posting, storm, targets
from bench.figures import Row, table

PARTS: Mapping[str, Any] = {
    "fanout": fanout,
    "page": page,
    "posting": posting,
    "catching_up": catching_up,
    "storm": storm,
    "entering": entering,
    "endurance": endurance,
}
IMAGES = {
    "fan-out": ("fanout", "Server CPU for each delivery of a chat message to 300 subscribers, ours and the peers"),
    "growth": ("fanout", "Server CPU for each delivery, by the number of subscribers"),
    "latency": ("fanout", "99th percentile from post to receipt, by the number of subscribers"),
    "page": ("page", "Server CPU for each gallery page from PostgreSQL, ours and the peers"),
    "posting": ("posting", "Messages a second into one room, by the number of writers"),
    "large-lists": ("scale", "Lists of a large gallery as multiples of those of a small one"),
}
"""The plots that bench/plots.py draws: the part that each belongs to, and what it shows."""
WRITTEN = ("README.md", "docs/performance.md")
_BLOCK = re.compile(r"(<!-- bench: ([a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)
LIMIT_OF_LISTS = 3


def blocks(results: Mapping[str, Any]) -> dict[str, str]:
    """Returns the text of each block that the run has figures for."""
    parts: Mapping[str, Sequence[Row]] = results["parts"]
    made = {name: _shown(name, parts[name]) for name in PARTS if parts.get(name)}
    if reached := targets.met(parts):
        made["targets"] = table(reached, targets.COLUMNS)
    if len(made) > 1:
        made["machine"] = "\n".join(f"- {name}: {value}" for name, value in results["machine"].items())
    if parts.get("scale"):
        made["scale"] = f"{_images('scale')}\n\n{lists(parts['scale'], results['machine']['date'])}"
    if summary := in_short(parts):
        made["in_short"] = f"{summary}\n\n" + "\n".join(_image(name, "docs/figures") for name in ("fan-out", "page"))
    return made


def _shown(name: str, rows: Sequence[Row]) -> str:
    images = _images(name)
    return f"{images}\n\n{table(rows, PARTS[name].COLUMNS)}" if images else table(rows, PARTS[name].COLUMNS)


def _images(part: str) -> str:
    return "\n".join(_image(name, "figures") for name, (of, _) in IMAGES.items() if of == part)


def _image(name: str, folder: str) -> str:
    return f"![{IMAGES[name][1]}]({folder}/{name}.png)"


def lists(rows: Sequence[Row], date: str) -> str:
    """Returns one sentence about the lists of a large gallery."""
    over = sorted({str(row["name"]) for row in rows if row["multiple"] > LIMIT_OF_LISTS})
    most = max(rows, key=lambda row: float(row["multiple"]))
    kept = len({row["name"] for row in rows}) - len(over)
    text = f"Of {kept + len(over)} lists, {kept} keep the limit of {LIMIT_OF_LISTS} on both databases ({date})."
    exceptions = f" The others: {', '.join(over)}." if over else ""
    return (
        f"{text}{exceptions} The largest multiple is {most['multiple']:.1f}, of “{most['name']}” on {most['database']}."
    )


def in_short(parts: Mapping[str, Sequence[Row]]) -> str:
    """Returns the two ratios that matter most, as a sentence, or nothing without their figures."""
    try:
        loop = targets.of_fanout("cpu_us", fanout.OURS, fanout.LIMIT)(parts)
        mercurius = targets.of_fanout("cpu_us", fanout.OURS, fanout.MERCURIUS)(parts)
        by_hand = targets.of_page("cpu_us", page.OURS, page.LIMIT)(parts)
        with_loaders = targets.of_page("cpu_us", page.OURS, page.MERCURIUS)(parts)
    except LookupError:
        return ""
    return (
        f"A chat message to 300 subscribers costs {loop:.2f} times a bare loop of `send_text` and {mercurius:.2f} times"
        f" mercurius with JIT. The gallery page costs {by_hand:.2f} times a hand-written endpoint and {with_loaders:.2f}"
        " times mercurius with JIT and loaders."
    )


def write(results: Mapping[str, Any], root: Path) -> list[Path]:
    """Writes the blocks into the pages that have marks for them. Returns the pages that changed."""
    texts, changed = blocks(results), []
    for path in (root / name for name in WRITTEN):
        before = path.read_text()
        after = filled(before, texts)
        if after != before:
            path.write_text(after)
            changed.append(path)
    return changed


def filled(text: str, texts: Mapping[str, str]) -> str:
    """Returns the page with its blocks replaced. A block without a text stays as it is."""

    def replaced(block: re.Match[str]) -> str:
        new = texts.get(block[2])
        return block[0] if new is None else f"{block[1]}{new}\n{block[3]}"

    return _BLOCK.sub(replaced, text)
