"""The comparisons of perf/run, in the order of the page. Each module has:

  NAME, TITLE, MODEL (a sentence: what explains the figures), SECONDS (what it takes in a full run, roughly),
  HELPERS (programs of perf/ that must be built), COLUMNS
  measure(bench) -> figures     runs servers and loads; figures are what JSON can hold
  rows(figures), bounds(figures), charts(figures)     pure functions: the table, the verdicts, the drawings
"""

import importlib

ORDER = (
    "agrees",
    "hit",
    "token",
    "unix_socket",
    "tls",
    "batch",
    "token_first",
    "cold",
    "open_loop",
    "redis",
    "old_service",
    "users",
    "hit_rates",
    "queries",
    "credentials",
    "connections",
    "workers",
    "gateway",
    "costs",
)


def all_of_them():
    return [importlib.import_module(f"comparisons.{name}") for name in ORDER]


def told(module, found):
    """What report.json says of it. found: its figures, and how they came about."""
    figures = found["figures"]
    return found | {
        "title": module.TITLE,
        "model": module.MODEL,
        "notes": getattr(module, "notes", lambda _: [])(figures),
        "columns": list(module.COLUMNS),
        "rows": module.rows(figures),
        "bounds": module.bounds(figures),
        "charts": module.charts(figures),
    }
