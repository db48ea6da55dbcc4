"""Bounds: whether they hold, and in which order they are told."""

import statistics


def bound(what, unit, values, least=None, most=None, of=statistics.median, where=""):
    """A row of a verdict. of: which of the rounds must be within; where: where the time goes, if it is not."""
    values = [float(v) for v in values]
    value = of(values)
    named = {statistics.median: "median", min: "least of the rounds", max: "most of the rounds"}[of]
    row = {"what": what, "unit": unit, "value": value, "values": values, "of": named, "where": where}
    row |= {"least": least} if least is not None else {"most": most}
    row["holds"] = value >= least if least is not None else value <= most
    return row


def all_of(report):
    """[(title of the comparison, bound)]: what misses first, and of these what misses most."""
    rows = [(name, one["title"], row) for name, one in report["comparisons"].items() for row in one["bounds"]]
    return sorted(rows, key=lambda found: (found[2]["holds"], -excess(found[2])))


def excess(row):
    """How far beyond its bound a figure is, as a factor: above 1 if it misses."""
    limit = row.get("least", row.get("most"))
    if "least" in row:
        return limit / row["value"] if row["value"] > 0 else float("inf")
    return row["value"] / limit if limit > 0 else 1 + row["value"]
