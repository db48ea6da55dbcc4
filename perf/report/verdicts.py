"""Bounds: whether they hold, and in which order they are told."""

import statistics

MISSES, UNDECIDED, NOT_MEASURED, HOLDS = ORDER = ("misses", "undecided", "not measured", "holds")
BUSY_MOST = 0.1  # of the machine, by others
APART_MOST = 1.5  # the largest round of the smallest


def bound(what, unit, values, least=None, most=None, of=statistics.median, where=""):
    """A row of a verdict. of: which of the rounds must be within; where: where the time goes, if it is not; or, without
    values, why they could not be measured."""
    values = [float(v) for v in values]
    value = of(values) if values else None
    named = {statistics.median: "median", min: "least of the rounds", max: "most of the rounds"}[of]
    row = {"what": what, "unit": unit, "value": value, "values": values, "of": named, "where": where}
    row |= {"least": least} if least is not None else {"most": most}
    row["holds"] = bool(values) and is_within(row, value)
    return row


def is_within(row, value):
    return value >= row["least"] if "least" in row else value <= row["most"]


def state(row, busy):
    """One of ORDER. Undecided: some rounds are within the bound and some are not, while others kept the machine busy or
    the rounds are far apart. If all rounds agree, neither matters. busy: the share that others used."""
    if not row["values"]:
        return NOT_MEASURED
    agree = len({is_within(row, value) for value in row["values"]}) == 1
    if not agree and (busy > BUSY_MOST or are_apart(row["values"])):
        return UNDECIDED
    return HOLDS if row["holds"] else MISSES


def are_apart(values):
    return min(values) <= 0 or max(values) / min(values) > APART_MOST


def told(state, busy):
    """In words."""
    if state != UNDECIDED:
        return state
    return f"undecided: the rounds differ, and others kept {busy * 100:.0f} % of the machine busy"


def all_of(report):
    """[(name of the comparison, state, bound)]: what misses first, and of these what misses most; what holds last."""
    rows = [
        (name, state(row, one["busy"]), row) for name, one in report["comparisons"].items() for row in one["bounds"]
    ]
    return sorted(rows, key=lambda found: (ORDER.index(found[1]), -excess(found[2])))


def excess(row):
    """How far beyond its bound a figure is, as a factor: above 1 if it misses."""
    limit = row.get("least", row.get("most"))
    if row["value"] is None:
        return 1
    if "least" in row:
        return limit / row["value"] if row["value"] > 0 else float("inf")
    return row["value"] / limit if limit > 0 else 1 + row["value"]
