"""What is started ends, whatever happens meanwhile."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf"))
import inside  # noqa: E402
import loads  # noqa: E402
import measure  # noqa: E402
import servers  # noqa: E402
from peers import node  # noqa: E402


class Interrupted(Exception):
    pass


def script(folder, name, text):
    file = pathlib.Path(folder) / name
    file.write_text("#!/bin/bash\n" + text)
    file.chmod(0o755)
    return file


class Ends(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_a_load_that_is_interrupted(self):
        with mock.patch.object(measure, "helper", lambda _: script(self.folder, "load", "exec sleep 1000\n")):
            load = loads.Load("x:1", {}, core=None)
        with mock.patch.object(load.process, "wait", side_effect=[Interrupted, -9]), self.assertRaises(Interrupted):
            load.result()
        load.out.close()
        load.complaint.close()
        self.assertEqual(load.process.poll() or load.process.wait(), -signal.SIGKILL)

    def test_a_server_on_whose_port_nobody_listens(self):
        process = servers.Process(["sleep", "1000"])
        with mock.patch.object(servers, "wait_for_port", side_effect=Interrupted), self.assertRaises(Interrupted):
            process.listening(1)
        self.assertIsNotNone(process.process.returncode)

    def test_a_cluster_whose_start_is_interrupted(self):
        words = []
        with mock.patch.object(servers.Postgres, "script", lambda _, *said: words.append(said[0])), \
                mock.patch.object(servers.Postgres, "noted", side_effect=Interrupted):
            cluster = servers.Postgres()
            with self.assertRaises(Interrupted):
                cluster.__enter__()
        self.assertEqual(words, ["start", "stop"])
        self.assertFalse(os.path.exists(cluster.folder))

    def test_a_program_that_gets_sigterm_leaves_its_blocks(self):
        program = ("import measure, contextlib, sys, time\nsys.argv[1:] = []\nmeasure.build = lambda *_: None\n"
                   "measure.arguments('', server=False)\n"
                   "try:\n    print('up', flush=True)\n    time.sleep(100)\nfinally:\n    print('left', flush=True)\n")
        process = subprocess.Popen([sys.executable, "-c", program], cwd=measure.PERF, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        for line in process.stdout:
            if line == "up\n":
                process.terminate()
            last = line
        process.wait()
        process.stdout.close()
        self.assertEqual(last, "left\n")


class Preload(unittest.TestCase):
    def test_a_folder_with_a_space_in_its_name(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(prefix="a b") as spaced:
            library = pathlib.Path(spaced) / inside.LIBRARY
            library.write_bytes(b"")
            with mock.patch.object(measure, "helper", lambda _: library):
                given = inside.Allocations(pathlib.Path(folder)).environment["LD_PRELOAD"]
            self.assertNotIn(" ", given)
            self.assertTrue(os.path.exists(given))


class Driver(unittest.TestCase):
    """Node's, by an apt-get that needs its lists first, and by one that has no network."""

    def fetched(self, apt_get):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        script(folder, "apt-get", apt_get)
        script(folder, "dpkg-deb", 'mkdir -p "$3/usr/share/nodejs/pg"\n')
        modules = folder / "node-pg/usr/share/nodejs"
        with mock.patch.multiple(node, DRIVER=folder / "node-pg", MODULES=modules), \
                mock.patch.object(measure, "BUILD", folder), \
                mock.patch.dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}", LISTS=f"{folder}/lists"):
            return node.fetch(), node.is_there()

    def test_lists_are_brought_up_to_date(self):
        apt_get = '[ "$1" = update ] && exec touch "$LISTS"\n[ -e "$LISTS" ] || exit 100\ntouch node-pg.deb\n'
        self.assertEqual(self.fetched(apt_get), (None, True))

    def test_without_a_network_it_is_left_out_with_a_sentence(self):
        problem, is_there = self.fetched('echo "no network" >&2; exit 100\n')
        self.assertIn("no network", problem)
        self.assertFalse(is_there)


if __name__ == "__main__":
    unittest.main()
