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
    """Rounded to what counts, and in lines, so that the difference between two runs can be read."""
    return json.dumps(rounded(report), ensure_ascii=False, indent=1) + "\n"


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, (list, tuple)) else value


def tell(report, written):
    for _, _, row in verdicts.all_of(report):
        limit = page.limit_of(row)
        print(f"{'holds ' if row['holds'] else 'MISSES'}  {row['what']}: {numbers.cell(row)}, {limit}")
        if not row["holds"] and row["where"]:
            print(f"        {row['where']}")
    print(f"Others kept {report['machine']['busy'] * 100:.0f} % of the machine busy.")
    for name, cause in report["failed"].items():
        print(f"FAILED  {name}: {cause}")
    for file in written:
        print(file)
