"""The page of perf/run: scales, drawings and tables, by what must hold of them."""

import itertools
import math
import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
from report import bars, charts, frame, growth, latency, markdown, numbers, page, scale, svg, verdicts  # noqa: E402

HOSTILE = "<b>\"&'|"
TEXT = "{http://www.w3.org/2000/svg}text"


def figure(*values, unit="µs"):
    return numbers.figure(values, unit)


BARS = {
    "kind": "bars",
    "title": "CPU " + HOSTILE,
    "unit": "µs",
    "bound": {"name": "bound", "value": 5},
    "bars": [{"name": HOSTILE * 30, "figure": figure(1, 2, 3), "ours": True}, {"name": "zero", "figure": figure(0)}],
}
CURVE = {
    "kind": "latency",
    "title": "latency",
    "series": [
        {"name": "ours", "curve": [[0, 0], [50, 100], [90, 200], [99, 4000], [99.9, 5000], [100, 90000]]},
        {"name": "flat", "curve": [[50, 100], [100, 100]]},
    ],
}
GROWTH = {
    "kind": "growth",
    "title": "memory",
    "x": "credentials",
    "y": "bytes",
    "x_log": True,
    "y_log": True,
    "series": [{"name": "ours " * 40, "points": [[1e3, 10, 9, 11], [1e7, 1e6, 9e5, 2e6]]}],
    "model": {"formula": "a + b n", "points": [[1e3, 11], [1e7, 1.1e6]]},
}
SINGLE = {
    "kind": "growth",
    "title": "one",
    "x": "ratio",
    "y": "us",
    "x_log": False,
    "series": [{"name": "only", "points": [[0, 0, 0, 0]]}],
}


def report_of(*bounds, drawn=()):
    one = {
        "title": "hit " + HOSTILE,
        "model": "a sentence",
        "rounds": 5,
        "busy": 0.25,
        "columns": ["server", "CPU"],
        "rows": [["Latchkey | " + HOSTILE, figure(1.114, 1.2, 1.3)]],
        "figures": {},
        "bounds": list(bounds),
        "charts": list(drawn),
        "notes": [],
    }
    return {
        "format": 1,
        "date": "2026-01-02",
        "version": "1.2.3",
        "quick": False,
        "rounds": 5,
        "failed": {},
        "comparisons": {"hit": one},
        "machine": {"cpu": "a CPU", "cores": 2, "linux": "6.1", "postgres": "15.1", "busy": 0.25},
    }


class Numbers(unittest.TestCase):
    def test_three_digits_count(self):
        told = {
            0: "0",
            0.01234: "0.0123",
            1.2345: "1.23",
            9.996: "10.0",
            99.96: "100",
            123.4: "123",
            12345: "12,300",
            0.9999: "1.00",
            1e7: "10,000,000",
            -1.234: "-1.23",
            float("nan"): "–",
        }
        for value, text in told.items():
            self.assertEqual(numbers.shown(value), text, value)

    def test_ticks_are_short(self):
        self.assertEqual(
            [numbers.short(v) for v in (0.001, 1, 200, 1000, 2_500_000, 1e9)], ["0.001", "1", "200", "1k", "2.5M", "1G"]
        )

    def test_a_spread_of_nothing_is_not_told(self):
        self.assertEqual(numbers.cell(figure(2, 1, 3)), "2.00 µs (1.00 to 3.00)")
        self.assertEqual(numbers.cell(figure(2, 2)), "2.00 µs")


class Scales(unittest.TestCase):
    def test_ticks_are_round_and_within(self):
        for low, high in ((0, 1), (0, 0.3), (0, 7), (3, 1234), (-2, 2), (0, 1e9)):
            ticks = scale.Linear(low, high, 0, 100).ticks()
            self.assertTrue(2 <= len(ticks) <= 7, (low, high, ticks))
            self.assertTrue(all(low - 1e-9 <= t <= high * (1 + 1e-9) for t in ticks), ticks)
            steps = {round(b - a, 9) for a, b in itertools.pairwise(ticks)}
            self.assertEqual(len(steps), 1, ticks)

    def test_powers_of_ten(self):
        self.assertEqual(scale.Log(1, 1000, 0, 1).ticks(), [1, 10, 100, 1000])
        self.assertLessEqual(len(scale.Log(1, 1e12, 0, 1).ticks()), 7)
        self.assertEqual(scale.Log(1.5, 6, 0, 1).ticks(), [2, 5])

    def test_a_narrow_scale_of_logarithms_has_round_ticks(self):
        self.assertEqual(scale.Log(21.2173, 33.4, 0, 1).ticks(), [22.5, 25, 27.5, 30, 32.5])

    def test_both_map_their_ends(self):
        for one in (scale.Linear(2, 4, 10, 0), scale.Log(2, 4, 10, 0)):
            self.assertAlmostEqual(one(2), 10)
            self.assertAlmostEqual(one(4), 0)
            self.assertAlmostEqual(one(-1), 10, msg="what is outside stays in the drawing")

    def test_a_scale_of_one_value_is_a_scale(self):
        for one in (scale.Linear(5, 5, 0, 1), scale.Log(5, 5, 0, 1)):
            self.assertTrue(math.isfinite(one(5)))
            self.assertTrue(one.ticks())


