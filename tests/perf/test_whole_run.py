"""One comparison after the other: what fails leaves the others, and what was measured is not lost."""

import functools
import io
import pathlib
import subprocess
import sys
import types
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import whole_run  # noqa: E402

OPTIONS = types.SimpleNamespace(bin="latchkey", rounds=3, seconds=1, quick=False, long=False, keys=10)


def module(name, measure, rows=lambda _: []):
    return types.SimpleNamespace(NAME=name, TITLE=name, MODEL="m.", SECONDS=1, COLUMNS=(), measure=measure, rows=rows,
                                 bounds=lambda _: [], charts=lambda _: [])


def wrong(_):
    raise SystemExit("FAIL  3 answers were wrong; the first: …")


def two_rounds(bench):
    return [n for n in bench.each_round(2)]


@mock.patch.object(whole_run, "version_of", lambda _: "1")
@mock.patch.object(whole_run.machine, "described", dict)
class Run(unittest.TestCase):
    def setUp(self):
        silent = functools.partial(whole_run.progress.Progress, out=io.StringIO())
        self.enterContext(mock.patch.object(whole_run.progress, "Progress", silent))

    def test_a_wrong_answer_is_told_and_the_others_go_on(self):
        report = whole_run.run(OPTIONS, [module("a", wrong), module("b", two_rounds)])
        self.assertEqual(report["failed"], {"a": "FAIL  3 answers were wrong; the first: …"})
        self.assertEqual(report["comparisons"]["b"]["figures"], [0, 1])

    def test_each_says_how_many_rounds_it_had(self):
        report = whole_run.run(OPTIONS, [module("b", two_rounds), module("c", lambda bench: list(bench.each_round()))])
        self.assertEqual([one["rounds"] for one in report["comparisons"].values()], [2, 3])

    def test_figures_that_cannot_be_told_are_kept_until_they_can(self):
        with mock.patch.object(whole_run.traceback, "print_exception"):
            report = whole_run.run(OPTIONS, [module("a", two_rounds, rows=lambda figures: figures["absent"])])
        self.assertIn("TypeError", report["failed"]["a"])
        self.assertEqual(report["comparisons"], {})
        again = whole_run.told_again(report, {"a": module("a", None, rows=lambda figures: [figures])})
        self.assertEqual((again["failed"], again["comparisons"]["a"]["rows"]), ({}, [[0, 1]]))

    def test_an_interruption_ends_what_was_started(self):
        started = []

        def measure(bench):
            started.append(bench.home)
            started.append(bench.stack.enter_context(whole_run.bench.servers.Process(["sleep", "1000"])))
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            whole_run.run(OPTIONS, [module("a", measure)])
        home, process = started
        self.assertFalse(home.exists())
        self.assertIsNotNone(process.process.returncode)

    def test_words_of_today_are_not_forced_on_other_figures(self):
        report = {"comparisons": {"a": {"figures": {}, "rows": [["as it was"]]}}, "failed": {}}
        again = whole_run.told_again(report, {"a": module("a", None, rows=lambda figures: figures["new"])})
        self.assertEqual(again["comparisons"]["a"]["rows"], [["as it was"]])


class Start(unittest.TestCase):
    def test_a_bin_that_is_none(self):
        command = ["bash", whole_run.measure.PERF / "run", "--bin", "/nonexistent"]
        out = subprocess.run(command, capture_output=True, text=True)
        self.assertNotEqual(out.returncode, 0)
        self.assertIn("--bin /nonexistent is no program", out.stderr)


if __name__ == "__main__":
    unittest.main()
