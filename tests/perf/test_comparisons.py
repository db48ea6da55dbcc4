"""Figures of comparisons in words: rows, bounds and drawings are pure functions of them."""

import json
import pathlib
import sys
import unittest

PERF = pathlib.Path(__file__).resolve().parents[2] / "perf"
sys.path.insert(0, str(PERF))
import comparisons  # noqa: E402
import whole_run  # noqa: E402
from comparisons import hit_rates  # noqa: E402
from report import charts, page  # noqa: E402


def rates(query_us, row_us):
    """Hit rates at which a query has ever fewer rows."""
    out = {}
    for rate, queries in ((0, 50), (0.5, 40), (0.9, 30), (1, 0)):
        rows = 1000 * (1 - rate)
        out[str(rate)] = {"queries": [queries], "rows": [rows], "rate": [1e4], "server_us": [20 - 10 * rate],
                          "database_us": [(queries * query_us + rows * row_us) / 1000], "p99_us": [100]}
    return out


class HitRates(unittest.TestCase):
    def test_the_model_finds_what_a_query_and_a_row_cost(self):
        query, row = hit_rates.parts(rates(80, 7))
        self.assertAlmostEqual(query, 80)
        self.assertAlmostEqual(row, 7)

    def test_nothing_that_could_be_fitted(self):
        self.assertEqual(hit_rates.parts({"1": {"queries": [0], "rows": [0], "database_us": [0]}}), (0.0, 0.0))

    def test_what_is_left(self):
        self.assertAlmostEqual(hit_rates.left({"rates": rates(80, 7)}, "0.9", "rows")[0], 10)


class LastRun(unittest.TestCase):
    """perf/results.json, whose rows and drawings the modules of today can make again."""

    def test_every_comparison_of_it(self):
        report = json.loads((PERF / "results.json").read_text())
        modules = {m.NAME: m for m in comparisons.all_of_them()}
        self.assertEqual(sorted(report["comparisons"]), sorted(modules))
        for name, one in report["comparisons"].items():
            with self.subTest(name):
                told = comparisons.told(modules[name], one["figures"])
                self.assertEqual(len(told["columns"]), len(told["rows"][0]))
                self.assertTrue(all(len(row) == len(told["columns"]) for row in told["rows"]))
                for chart in told["charts"]:
                    self.assertNotIn("nan", charts.draw(chart))

    def test_its_page(self):
        report = json.loads((PERF / "results.json").read_text())
        again = whole_run.told_again(report, {m.NAME: m for m in comparisons.all_of_them()})
        self.assertIn("<svg", page.page(again))


if __name__ == "__main__":
    unittest.main()
