"""Figures from lists of measurements, and tables of them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least this share of the values does not exceed. NaN without values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(seconds: Sequence[float], name: str = "") -> dict[str, float]:
    """Returns the median and the 99th percentile in milliseconds, as `p50_ms` and `p99_ms` after the name."""
    return {f"{name}p{share * 100:.0f}_ms": percentile(seconds, share) * 1e3 for share in (0.5, 0.99)}


def number(value: Any) -> str:
    """Returns a number with three digits that count, and a text as it is."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value and abs(value) < 100:
        digits = max(0, 2 - math.floor(math.log10(abs(value))))
        return f"{value:.{min(digits, 3)}f}"
    return f"{value:,.0f}"


def table(rows: Iterable[Row], columns: Mapping[str, str]) -> str:
    """Returns a Markdown table. `columns` maps the keys of the rows to the headings."""
    listed = list(rows)
    texts = [[number(row.get(key)) for key in columns] for row in listed]
    plain = [all(isinstance(row.get(key), str | None) for row in listed) for key in columns]
    marks = ["---" if text else "---:" for text in plain]
    lines = [list(columns.values()), marks, *texts]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratios(rows: Sequence[Row], key: str, to: str, alike: Sequence[str]) -> list[Row]:
    """Returns the rows with `{key}_x`: `key` divided by that of the server `to` with the same values of `alike`."""
    unit = {tuple(row.get(each) for each in alike): row[key] for row in rows if row["server"] == to}
    found: list[Row] = []
    for row in rows:
        of = unit.get(tuple(row.get(each) for each in alike))
        found.append({**row, f"{key}_x": row[key] / of if of else None})
    return found


def multiples(seconds: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[Row]:
    """Returns a row for each database and list, from the seconds of the large and the small one."""
    return [
        {"name": name, "database": database, "multiple": large / small}
        for database, lists in seconds.items()
        for name, (large, small) in lists.items()
    ]
