"""How long a run still takes, and what its comparisons must have."""

import io
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import bench  # noqa: E402
import comparisons  # noqa: E402
import progress  # noqa: E402
from report import writing  # noqa: E402


class Progress(unittest.TestCase):
    def setUp(self):
        self.progress = progress.Progress({"a": 10, "b": 30}, io.StringIO())

    def test_at_first_by_the_estimates(self):
        self.assertEqual(self.progress.left(), 40)

    def test_then_by_what_they_took(self):
        self.progress.begin("a")
        self.progress.started -= 20  # it took twice as long
        self.progress.end()
        self.progress.current = None
        self.assertAlmostEqual(self.progress.left(), 60, places=1)

    def test_it_names_the_comparison_and_the_round(self):
        self.progress.begin("a")
        self.progress.round(2, 5)
        self.assertRegex(self.progress.out.getvalue(), r"a +round 2 of 5 +about 1 min left")


class Comparisons(unittest.TestCase):
    def test_each_has_its_name_and_functions(self):
        for name, module in zip(comparisons.ORDER, comparisons.all_of_them(), strict=True):
            with self.subTest(name):
                self.assertEqual(module.NAME, name)
                self.assertTrue(module.MODEL.endswith("."))
                for function in (module.measure, module.rows, module.bounds, module.charts):
                    self.assertTrue(callable(function))

    def test_a_full_run_fits_its_time(self):
        self.assertLess(sum(module.SECONDS for module in comparisons.all_of_them()), 25 * 60)


class Json(unittest.TestCase):
    def test_figures_have_five_digits(self):
        self.assertEqual(writing.rounded({"a": [1.23456789, "x", 3]}), {"a": [1.2346, "x", 3]})


    def test_what_is_written_can_be_read(self):
        report = {"format": 1, "comparisons": {"hit": {"title": "a \"b\" µ", "rows": [[1.5], []], "figures": {"x": [1]},
                                                       "bounds": [], "charts": [1]}, "cold": {"figures": {}}}}
        read = json.loads(writing.as_json(report))
        del report["comparisons"]["hit"]["charts"]
        self.assertEqual(read, report)


class Curves(unittest.TestCase):
    def test_a_thinned_curve_keeps_its_ends(self):
        curve = [[n, n] for n in range(1001)]
        thin = bench.thinned(curve)
        self.assertEqual((thin[0], thin[-1]), (curve[0], curve[-1]))
        self.assertLessEqual(len(thin), 45)


if __name__ == "__main__":
    unittest.main()
