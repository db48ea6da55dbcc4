#!/usr/bin/env python3
"""The measured figures in the manuals and in `latchkey capacity`, from perf/results.json, the last full run.

    perf/tables.py                       checks that all agree; exits 1 and says what does not
    perf/tables.py --write               writes them
    perf/tables.py --write --bin FILE    and the examples of etc/capacity/README.md, by a latchkey that was built since

The check includes the examples if there is a latchkey to ask: --bin, or, as tests run in a folder of their build,
../latchkey.

A table stands between <!-- perf:NAME --> and <!-- /perf -->. NAME: a comparison's (perf/run --list) for its table,
verdict for all bounds, verdict:NAME,NAME for those of some comparisons, conditions for where and when it was."""

import argparse
import json
import pathlib
import re
import subprocess
import sys

from report import capacity_header, markdown

SOURCE = pathlib.Path(__file__).resolve().parent.parent
RESULTS = SOURCE / "perf/results.json"
BUILT = pathlib.Path("../latchkey")
HEADER = SOURCE / "src/server/cli/capacity_costs.hpp"
EXAMPLES = SOURCE / "etc/capacity/README.md"
MARKED = re.compile(r"(<!-- perf:(\S+) -->\n).*?(\n?<!-- /perf -->)", re.S)
# An example of etc/capacity/README.md: what is asked, then what `latchkey capacity` answers.
EXAMPLE = re.compile(r"^\| (\d+) \| ([\d.]+) \| (\d+) \| (\d+) \|.*\|$", re.M)


def manuals():
    """Every Markdown file of the source, without what builds make."""
    return [p for p in sorted(SOURCE.rglob("*.md")) if not re.match(r"(build|\.)", str(p.relative_to(SOURCE)))]


def content(report, name):
    kind, _, chosen = name.partition(":")
    if kind == "verdict":
        return markdown.verdict(report, chosen.split(",") if chosen else None)
    if kind == "conditions":
        return markdown.conditions(report)
    if kind not in report["comparisons"]:
        raise SystemExit(
            f"perf/tables.py: <!-- perf:{name} -->: perf/results.json has no such comparison; "
            f"it has {', '.join(report['comparisons'])}"
        )
    return markdown.comparison(report, kind)


def filled(report, text):
    return MARKED.sub(lambda found: f"{found[1]}{content(report, found[2])}\n<!-- /perf -->", text)


def wanted(report):
    """{file: what must stand in it}"""
    out = {path: filled(report, path.read_text()) for path in manuals()}
    out[HEADER] = capacity_header.text(report)
    return {path: text for path, text in out.items() if "<!-- perf:" in text or path == HEADER}


def row_of_example(binary, rps, hit_rate, keys, cores):
    words = [binary, "capacity", "--rps", rps, "--hit-rate", hit_rate, "--keys", keys, "--node-cores", cores, "--json"]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return (
        f"| {rps} | {hit_rate} | {keys} | {cores} | {told['nodes']} | {told['cores_per_node']} | "
        f"{told['memory_bytes_per_node'] / 2 ** 30:.1f} GiB | {told['lookups_per_second']:.0f} | "
        f"{told['database_cores']:.1f} | "
        f"{told['database_connections']} |"
    )


def with_examples(binary, text):
    return EXAMPLE.sub(lambda found: row_of_example(binary, *found.groups()), text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--bin", metavar="FILE")
    options = parser.parse_args()
    binary = options.bin or (BUILT if BUILT.exists() and not options.write else None)
    report = json.loads(RESULTS.read_text())
    if report["quick"]:
        raise SystemExit("perf/results.json is of a quick run, whose times are no figures: commit that of a full one")
    if report["failed"]:
        raise SystemExit(
            f"perf/results.json is of a run in which {', '.join(report['failed'])} failed: commit that of one without"
        )
    texts = wanted(report)
    if binary:
        texts[EXAMPLES] = with_examples(binary, texts.get(EXAMPLES) or EXAMPLES.read_text())
    wrong = {path: text for path, text in texts.items() if not path.exists() or path.read_text() != text}
    for path, text in wrong.items():
        if options.write:
            path.write_text(text)
        print(f"{path.relative_to(SOURCE)}: {'written' if options.write else 'is not what perf/results.json says'}")
    if options.write and not options.bin and HEADER in wrong:
        print(
            "build latchkey, then write the examples of etc/capacity/README.md: perf/tables.py --write --bin "
            "build/release/latchkey"
        )
    if wrong and not options.write:
        print("Figures in manuals come from a run alone: perf/tables.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
