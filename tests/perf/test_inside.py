"""Samples of a server, as perf report prints them, in words."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import inside  # noqa: E402

REPORT = """# Overhead  Shared Object        Symbol                        IPC   [IPC Coverage]
    40.00%  [kernel.kallsyms]    [k] tcp_sendmsg_locked            -      -
    20.00%  [kernel.kallsyms]    [k] copy_user (inlined)           -      -
    15.00%  latchkey             [.] latchkey::http::session<latchkey::net::plain<int> >::run(int) [clone .a]  -  -
    10.00%  libcrypto.so.3       [.] 0x000000000015a3b0            -      -
     5.00%  libc.so.6            [.] __memmove_evex
"""


class Samples(unittest.TestCase):
    def test_the_kernel_is_one(self):
        self.assertEqual(inside.named_shares(REPORT)[0], (60.0, "the kernel"))

    def test_functions_have_short_names(self):
        names = [name for _, name in inside.named_shares(REPORT)]
        self.assertEqual(names[1:], ["session::run", "libcrypto.so.3", "__memmove_evex (libc.so.6)"])

    def test_in_words(self):
        self.assertEqual(inside.told([(60.4, "the kernel"), (5, "x")]), "60 % the kernel, 5 % x")


if __name__ == "__main__":
    unittest.main()
