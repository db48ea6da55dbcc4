"""Bars with a name and a figure above each, and the spread of the rounds as a line upon it."""

from report import frame, numbers, scale, svg

LINE, THICK = 34, 12
MARGIN = 4


def bars(chart):
    """{"title", "unit", "bars": [{"name", "figure", "ours"}], "bound": {"name", "value"} or None}"""
    rows = chart["bars"]
    bound = chart.get("bound")
    values = [v for row in rows for v in row["figure"]["values"]] + ([bound["value"]] if bound else [])
    x = scale.Linear(0, max(max(values), 1e-9) * 1.02, MARGIN, frame.WIDTH - MARGIN)
    parts = []
    for n, row in enumerate(rows):
        parts += bar(row, n * LINE, x, chart["unit"])
    height = LINE * len(rows)
    if bound:
        parts.append(svg.line(x(bound["value"]), 0, x(bound["value"]), height + 4, "bound"))
        text = svg.fitting(
            f"{bound['name']}: {numbers.with_unit(bound['value'], chart['unit'])}", frame.WIDTH - 2 * MARGIN
        )
        half = svg.width_of(text) / 2
        middle = min(max(x(bound["value"]), MARGIN + half), frame.WIDTH - MARGIN - half)
        parts.append(svg.label(middle, height + 16, text, "tick", "middle"))
        height += 20
    return svg.drawing(frame.WIDTH, height + 4, chart["title"], parts)


def bar(row, top, x, unit):
    figure = row["figure"]
    value = numbers.with_unit(figure["value"], unit)
    room = frame.WIDTH - 2 * MARGIN - svg.width_of(value) - 10
    y = top + 16
    middle = y + THICK / 2
    return [
        svg.label(MARGIN, top + 12, svg.fitting(row["name"], room)),
        svg.label(frame.WIDTH - MARGIN, top + 12, value, "value", "end"),
        svg.element(
            "rect",
            x=float(MARGIN),
            y=float(y),
            width=float(max(x(figure["value"]) - MARGIN, 0.5)),
            height=float(THICK),
            rx=2.0,
            class_="bar ours" if row.get("ours") else "bar",
        ),
        svg.line(x(min(figure["values"])), middle, x(max(figure["values"])), middle, "spread"),
    ]
