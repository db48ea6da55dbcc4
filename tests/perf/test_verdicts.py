"""When a bound holds, misses, or cannot be told."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
from report import markdown, page, verdicts  # noqa: E402
from test_report import report_of  # noqa: E402


def state(values, busy=0.0, **limits):
    return verdicts.state(verdicts.bound("a", "×", values, **limits), busy)


class States(unittest.TestCase):
    def test_rounds_that_agree_decide_however_busy_the_machine_is(self):
        self.assertEqual(state([1, 1.5, 1.9], busy=0.9, most=2), "holds")
        self.assertEqual(state([2.1, 5, 9], busy=0.9, most=2), "misses")

    def test_rounds_that_differ_on_a_busy_machine_decide_nothing(self):
        self.assertEqual(state([1.9, 2.0, 2.1], busy=0.2, most=2), "undecided")
        self.assertEqual(state([1.9, 2.0, 2.1], busy=0.05, most=2), "holds")
        self.assertEqual(state([1.9, 2.05, 2.1], busy=0.05, most=2), "misses")

    def test_rounds_that_are_far_apart_decide_nothing(self):
        self.assertEqual(state([1.0, 1.9, 2.1], most=2), "undecided")
        self.assertEqual(state([-1, 1.9, 2.1], most=2), "undecided")

    def test_the_worst_round(self):
        self.assertEqual(state([1.1, 1.3, 1.4], busy=0.5, least=1.2, of=min), "undecided")
        self.assertEqual(state([1.1, 1.3, 1.4], least=1.2, of=min), "misses")

    def test_what_was_not_measured_does_not_hold(self):
        row = verdicts.bound("a", "×", [], most=3, where="perf cannot count")
        self.assertEqual((verdicts.state(row, 0), row["holds"]), ("not measured", False))


class Told(unittest.TestCase):
    def setUp(self):
        self.report = report_of(  # others keep a quarter of the machine busy
            verdicts.bound("holds well", "×", [1], most=2),
            verdicts.bound("nobody counts", "", [], most=3, where="perf cannot count"),
            verdicts.bound("nobody knows", "×", [1, 3], most=2),
            verdicts.bound("misses", "×", [3], most=2, where="in the kernel"),
        )

    def test_what_misses_comes_first_and_what_holds_last(self):
        self.assertEqual([row["what"] for _, _, row in verdicts.all_of(self.report)],
                         ["misses", "nobody knows", "nobody counts", "holds well"])

    def test_the_page_and_the_manuals_say_so(self):
        for text in (page.page(self.report), markdown.verdict(self.report)):
            self.assertIn("undecided", text)
            self.assertIn("others kept 25 % of the machine busy", text)
            self.assertIn("not measured", text)
        self.assertIn("1 of 4 bounds are missed. 2 more are undecided or not measured.", page.page(self.report))
        self.assertIn("perf cannot count", page.page(self.report))


if __name__ == "__main__":
    unittest.main()
