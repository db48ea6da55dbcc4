"""Figures of comparisons in words: rows, bounds and drawings are pure functions of them."""

import json
import pathlib
import sys
import unittest

PERF = pathlib.Path(__file__).resolve().parents[2] / "perf"
sys.path.insert(0, str(PERF))
import comparisons  # noqa: E402
import whole_run  # noqa: E402
from comparisons import agrees, common, credentials, gateway, hit, hit_rates, queries  # noqa: E402
from report import charts, page, verdicts  # noqa: E402


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


class Bounds(unittest.TestCase):
    """That miss, and that nobody could measure."""

    def states(self, rows):
        return [verdicts.state(row, 0) for row in rows]

    def agreeing(self, of_nginx, of_floor):
        one = {"wrk_rate": [1000] * 3}
        return agrees.bounds({"servers": {"nginx return 200": one | {"load_rate": of_nginx},
                                          "epoll floor": one | {"load_rate": of_floor}}})

    def test_the_generator_may_be_neither_slower_nor_faster_than_wrk(self):
        self.assertEqual(self.states(self.agreeing([960, 1000, 1040], [1200] * 3)), ["holds", "holds"])
        self.assertEqual(self.states(self.agreeing([930] * 3, [930] * 3)), ["misses", "misses"])
        self.assertEqual(self.states(self.agreeing([1070] * 3, [1070] * 3)), ["misses", "holds"])

    def test_system_calls(self):
        self.assertEqual(self.states(hit.bound_of_calls("1", calls) for calls in (3.004, 3.01, None)),
                         ["holds", "misses", "not measured"])

    def test_work_of_the_database_that_is_left(self):
        found = {"0": {"database_us": [10], "rows": [1000], "queries": [50]},
                 "0.95": {"database_us": [0.9], "rows": [50], "queries": [10]}}
        self.assertEqual(self.states(hit_rates.bounds({"rates": found})), ["holds"])
        found["0.95"]["database_us"] = [1.8]
        row, = hit_rates.bounds({"rates": found})
        self.assertEqual((self.states([row]), row["value"]), (["misses"], 18))
        self.assertIn("5.0 % of the rows and 20 % of the queries", row["where"])

    def test_a_way_to_search_that_is_not_what_its_name_says(self):
        for way, used in (("JSONB, no index", False), ("JSONB, gin (api_keys)", True), (queries.OURS, True)):
            queries.check_plan({"way": way, "index_used": used})
            with self.assertRaisesRegex(SystemExit, "index"):
                queries.check_plan({"way": way, "index_used": not used})


class Cells(unittest.TestCase):
    def test_few_samples_have_no_p99(self):
        self.assertEqual([common.p99_of(7, 99), common.p99_of(7, 100)], [None, 7])
        self.assertEqual(common.figure_or_none([7, None], "µs"), "–")
        self.assertEqual(common.figure_or_none([7, 8], "µs")["values"], [7, 8])

    def test_a_size_that_was_not_measured_is_named(self):
        one = {name: [1] for name in ("bytes", "hit_us", "miss_us", "miss_p50_us")}
        self.assertIn("--long", credentials.rows({"sizes": {"1000": one}})[-1][1])
        self.assertEqual(len(credentials.rows({"sizes": {"10000000": one}})), 1)

    def test_what_latchkey_was_asked_behind_nginx(self):
        class Server:
            cpu_ns = None

            def metrics(self):
                return {'auth_requests_total{endpoint="/forward-auth",status="200"}': 3,
                        'auth_requests_total{endpoint="/livez",status="200"}': 9, "auth_forward": 1}

        self.assertEqual(gateway.Counted(Server()).asked(), 3)

    def test_refusals_are_told(self):
        self.assertEqual(common.refusals([[0, 0], [0]]), "No request was refused.")
        self.assertIn("more than 0.500 %", common.refusals([[0, 0.5], [0.1]]))


class LastRun(unittest.TestCase):
    """perf/results.json, whose rows and drawings the modules of today can make again."""

    def test_every_comparison_of_it(self):
        report = json.loads((PERF / "results.json").read_text())
        modules = {m.NAME: m for m in comparisons.all_of_them()}
        self.assertLessEqual(set(report["comparisons"]), set(modules))
        for name, told in whole_run.told_again(report, modules)["comparisons"].items():
            with self.subTest(name):
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
