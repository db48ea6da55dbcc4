"""Cost as work grows: what was measured as points with their spread, the model as a dashed curve."""

from report import frame, svg


def growth(chart):
    """{"title", "x", "y": names of the axes, "x_log", "y_log", "series": [{"name", "points": [[x, y, low, high]]}],
    "model": {"formula", "points": [[x, y]]} or None}"""
    series, model = chart["series"], chart.get("model")
    points = [p for s in series for p in s["points"]] + (model["points"] if model else [])
    x_log = chart.get("x_log", True)
    positive = [p[0] for p in points if p[0] > 0 or not x_log]
    x, y = frame.places(positive, [v for p in points for v in p[1:]], x_log, chart.get("y_log", False))
    ticks = x.ticks() if x_log else sorted({p[0] for p in series[0]["points"]})
    parts = frame.grid(x, y, ticks, chart["x"], chart["y"])
    entries = []
    if model:
        parts.append(svg.polyline([(x(a), y(b)) for a, b in model["points"]], "model"))
        entries.append(("model", "model: " + model["formula"]))
    for n, one in enumerate(series):
        parts += dots(one, x, y, f"s{n % frame.SERIES}")
        entries.append((f"s{n % frame.SERIES}", one["name"]))
    parts += frame.legend(entries)
    return svg.drawing(frame.WIDTH, frame.height_with(entries), chart["title"], parts)


def dots(series, x, y, class_):
    parts = [svg.polyline([(x(p[0]), y(p[1])) for p in series["points"]], class_)]
    for a, b, low, high in series["points"]:
        parts.append(svg.line(x(a), y(low), x(a), y(high), class_))
        parts.append(svg.element("circle", cx=float(x(a)), cy=float(y(b)), r=3.0, class_=class_ + " dot"))
    return parts
