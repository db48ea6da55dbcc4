"""The tables of the manuals, from the same rows as the page's."""

from report import numbers, page, verdicts


def table(columns, rows):
    lines = [row_of(columns), "|" + "---|" * len(columns)]
    return "\n".join(lines + [row_of([numbers.cell(c) for c in row]) for row in rows])


def row_of(cells):
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def verdict(report, chosen=None):
    """Bounds: what misses first, and where its time goes. chosen: those of these comparisons, without the latter."""
    rows = []
    for name, state, row in verdicts.all_of(report):
        if chosen is None or name in chosen:
            misses = state == verdicts.MISSES
            found = measured(row)
            where = f": {row['where']}" if row["where"] and not chosen and misses else ""
            told = f"**{state}**{where}" if misses else verdicts.told(state, report["comparisons"][name]["busy"])
            rows.append([row["what"], f"**{found}**" if misses else found, page.limit_of(row), told])
    return table(["work", "measured", "must hold", ""], rows)


def measured(row):
    if not row["values"]:
        return "–"
    return numbers.cell(row) + ("" if row["of"] == "median" else f", {row['of']}")


def comparison(report, name):
    one = report["comparisons"][name]
    return table(one["columns"], one["rows"])


def conditions(report):
    """The sentence below each table."""
    machine = report["machine"]
    return (
        f"Measured on {report['date']} on {machine['cpu']}, {machine['cores']} cores, Linux {machine['linux']}, "
        f"PostgreSQL {machine['postgres']}, with client, server and database together; "
        f"others kept {machine['busy'] * 100:.0f} % "
        f"of it busy. Medians of {report['rounds']} rounds (least to most)."
    )
