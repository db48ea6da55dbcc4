"""What others use of the machine, from what /proc says."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import machine  # noqa: E402


class Busy(unittest.TestCase):
    def test_idle_and_waiting_for_a_disk_is_not_busy(self):
        self.assertEqual(machine.busy_ticks("cpu  10 1 5 100 20 2 3 4 7 7\ncpu0 1 1 1 1 1 1 1 1 0 0\n"), (25, 145))

    def test_a_child_of_a_child_is_ours(self):
        processes = {1: (0, 1000), 5: (1, 10), 6: (5, 20), 7: (6, 30), 8: (1, 500)}
        self.assertEqual(machine.ticks_below({5}, processes), 60)

    def test_each_counts_once_if_roots_are_nested(self):
        self.assertEqual(machine.ticks_below({5, 6}, {5: (1, 10), 6: (5, 20)}), 30)

    def test_what_is_left_is_others(self):
        self.assertEqual(machine.others_share(80, 200, 50), 0.15)
        self.assertEqual(machine.others_share(80, 200, 90), 0, "accounts are in steps: never below nothing")
        self.assertEqual(machine.others_share(0, 0, 0), 0)


if __name__ == "__main__":
    unittest.main()
