"""Starts the processes of a trial: in a machine's network, and as the user postgres if the caller is root."""

import os
import pwd
import subprocess

from trial.processes import MARK


class Starter:
    def __init__(self, folder):
        self.folder, self.network = folder, None
        self.is_root = os.getuid() == 0

    def prefix(self, machine, as_owner):
        return (self.network.enter(machine) if machine else []) + (self.owner() if as_owner else [])

    def owner(self):
        """The words that make a program run as who owns the databases."""
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if self.is_root else []

    def give_to_owner(self, path):
        if self.is_root:
            entry = pwd.getpwnam("postgres")
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def environment(self, more=()):
        return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": self.folder, MARK: self.folder,
                **dict(more)}

    def start(self, name, words, machine=None, as_owner=False, environment=()):
        """Its output is appended to log/NAME."""
        prefix = self.prefix(machine, as_owner)
        with open(os.path.join(self.folder, "log", name), "ab") as log:
            return subprocess.Popen([*prefix, *map(str, words)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    cwd="/", env=self.environment(environment), start_new_session=True)

    def run(self, words, machine=None, as_owner=False, environment=(), check=True):
        """What it prints. An error tells the command and what it said."""
        prefix = self.prefix(machine, as_owner)
        done = subprocess.run([*prefix, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              cwd="/", env=self.environment(environment), check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words[:3]))} … ended with {done.returncode}: "
                               f"{(done.stderr or done.stdout).strip()[-800:]}")
        return done.stdout