class Drawings(unittest.TestCase):
    def parsed(self, chart):
        text = charts.draw(chart)
        self.assertNotRegex(text, r"nan|inf\b")
        return xml.etree.ElementTree.fromstring(text)

    def test_nothing_leaves_its_box(self):
        for chart in (BARS, CURVE, GROWTH, SINGLE):
            root = self.parsed(chart)
            _, _, width, height = map(float, root.get("viewBox").split())
            for element in root.iter():
                for name, most in (
                    ("x", width),
                    ("x1", width),
                    ("x2", width),
                    ("cx", width),
                    ("y", height),
                    ("y1", height),
                    ("y2", height),
                    ("cy", height),
                ):
                    if element.get(name) is not None:
                        self.assertTrue(0 <= float(element.get(name)) <= most, (chart["title"], element.attrib))

    def test_no_text_leaves_its_box(self):
        for chart in (BARS, CURVE, GROWTH, SINGLE):
            root = self.parsed(chart)
            width = float(root.get("viewBox").split()[2])
            for text in root.iter(TEXT):
                long, x = svg.width_of(text.text), float(text.get("x"))
                left = x - {None: 0, "middle": long / 2, "end": long}[text.get("text-anchor")]
                self.assertTrue(-0.5 <= left and left + long <= width + 0.5, (chart["title"], text.text))

    def test_words_are_escaped(self):
        root = self.parsed(BARS)
        self.assertEqual(root[0].text, "CPU " + HOSTILE)

    def test_no_place_is_not_drawn(self):
        with self.assertRaises(ValueError):
            svg.line(float("nan"), 0, 1, 1, "axis")

    def test_a_bar_is_as_long_as_its_figure(self):
        one = {
            "title": "t",
            "unit": "",
            "bars": [{"name": "a", "figure": figure(1)}, {"name": "b", "figure": figure(2)}],
        }
        a, b = [float(e.get("width")) for e in self.parsed({**one, "kind": "bars"}).iter() if e.tag.endswith("rect")]
        self.assertAlmostEqual(b / a, 2, places=1)
        self.assertLess(b, frame.WIDTH)

    def test_slow_requests_have_room(self):
        self.assertAlmostEqual(latency.slower(90), 10)
        self.assertAlmostEqual(latency.slower(99.9), 1000)
        self.assertTrue(math.isfinite(latency.slower(100)))

    def test_a_load_without_answers_has_no_curve(self):
        self.assertEqual(latency.latency({"title": "t", "series": [{"name": "none", "curve": []}]}), "")

    def test_a_model_is_named(self):
        self.assertIn("model: a + b n", growth.growth(GROWTH))

    def test_text_is_cut_to_fit(self):
        self.assertEqual(svg.fitting("short", 100), "short")
        self.assertTrue(svg.fitting("x" * 100, 50).endswith("…"))
        self.assertLessEqual(svg.width_of(svg.fitting("x" * 100, 50)), 50)

    def test_bars_without_a_bound(self):
        self.assertNotIn('class="bound"', bars.bars({**BARS, "bound": None}))


class Verdicts(unittest.TestCase):
    def test_what_must_hold(self):
        self.assertTrue(verdicts.bound("a", "×", [1, 1.1, 1.3], most=1.1)["holds"])
        self.assertFalse(verdicts.bound("a", "×", [1, 1.2, 1.3], most=1.1)["holds"])
        self.assertFalse(verdicts.bound("a", "×", [1.1, 1.3, 1.4], least=1.2, of=min)["holds"])
        self.assertTrue(verdicts.bound("a", "×", [1.1, 1.3, 1.4], least=1.35, of=max)["holds"])

    def test_what_misses_comes_first(self):
        rows = [
            verdicts.bound("holds", "×", [1], most=2),
            verdicts.bound("a little", "×", [2.1], most=2),
            verdicts.bound("much", "×", [1], least=4),
        ]
        self.assertEqual(
            [row["what"] for _, _, row in verdicts.all_of(report_of(*rows))], ["much", "a little", "holds"]
        )

    def test_a_bound_of_nothing(self):
        row = verdicts.bound("errors", "", [2], most=0)
        self.assertFalse(row["holds"])
        self.assertTrue(math.isfinite(verdicts.excess(row)))


class Pages(unittest.TestCase):
    def setUp(self):
        missed = verdicts.bound("work " + HOSTILE, "×", [2, 3, 4], most=1, where="in the kernel " + HOSTILE)
        self.report = report_of(missed, drawn=[BARS, CURVE, GROWTH])

    def test_it_needs_nothing_else(self):
        text = page.page(self.report)
        self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), r"https?://|<script|<link|@import|url\(")
        self.assertIn("prefers-color-scheme: dark", text)

    def test_every_word_is_escaped(self):
        self.assertNotIn("<b>", page.page(self.report))

    def test_what_misses_says_where_the_time_goes(self):
        text = page.page(self.report)
        self.assertIn("1 of 1 bounds are missed", text)
        self.assertIn("in the kernel", text)
        self.assertLess(text.index("misses"), text.index("<h2"))

    def test_a_comparison_that_failed_is_told(self):
        text = page.page(self.report | {"failed": {"cold": "no database " + HOSTILE}})
        self.assertIn("no database &lt;b&gt;", text)

    def test_markdown_has_a_row_for_each(self):
        text = markdown.comparison(self.report, "hit")
        self.assertEqual(len(text.splitlines()), 3)
        self.assertEqual({len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()}, {3})
        self.assertIn("1.20 µs (1.11 to 1.30)", text)
        self.assertIn("**3.00 × (2.00 to 4.00)**", markdown.verdict(self.report))
        self.assertIn("2026-01-02", markdown.conditions(self.report))


if __name__ == "__main__":
    unittest.main()
