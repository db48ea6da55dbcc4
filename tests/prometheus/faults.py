"""What can go wrong at night: for each fault, how it begins, how it ends, and which alerts must fire for it."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import scene as scenes


# Hours and days are minutes here, so that these go on while other faults begin.
LOOK_BACK = {"ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly"}


# A database that does not answer.
DATABASE_AWAY = ("DatabaseUnusable", "BreakerOpen", "FeedLate", "CachedAnswersEnded", "HighErrorRate", "LatchkeyNotReady")


class Fault:
    def __init__(self, name, alerts, begin, end, seconds=scenes.PATIENCE, besides=(), hides_log=False):
        """`alerts`: {alert: "one", "two", or None for all of the service}, which must fire. `seconds`: how long it may
        take to end. `besides`: alerts that may fire, too. `hides_log`: nobody can read the log until it ends."""
        self.name, self.alerts, self.begin, self.end, self.seconds = name, alerts, begin, end, seconds
        self.besides, self.hides_log = besides, hides_log


def stop_postgres(scene):
    for load in scene.loads:
        load.cold = 0.5
    scene.signal_postgres(signal.SIGSTOP)


def resume_postgres(scene):
    scene.signal_postgres(signal.SIGCONT)
    for load in scene.loads:
        load.cold = 0.05


def fill_connections(scene):
    scene.held = [socket.create_connection(("127.0.0.1", scene.one.port)) for _ in range(150)]
    scene.filling = True

    def try_on():
        while scene.filling:
            try:
                socket.create_connection(("127.0.0.1", scene.one.port), timeout=1).close()
            except OSError:
                pass
            time.sleep(0.2)
    threading.Thread(target=try_on, daemon=True).start()


def free_connections(scene):
    scene.filling = False
    for one in scene.held:
        one.close()


def slow_postgres(scene):
    """It runs for a moment, and then stands still for longer than a request should take."""
    for load in scene.loads:
        load.cold = 0.8
    scene.slow = threading.Event()

    def in_turns():
        while not scene.slow.wait(0.03):
            scene.signal_postgres(signal.SIGSTOP)
            time.sleep(0.25)
            scene.signal_postgres(signal.SIGCONT)
    scene.turns = threading.Thread(target=in_turns, daemon=True)
    scene.turns.start()


def fast_postgres(scene):
    scene.slow.set()
    scene.turns.join()
    resume_postgres(scene)


def ask_for_unknown_keys(scene):
    scene.loads[0].cold = 0.8


def ask_for_known_keys(scene):
    scene.loads[0].cold = 0.05


def another_key_encryption_key(scene):
    other = scene.folder / "another-key"
    other.touch(0o600)
    os.system(f"openssl rand -base64 -out {other} 32")
    scene.two.restart("--set", f"tokens.key_encryption_key_file={other}")


def fill_log(scene):
    scene.two.reads_log.clear()
    scene.two.config.write_text(scene.two.text() + '[log]\nlevel = "debug"\n')
    scene.two.reload()
    scene.loads[1].pace = 2000


def empty_log(scene):
    scene.loads[1].pace = 60
    scene.two.config.write_text(scene.two.text())
    scene.two.reads_log.set()
    scene.two.reload()


def break_configuration(scene):
    scene.two.config.write_text(scene.two.text() + '[cach]\nttl = "1s"\n')
    scene.two.reload()


def mend_configuration(scene):
    scene.two.config.write_text(scene.two.text())
    scene.two.reload()


def clock_ahead(scene):
    """The node's real clock is 30 s ahead; its timers go on."""
    library, clock = scene.folder / "shifted_clock.so", scene.folder / "clock"
    source = pathlib.Path(__file__).parents[1] / "support/shifted_clock.cpp"
    subprocess.run(["c++", "-std=c++20", "-shared", "-fPIC", "-o", library, source], check=True)
    clock.write_bytes((30).to_bytes(8, sys.byteorder))
    scene.two.restart(environment={"LD_PRELOAD": str(library), "LATCHKEY_TEST_CLOCK": str(clock)})


