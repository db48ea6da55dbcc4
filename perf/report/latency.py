"""Latency by percentile. The axis of percentiles is logarithmic in the share of the slower requests, so that 99 % and
99.9 % have as much room as 90 %."""

from report import frame, scale, svg

TICKS = (0, 50, 90, 99, 99.9, 99.99)
MOST = 99.995


def slower(percentile):
    """How many requests there are for one that is slower."""
    return 1 / (1 - min(percentile, MOST) / 100)


def latency(chart):
    """{"title", "series": [{"name", "curve": [[percentile, us]]}]}"""
    curves = [(s["name"], [(slower(p), us) for p, us in s["curve"] if us > 0]) for s in chart["series"]]
    curves = [(name, curve) for name, curve in curves if curve]
    if not curves:
        return ""
    reached = max(a for _, curve in curves for a, _ in curve)
    _, y = frame.places([1, 10], [us for _, curve in curves for _, us in curve], True, True)
    x = scale.Log(1, max(reached, 10), frame.LEFT, frame.WIDTH - frame.RIGHT)
    ticks = [t for t in TICKS if slower(t) <= reached * 1.001]
    by_place = {slower(t): f"{t:g} %" for t in ticks}
    parts = frame.grid(x, y, list(by_place), "of the requests", "µs", by_place.get)
    entries = []
    for n, (name, curve) in enumerate(curves):
        parts.append(svg.polyline([(x(a), y(us)) for a, us in curve], f"s{n % frame.SERIES}"))
        entries.append((f"s{n % frame.SERIES}", name))
    parts += frame.legend(entries)
    return svg.drawing(frame.WIDTH, frame.height_with(entries), chart["title"], parts)
