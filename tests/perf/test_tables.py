"""perf/tables.py: what stands between the marks of a manual, and the constants of latchkey capacity."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import tables  # noqa: E402
from report import capacity_header  # noqa: E402
from test_report import report_of  # noqa: E402


def report():
    out = report_of()
    figures = {name: [2000.4, 3.25, 9.0] for name in capacity_header.WHAT}
    out["comparisons"]["costs"] = out["comparisons"]["hit"] | {"figures": figures}
    return out


class Marks(unittest.TestCase):
    def test_what_stands_between_is_replaced_and_the_rest_stays(self):
        text = "before\n<!-- perf:hit -->\nold\n<!-- /perf -->\nafter <!-- perf:conditions -->\n<!-- /perf -->\n"
        filled = tables.filled(report(), text)
        self.assertTrue(filled.startswith("before\n<!-- perf:hit -->\n| server | CPU |\n|---|---|\n| Latchkey"))
        self.assertNotIn("old", filled)
        self.assertIn("<!-- /perf -->\nafter", filled)
        self.assertIn("Measured on 2026-01-02", filled)

    def test_filling_twice_changes_nothing(self):
        once = tables.filled(report(), "<!-- perf:verdict -->\n<!-- /perf -->\n")
        self.assertEqual(tables.filled(report(), once), once)

    def test_a_comparison_that_did_not_run_is_named(self):
        with self.assertRaisesRegex(SystemExit, "perf:none.*it has hit, costs"):
            tables.filled(report(), "<!-- perf:none -->\n<!-- /perf -->")


class Header(unittest.TestCase):
    def test_every_constant_is_a_median(self):
        text = capacity_header.text(report())
        for name in capacity_header.WHAT:
            self.assertIn(f"double {name} = 9.0;", text)
        self.assertIn('measured_at = "2026-01-02"', text)

    def test_large_ones_have_no_decimals(self):
        self.assertEqual(capacity_header.shown(2000.4), "2000")
        self.assertEqual(capacity_header.shown(3.25), "3.2")


if __name__ == "__main__":
    unittest.main()