def connect_with_too_few(scene):
    """The new role may have one connection: enough for the reload's trial, and for nothing else."""
    owner = scene.sql("select current_user")
    scene.sql(f"create role few login connection limit 1; grant \"{owner}\" to few")
    scene.two.config.write_text(scene.two.text().replace(scene.uri, re.sub("//[^@]*@", "//few@", scene.uri)))
    scene.two.reload()


def connect_as_before(scene):
    mend_configuration(scene)
    scene.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'few'; drop role few")


def restart_two(scene):
    scene.two.restart()


def new_certificate(lasts):
    return lambda scene: scenes.certificate(scene.two.folder, "node", lasts)


def many_revocations(scene):
    scene.sql("insert into latchkey.revocations (kind, issuer, value, expires_at) select 'token', 'https://auth.example', "
              "'t' || n, now() + interval '1 hour' from generate_series(1, 1500) n")


def no_revocations(scene):
    scene.sql("delete from latchkey.revocations")


def sql(begin, end):
    return (lambda scene: scene.sql(begin)), (lambda scene: scene.sql(end))


FAULTS = [
    # First, because it must find no failures of others when it looks back.
    Fault("burnt_budget", dict.fromkeys(sorted(LOOK_BACK)), stop_postgres, resume_postgres, 900,
          besides=(*DATABASE_AWAY, "LowCacheHitRate")),
    # In CI:
    Fault("full_connections", {"ConnectionsFull": "one"}, fill_connections, free_connections),
    Fault("stopped_database", dict.fromkeys(DATABASE_AWAY, "one"), stop_postgres, resume_postgres, 120),
    # The rest takes minutes:
    Fault("killed_node", {"LatchkeyDown": "two"}, lambda scene: scene.two.stop(signal.SIGKILL), restart_two),
    Fault("slow_database", {"HighLatency": "one"}, slow_postgres, fast_postgres),
    Fault("unknown_keys", {"LowCacheHitRate": "one"}, ask_for_unknown_keys, ask_for_known_keys),
    Fault("wrong_clock", {"ClockDiffers": "two"}, clock_ahead, restart_two),
    Fault("ending_certificate", {"CertificateEndsSoon": "two"}, new_certificate(86400), new_certificate(90 * 86400)),
    Fault("ended_certificate", {"CertificateExpired": "two"}, new_certificate(5), new_certificate(90 * 86400)),
    Fault("another_key_encryption_key", {"IssuingImpossible": "two"}, another_key_encryption_key, restart_two),
    Fault("unreadable_element", {"ElementsNotTaken": "one"},
          *sql("update public.organizations set api_keys = '[{\"name\": \"no hash\"}]' where organization_id = 'acme'",
               "update public.organizations set api_keys = '[]' where organization_id = 'acme'")),
    # What a node writes beside the feed is refused.
    Fault("refused_heartbeat", {"FeedHampered": "one"},
          *sql("alter table latchkey.nodes add constraint refused check (false) not valid",
               "alter table latchkey.nodes drop constraint refused")),
    Fault("silent_audit", {"ChangesNotRecorded": "one"},
          *sql("alter table latchkey.api_keys disable trigger latchkey_audit_update",
               "alter table latchkey.api_keys enable trigger latchkey_audit_update"), 150),
    Fault("issuer_away", {"IssuerKeysOld": "one", "IssuerKeysUnavailable": "one"}, lambda scene: scene.issuer.down(),
          lambda scene: scene.issuer.up()),
    Fault("many_revocations", {"RevocationsIncomplete": "one"}, many_revocations, no_revocations, 200),
    Fault("too_few_connections", {"DatabaseUriUnusable": "two"}, connect_with_too_few, connect_as_before),
    Fault("broken_configuration", {"ReloadFailed": "two"}, break_configuration, mend_configuration),
    Fault("other_settings", {"DoctorFinding": "two"},
          lambda scene: scene.two.restart("--set", "tokens.audience=another"), restart_two, 200),
    # /health remembers lost lines for five minutes.
    Fault("unread_log", {"LogLinesDropped": "two"}, fill_log, empty_log, 400, hides_log=True),
]
