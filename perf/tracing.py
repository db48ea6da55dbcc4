#!/usr/bin/env python3
"""What tracing costs a request that is not sampled: its traceparent is read, the decision is made, and the field of
the answer is written. CPU time of one thread."""

import measure

options = measure.arguments(__doc__, helpers=["trace_cost"], server=False, bound_ns=50.0)
costs = {row[0]: float(row[1]) for row in measure.run_helper("trace_cost")}
print(f"off: {costs['off']:.1f} ns, and {costs['off-parent']:.1f} ns to hand a traceparent on")
print(f"on, not sampled: {costs['on']:.1f} ns without a traceparent, {costs['on-parent']:.1f} ns with one")
worst = max(costs.values())
measure.verdict(worst < options.bound_ns, f"{worst:.1f} ns at most (less than {options.bound_ns:.0f})")
