"""One HTML file that needs nothing else: the verdict first, then each comparison."""

import html
import pathlib

from report import charts, numbers, verdicts

STYLE = pathlib.Path(__file__).with_name("style.css")


def page(report):
    title = f"Latchkey measured, {report['date']}"
    body = [head(report), failures(report), verdict_table(report), contents(report)]
    body += [section(name, one) for name, one in report["comparisons"].items()]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{STYLE.read_text()}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def head(report):
    machine = report["machine"]
    kind = (
        " A quick run: it shows that all works and that answers are right; its times are no figures."
        if report["quick"]
        else ""
    )
    return (
        f"<h1>Latchkey {html.escape(report['version'])}, measured on "
        f"{report['date']}</h1>\n<p>{conditions(report)}{kind}</p>\n"
        f'<p class="soft">Client, server and database share the {machine["cores"]} cores. Figures are medians of '
        f"{rounds(report['rounds'])}, interleaved, with the least and the most beside them; CPU is what the kernel "
        "accounted to the process. Each answer was checked.</p>"
    )


def rounds(count):
    return "1 round" if count == 1 else f"{count} rounds"


def conditions(report):
    machine = report["machine"]
    return html.escape(
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['linux']}, PostgreSQL {machine['postgres']}. "
        f"Others kept {machine['busy'] * 100:.0f} % of the machine busy meanwhile."
    )


def failures(report):
    return "\n".join(
        f'<p><span class="misses">failed</span> {html.escape(name)}: {html.escape(cause)}</p>'
        for name, cause in report["failed"].items()
    )


def verdict_table(report):
    rows = verdicts.all_of(report)
    lines = [f"<p><strong>{summary([state for _, state, _ in rows])}</strong></p>"]
    lines.append(
        '<div class="wide verdict"><table><tr><th></th><th>work</th><th>measured</th><th>bound</th>'
        "<th>where the time goes</th></tr>"
    )
    for name, state, row in rows:
        why = row["where"] if state in (verdicts.MISSES, verdicts.NOT_MEASURED) else ""
        why = why or (verdicts.told(state, report["comparisons"][name]["busy"]) if state == verdicts.UNDECIDED else "")
        lines.append(
            f'<tr><td class="{state.split(" ")[0]}">{state}</td>'
            f'<td><a href="#{name}">{html.escape(row["what"])}</a></td><td>{measured(row)}</td>'
            f'<td class="bound">{html.escape(limit_of(row))}</td><td class="where">'
            f"{html.escape(why)}</td></tr>"
        )
    return "\n".join(lines) + "</table></div>"


def summary(states):
    """How many are missed, and how many nobody can tell."""
    count = {state: states.count(state) for state in verdicts.ORDER}
    if count[verdicts.HOLDS] == len(states):
        return f"All {len(states)} bounds hold."
    open_ = count[verdicts.UNDECIDED] + count[verdicts.NOT_MEASURED]
    more = f" {open_} more are undecided or not measured." if open_ else ""
    return f"{count[verdicts.MISSES]} of {len(states)} bounds are missed.{more}"


def measured(row):
    if not row["values"]:
        return "–"
    return figure_cell(row) + ("" if row["of"] == "median" else f"<small>{html.escape(row['of'])}</small>")


def limit_of(row):
    words, limit = ("at least", row["least"]) if "least" in row else ("at most", row["most"])
    return f"{words} {limit:,.6g}" + (f" {row['unit']}" if row["unit"] else "")


def contents(report):
    links = "".join(f'<a href="#{name}">{html.escape(one["title"])}</a>' for name, one in report["comparisons"].items())
    return f"<nav>{links}</nav>"


def section(name, one):
    parts = [f'<h2 id="{name}">{html.escape(one["title"])}</h2>', f"<p>{html.escape(one['model'])}</p>"]
    parts += [f"<p>{html.escape(note)}</p>" for note in one.get("notes", [])]
    if one["rows"]:
        parts.append(table(one["columns"], one["rows"]))
    drawn = [(c["title"], charts.draw(c)) for c in one["charts"]]
    figures = "".join(f"<figure><figcaption>{html.escape(t)}</figcaption>{d}</figure>" for t, d in drawn if d)
    parts.append(f'<div class="charts">{figures}</div>' if figures else "")
    parts.append(
        f'<p class="soft">{rounds(one["rounds"])}; others kept {one["busy"] * 100:.0f} % of the machine busy.</p>'
    )
    return "\n".join(parts)


def table(columns, rows):
    lines = ['<div class="wide"><table><tr>' + "".join(f"<th>{html.escape(c)}</th>" for c in columns) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{figure_cell(c)}</td>" for c in row) + "</tr>" for row in rows]
    return "\n".join(lines) + "</table></div>"


def figure_cell(content):
    if isinstance(content, str):
        return html.escape(content)
    spread = numbers.spread(content).strip(" ()")
    return html.escape(numbers.with_unit(content["value"], content["unit"])) + (
        f"<small>{html.escape(spread)}</small>" if spread else ""
    )
