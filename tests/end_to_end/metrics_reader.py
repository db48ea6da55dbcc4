"""Reads pages of metrics as Prometheus's own client library does, strictly.

metrics_reader.py OPENMETRICS_PAGE PROMETHEUS_PAGE
Exit code 0: both are right, and both tell the same families and samples.
"""
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as prometheus


def families(pages):
    return {family.name: (family.type, len(family.samples)) for family in pages}


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as page:
        first = list(openmetrics.text_string_to_metric_families(page.read()))
    with open(sys.argv[2], encoding="utf-8", newline="") as page:
        second = list(prometheus.text_string_to_metric_families(page.read()))
    for family in first:
        for sample in family.samples:
            if sample.exemplar is not None or sample.timestamp is not None:
                sys.exit(f"{sample.name} has an exemplar, or a timestamp")
    one, other = families(first), families(second)
    if one != other:
        sys.exit("the two pages differ: " + str(sorted(set(one.items()) ^ set(other.items()))))
    if len(one) < 50:
        sys.exit("there are few families")


main()
