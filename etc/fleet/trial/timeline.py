"""What callers saw around a fail-over, counted in tenths of seconds, as JSON and as a page."""

import collections
import html
import json
import pathlib

from report import scale, svg  # of perf/

from trial.callers import OUTCOMES

STEP = 0.1  # seconds
WIDTH, LEFT, RIGHT, PANEL, GAP, MARKS = 1000, 60, 12, 90, 46, 16
SHOWN = (("valid", "ours"), ("invalid", "s1"), ("undecided", "s4"), ("no_node", "s3"), ("other", "s5"), ("lost", "s2"))
STYLE = "svg rect.s1 { fill: var(--s1) } svg rect.s2 { fill: var(--s2) } svg rect.s3 { fill: var(--s3) } " \
        "svg rect.s4 { fill: var(--s4) } svg rect.s5 { fill: var(--s5) } svg rect { stroke: none }"


def counted(seen, streams, zero, marks):
    """seen: [[due, stream, outcome, ms]…] of the callers; marks: [(real time, text)]. Times become seconds
    after zero."""
    out = []
    for index, stream in enumerate(streams):
        steps = collections.defaultdict(list)
        for due, of, outcome, ms in seen:
            if of == index:
                steps[int((due - zero) // STEP)].append((outcome, ms))
        told = [step(n, steps[n]) for n in sorted(steps)]
        out.append({"name": stream["name"], "rate": stream["rate"], "steps": told})
    at_last = [{"s": round(at - zero, 2), "what": text} for at, text in sorted(marks)]
    return {"step_s": STEP, "streams": out, "marks": at_last}


def step(number, asked):
    counts = collections.Counter(outcome for outcome, _ in asked)
    latencies = sorted(ms for _, ms in asked)
    return {"s": round(number * STEP, 1), **{name: counts[name] for name in OUTCOMES if counts[name]},
            "median_ms": latencies[len(latencies) // 2], "max_ms": latencies[-1]}


def page(found, title):
    steps = [one for stream in found["streams"] for one in stream["steps"]]
    x = scale.Linear(steps[0]["s"], max(one["s"] for one in steps) + STEP, LEFT, WIDTH - RIGHT)
    parts, top = [], MARKS * len(found["marks"]) + 10
    bottom = top + len(found["streams"]) * 2 * (PANEL + GAP)
    for n, mark in enumerate(found["marks"]):
        at, y = x(mark["s"]), MARKS * (n + 1)
        is_late = at > WIDTH * 0.6
        parts += [svg.line(at, y, at, bottom - GAP, "bound"),
                  svg.label(at - 4 if is_late else at + 4, y, f"{mark['s']:.1f} s  {mark['what']}",
                            anchor="end" if is_late else "start")]
    for stream in found["streams"]:
        parts += panel(stream, x, top, "answers in 0.1 s", bars)
        top += PANEL + GAP
        parts += panel(stream, x, top, "latency, ms: median and slowest", latencies)
        top += PANEL + GAP
    style = (pathlib.Path(svg.__file__).parent / "style.css").read_text(encoding="utf-8")
    legend = " · ".join(f'<span style="color: var(--{class_})">■</span> {name}' for name, class_ in SHOWN)
    return (f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
            f"<style>{style} {STYLE}</style><h1>{html.escape(title)}</h1><p class=soft>{legend}</p>"
            f"{svg.drawing(WIDTH, bottom, title, parts)}</html>\n")


def panel(stream, x, top, what, draw):
    """One chart of a stream, with its axes."""
    y, parts = draw(stream["steps"], x, top)
    grid = [svg.label(LEFT, top - 6, f"{stream['name']}, {stream['rate']}/s: {what}", "value")]
    for value in y.ticks(3):
        grid.append(svg.line(LEFT, y(value), WIDTH - RIGHT, y(value), "grid"))
        grid.append(svg.label(LEFT - 5, y(value) + 4, f"{value:g}", "tick", "end"))
    for value in x.ticks(12):
        grid.append(svg.label(x(value), top + PANEL + 14, f"{value:g} s", "tick", "middle"))
    return grid + [svg.line(LEFT, top + PANEL, WIDTH - RIGHT, top + PANEL, "axis")] + parts


def bars(steps, x, top):
    most = max(sum(one.get(name, 0) for name in OUTCOMES) for one in steps)
    y = scale.Linear(0, most, top + PANEL, top)
    parts = []
    for one in steps:
        below = 0
        for name, class_ in SHOWN:
            if count := one.get(name, 0):
                above, left, right = y(below + count), x(one["s"]), x(one["s"] + STEP)
                parts.append(svg.element("rect", x=left, y=above, width=right - left, height=y(below) - above,
                                         class_=class_))
                below += count
    return y, parts


def latencies(steps, x, top):
    values = [one[name] for one in steps for name in ("median_ms", "max_ms")]
    y = scale.Log(*scale.around(values, True), top + PANEL, top)
    return y, [svg.polyline([(x(one["s"]), y(one[name])) for one in steps], class_)
               for name, class_ in (("max_ms", "s1"), ("median_ms", "s0"))]


def write(found, file, title):
    """FILE.json and FILE.html; returns the page's path."""
    file.with_suffix(".json").write_text(json.dumps(found) + "\n", encoding="utf-8")
    file.with_suffix(".html").write_text(page(found, title), encoding="utf-8")
    return file.with_suffix(".html")
