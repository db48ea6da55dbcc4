"""src/server/cli/capacity_costs.hpp, from the comparison `costs` of a run."""

import statistics

# {constant: (what it is, its unit)}
WHAT = {
    "hit_us": ("CPU of the server for a request that the cache answers", "µs"),
    "lookup_us": ("CPU of the server for a request that needs a look-up", "µs"),
    "database_lookup_us": ("CPU of PostgreSQL for a look-up", "µs"),
    "lookups_per_connection": ("look-ups a second that one connection to the database answers", ""),
    "key_bytes": ("memory of a cached key, with its part of the tables", "B"),
    "connection_bytes": ("memory of an open connection", "B"),
    "base_bytes": ("memory of a server that has done nothing yet", "B"),
}
HEAD = """#pragma once
// What a verification costs, as perf/run has measured it. perf/tables.py --write writes this file:
// do not edit it.

namespace latchkey::server::capacity_costs {

"""


def text(report):
    machine, figures = report["machine"], report["comparisons"]["costs"]["figures"]
    constants = "".join(
        f"/// {what}\ninline constexpr double {name} = {shown(statistics.median(figures[name]))};\n"
        for name, (what, _) in WHAT.items()
    )
    return (
        HEAD + f'inline constexpr const char* measured_on = "{machine["cpu"]}, Linux {machine["linux"]}";\n'
        f'inline constexpr const char* measured_at = "{report["date"]}";\n'
        + constants
        + "\n} // namespace latchkey::server::capacity_costs\n"
    )


def shown(value):
    return f"{value:.{1 if value < 1000 else 0}f}"
