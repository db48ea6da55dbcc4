"""Draws a dashboard's panels into one picture, from the same expressions, by gnuplot. Grafana is not needed."""
import json
import math
import pathlib
import re
import subprocess
import tempfile
import time

import panels

COLUMNS, WIDE, HIGH = 4, 380, 210
UNITS = {"reqps": " [/s]", "ops": " [/s]", "s": " [s]", "bytes": " [bytes]", "percentunit": " [part]", "short": ""}


def legend_of(legend, labels):
    for name, value in labels.items():
        legend = legend.replace("{{" + name + "}}", value)
    return re.sub(r"\{\{\w+\}\}", "none", legend).replace("/api/v1/auth/", "")


def series(prometheus, panel, begin, end, step):
    """[(legend, [(seconds, value)…])…] of all targets."""
    out = []
    for target in panel["targets"]:
        found = prometheus.api("query_range", query=panels.shown(target["expr"]), start=begin, end=end, step=step)["result"]
        for one in found:
            points = [(t - begin, float(v)) for t, v in one["values"] if math.isfinite(float(v))]
            if points:
                out.append((legend_of(target["legendFormat"], one["metric"]), points, one["metric"].get("le")))
    return out


def quoted(text):
    return '"' + text.replace("\\", "").replace('"', "'").replace("_", "\\\\_") + '"'


def lines_of(folder, number, title, unit, found):
    # The eight that were largest, so that the legend can be read.
    found = sorted(found, key=lambda s: -max(v for _, v in s[1]))[:8]
    parts = []
    for n, (legend, points, _) in enumerate(found):
        file = folder / f"{number}-{n}"
        file.write_text("".join(f"{t} {v}\n" for t, v in points))
        parts.append(f"'{file}' using 1:2 with lines lw 1.5 title {quoted(legend)}")
    flat = max(v for _, points, _ in found for _, v in points) == 0
    return [f"set title {quoted(title + UNITS[unit])}", "set yrange [0:1]" if flat else "set yrange [*:*]",
            "plot " + ", ".join(parts)]


def heat_of(folder, number, title, found):
    """Bucket by bucket: a histogram's are cumulative."""
    found = sorted((float(le.replace("+Inf", "inf")), dict(points)) for _, points, le in found)
    file, rows, before = folder / f"{number}-heat", [], {}
    for n, (_, values) in enumerate(found):
        rows += [f"{t} {n} {max(v - before.get(t, 0), 0)}\n" for t, v in sorted(values.items())] + ["\n"]
        before = values
    file.write_text("".join(rows))
    marks = ", ".join(f'"{le:g}" {n}' for n, (le, _) in enumerate(found) if n % 2 == 0)
    return [f"set title {quoted(title + ' [s]')}", f"set yrange [-0.5:{len(found) - 0.5}]", f"set ytics ({marks})",
            "set palette defined (0 'white', 1 '#fdbe85', 2 '#d94701')", "unset colorbox",
            f"plot '{file}' using 1:2:3 with image notitle", "set ytics auto", "set colorbox"]


def draw(prometheus, dashboard, picture, seconds):
    """Leaves the PNG at `picture`. Returns the titles of panels that showed nothing."""
    shown = [p for p in json.loads(pathlib.Path(dashboard).read_text())["panels"] if p["type"] != "row"]
    end = time.time()
    begin, step = end - seconds, max(seconds / 120, 0.5)
    empty, plots = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number, panel in enumerate(shown):
            found = series(prometheus, panel, begin, end, step)
            if not found:
                empty.append(panel["title"])
                continue
            if panel["type"] == "heatmap":
                plots += heat_of(folder, number, panel["title"], found)
            else:
                plots += lines_of(folder, number, panel["title"], panel["fieldConfig"]["defaults"]["unit"], found)
        lines = math.ceil((len(shown) - len(empty)) / COLUMNS)
        script = folder / "script"
        script.write_text("\n".join([
            f"set terminal pngcairo size {COLUMNS * WIDE},{lines * HIGH} font 'sans,8' background 'white'",
            f"set output '{picture}'", "set encoding utf8", f"set multiplot layout {lines},{COLUMNS}", "set key outside below font ',7' samplen 1",
            "set grid lc '#dddddd'", "set border 3 lc '#888888'", "set tics nomirror font ',7'", f"set xrange [0:{seconds}]",
            *plots, "unset multiplot", ""]))
        subprocess.run(["gnuplot", script], check=True)
    return empty
