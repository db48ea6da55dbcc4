"""Figures as people read them. A figure is {"unit": "µs", "value": 1.2, "values": [one per round]}."""

import math
import statistics


def figure(values, unit, of=statistics.median):
    """What a comparison found in its rounds. of: which one stands for all, the median unless said otherwise."""
    values = [float(v) for v in values]
    return {"unit": unit, "value": of(values), "values": values}


def shown(value):
    """Three digits that count: 0.0123, 1.23, 12.3, 123, 12,300."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if abs(rounded) >= 10 ** (3 - places):  # 9.996 became 10.00
        places -= 1
    return f"{rounded:,.{max(places, 0)}f}"


def short(value):
    """For the ticks of an axis: 0.001, 1, 200, 1k, 2.5M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def with_unit(value, unit):
    return shown(value) + (f" {unit}" if unit else "")


def spread(figure):
    """(1.1 to 1.3), or nothing if there was one round or all were alike."""
    low, high = shown(min(figure["values"])), shown(max(figure["values"]))
    return f" ({low} to {high})" if low != high else ""


def cell(content):
    """The text of a table's cell: words stay, figures get unit and spread."""
    return content if isinstance(content, str) else with_unit(content["value"], content["unit"]) + spread(content)
