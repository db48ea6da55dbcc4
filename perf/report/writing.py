"""What a run leaves: the page, the JSON, and its verdicts in the terminal."""

import json

from report import numbers, page, verdicts


def write(report, options):
    """The two files that it wrote."""
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.json or options.out / "report.json"
    file.write_text(as_json(report))
    (options.out / "report.html").write_text(page.page(report))
    return options.out / "report.html", file


def as_json(report):
    """Rounded to what counts, without the drawings, which are made from figures; in lines, so that the difference
    between two runs can be read."""
    kept = rounded(report)
    comparisons = {name: members(one) for name, one in kept.pop("comparisons").items()}
    head = ",\n".join(f" {compact(key)}: {compact(value)}" for key, value in kept.items())
    body = ",\n".join(f"  {compact(name)}: {{\n{text}}}" for name, text in comparisons.items())
    return f'{{\n{head},\n "comparisons": {{\n{body}\n}}}}\n'


def members(one):
    """A line each, and of rows, bounds and figures one for each element."""
    return ",\n".join(f"   {compact(key)}: {in_lines(value)}" for key, value in one.items() if key != "charts")


def in_lines(value):
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {compact(v)}" for v in value) + "]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"    {compact(k)}: {compact(v)}" for k, v in value.items()) + "}"
    return compact(value)


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, (list, tuple)) else value


def tell(report, written):
    for _, state, row in verdicts.all_of(report):
        found = numbers.cell(row) if row["values"] else "–"
        shown = state.upper() if state == verdicts.MISSES else state
        print(f"{shown:<12}  {row['what']}: {found}, {page.limit_of(row)}")
        if state in (verdicts.MISSES, verdicts.NOT_MEASURED) and row["where"]:
            print(f"              {row['where']}")
    print(f"Others kept {report['machine']['busy'] * 100:.0f} % of the machine busy.")
    for name, cause in report["failed"].items():
        print(f"FAILED  {name}: {cause}")
    for file in written:
        print(file)
