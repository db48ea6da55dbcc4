"""Which loads may count: by what the generator says of them."""

import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import bench  # noqa: E402
from comparisons import asking, contenders  # noqa: E402
from peers import latchkey, node, old_service, pgbench, questions  # noqa: E402


def found(right=1000, refused=0, lost=0, timeouts=0, unanswered=0, rate=1000):
    return {"requests": right + refused, "right": right, "refused": refused, "lost": lost, "timeouts": timeouts,
            "errors": lost + timeouts, "unanswered": unanswered, "first_error": "closed", "rate": rate}


class Loads(unittest.TestCase):
    def test_all_answers_are_right(self):
        self.assertEqual(asking.judged(found())["refused_percent"], 0)

    def test_a_few_refusals_are_told(self):
        self.assertAlmostEqual(asking.judged(found(995, refused=5))["refused_percent"], 0.5)

    def test_what_does_not_count(self):
        for bad, says in (({"right": 980, "refused": 20}, "2.0 % of 1000"),
                          ({"right": 0, "refused": 9}, "not one of 9"),
                          ({"right": 0}, "not one"), ({"lost": 1}, "1 connections were lost"),
                          ({"timeouts": 2}, "2 requests timed out"), ({"unanswered": 3}, "3 had no answer")):
            with self.subTest(bad), self.assertRaisesRegex(SystemExit, says):
                asking.judged(found(**bad))

    def test_lost_connections_may_be_a_figure(self):
        self.assertEqual(asking.judged(found(lost=3, unanswered=1), errors_ok=True)["errors"], 3)
        with self.assertRaises(SystemExit):
            asking.judged(found(right=0, lost=3), errors_ok=True)

    def test_only_misses_may_be_refused(self):
        for kind in questions.KINDS:
            refused = questions.request(kind, 10, token="t", subject="s")["expect"]["refused"]
            self.assertEqual(bool(refused), kind.endswith("_miss"), kind)


def peer(kind=node.Node):
    issuer = mock.MagicMock(tokens={"good": "t"}, subject="s")
    return {node.Node: lambda: node.Node(None), latchkey.Latchkey: lambda: latchkey.Latchkey("bin", None),
            old_service.OldService: lambda: old_service.OldService(None, issuer, redis=True)}[kind]()


class Misses(unittest.TestCase):
    def test_more_requests_than_credentials_are_no_misses(self):
        contenders.check_misses(peer(), "api_key_miss", {"requests": contenders.COUNT})
        with self.assertRaisesRegex(SystemExit, "some were hits"):
            contenders.check_misses(peer(), "api_key_miss", {"requests": contenders.COUNT + 1})

    def test_latchkey_is_told_to_look_up_and_hits_are_hits(self):
        contenders.check_misses(peer(latchkey.Latchkey), "api_key_miss", {"requests": 10 * contenders.COUNT})
        contenders.check_misses(peer(), "api_key_hit", {"requests": 10 * contenders.COUNT})

    def test_a_fast_one_is_asked_for_a_shorter_time(self):
        asked = peer()
        with mock.patch.object(asked, "forget") as forget, mock.patch.object(asking, "load") as load:
            load.return_value = {"rate": contenders.COUNT}
            self.assertAlmostEqual(contenders.seconds_of_misses(asked, "api_key_miss", 5), 0.7)
            forget.assert_called_once()
            load.return_value = {"rate": 1}
            self.assertEqual(contenders.seconds_of_misses(asked, "api_key_miss", 5), 5)

    def test_whoever_remembers_keys_makes_tokens_for_warm_ones(self):
        for kind, warmed in (("generate_token", "api_key_hit"), ("token_cached", "token_cached")):
            with mock.patch.object(contenders, "warm") as warm:
                contenders.prepare(peer(old_service.OldService), kind)
                self.assertEqual(warm.call_args.args[1]["name"], warmed)


class Accounts(unittest.TestCase):
    def test_own_code_is_of_all_rounds(self):
        one = bench.whole_own({"own_ns": [0, 10_000_000], "right": [1000, 3000], "rate": [1, 2]})
        self.assertEqual(one, {"rate": [1, 2], "own_us": [2.5]})

    def test_the_best_two_numbers_of_clients_run_again(self):
        rates = iter([100, 300, 290, 200, 50, 350])  # 1, 2, 4, 8 clients; then 4 and 2 again: 340, 650
        way = mock.Mock(side_effect=lambda *_: next(rates))
        self.assertEqual(pgbench.best_clients(way, None, 10, 1, (1, 2, 4, 8)), 2)
        self.assertEqual([call.args[3] for call in way.call_args_list], [1, 2, 4, 8, 4, 2])


if __name__ == "__main__":
    unittest.main()
