"""When each alert must fire, and when it must not: series for promtool, and what is to come of them.

All times are seconds. A case has a node that is ill from BEGIN to END and well otherwise, and one that is nearly ill all
the time. Steps are those of etc/prometheus/prometheus.yml, so that a case tells each `for` exactly.
"""
STEP, BEGIN, END, LAST = 15, 600, 3000, 3900
VERIFY, BATCH, TOKENS = "/api/v1/auth/verify-api-key", "/api/v1/auth/verify-batch", "/api/v1/auth/generate-token"

SEVERITY = {
    "page": ["HighLatency", "HighErrorRate", "ErrorBudgetBurnsFast", "LatchkeyDown", "LatchkeyNotReady", "DatabaseUnusable",
             "BreakerOpen", "FeedLate", "CachedAnswersEnded", "ClockDiffers", "CertificateExpired", "IssuingImpossible",
             "ConnectionsFull", "IssuerKeysUnavailable", "RevocationsIncomplete"],
    "ticket": ["LowCacheHitRate", "ErrorBudgetBurnsSlowly", "DatabaseUriUnusable", "FeedHampered", "CertificateEndsSoon",
               "ElementsNotTaken", "LogLinesDropped", "ChangesNotRecorded", "IssuerKeysOld", "ReloadFailed",
               "DoctorFinding"]}

# Findings that have an alert of their own, or that somebody may have chosen. All others raise DoctorFinding.
FINDINGS_LEFT_OUT = ["database_unreachable", "clock_differs", "feed_hampered", "certificate_expired",
                     "certificate_ends_soon", "no_key_encryption_key", "issuer_unreachable", "exposed", "transaction_pooler"]


# --- values ---
def steps(seconds):
    return seconds // STEP


def gauge(well, ill=None):
    ill = well if ill is None else ill
    return f"{well}x{steps(BEGIN) - 1} {ill}x{steps(END - BEGIN) - 1} {well}x{steps(LAST - END)}"


def turns(first, second):
    """While ill, one value for two steps and then the other."""
    ill = " ".join([f"{first} {first} {second} {second}"] * (steps(END - BEGIN) // 4))
    return f"0x{steps(BEGIN) - 1} {ill} 0x{steps(LAST - END)}"


def counter(well, ill=None):
    """Grows by so much in each step; its value goes on from part to part."""
    ill = well if ill is None else ill
    before, during = steps(BEGIN), steps(END - BEGIN)
    at_begin, at_end = before * well, before * well + during * ill
    return f"0+{well}x{before} {at_begin + ill}+{ill}x{during - 1} {at_end + well}+{well}x{steps(LAST - END) - 1}"


# --- series ---
def one(name, labels, values, instance, job="latchkey"):
    more = "".join(f',{k}="{v}"' for k, v in labels.items())
    return {"series": f'{name}{{job="{job}",instance="{instance}"{more}}}', "values": values}


def both(name, labels, ill, well):
    return [one(name, labels, ill, "ill"), one(name, labels, well, "well")]


def requests(status, ill, well, endpoint=VERIFY):
    return both("auth_requests_total", {"method": "POST", "endpoint": endpoint, "status": status}, ill, well)


def errors(ill, well, status="503", endpoint=VERIFY):
    """Of 1000 requests a step, so many fail: at the ill node while it is ill."""
    out = requests("200", counter(1000, 1000 - ill), counter(1000 - well), endpoint)
    out += requests(status, counter(0, ill), counter(well), endpoint)
    # What must not count: probes, operators, and what clients do wrong.
    out += requests("503", counter(9000), counter(9000), "/readyz")
    out += requests("500", counter(9000), counter(9000), "/admin/v1/api-keys")
    for theirs in ("400", "401", "403", "429", "501", "505"):
        out += requests(theirs, counter(0), counter(10), endpoint)
    return out


def durations(ill, well, endpoint=VERIFY):
    """Of 1000 requests a step, so many take between 0.1 and 0.25 s. Large batches and probes are slow, and that is well."""
    out = []
    for le in ("0.05", "0.1", "0.25", "+Inf"):
        slow = le in ("0.25", "+Inf")
        labels = {"method": "POST", "le": le}
        name = "auth_request_duration_seconds_bucket"
        out += both(name, {**labels, "endpoint": endpoint}, counter(1000, 1000 if slow else 1000 - ill),
                    counter(1000 if slow else 1000 - well))
        for other in (BATCH, "/readyz"):
            out += both(name, {**labels, "endpoint": other}, *[counter(9000 if slow else 0)] * 2)
    return out


def cache(ill, well, of="api_key", missed="api_key"):
    """(hits, misses) a step."""
    out = both("auth_cache_hits_total", {"cache": of}, counter(1000, ill[0]), counter(well[0]))
    out += both("auth_cache_misses_total", {"cache": missed}, counter(0, ill[1]), counter(well[1]))
    # Proofs of tokens belong to tokens: they are no questions.
    return out + both("auth_cache_hits_total", {"cache": "proof"}, counter(99999), counter(0))


def verdicts(ill, well):
    """Of 1000 items of batches a step, so many stay undecided. All requests are 200."""
    out = errors(0, 0, endpoint=BATCH)
    for code, before, sick, fit in (("VALID", 990, 990 - ill, 990 - well), ("NOT_FOUND", 10, 10, 10),
                                    ("UNAVAILABLE", 0, ill, well)):
        out += both("auth_verdicts_total", {"kind": "api_key", "code": code}, counter(before, sick), counter(fit))
    return out


def degraded(code):
    return both("auth_degraded", {"code": code}, gauge(0, 1), gauge(0)) + \
        both("auth_degraded", {"code": "ANOTHER"}, gauge(1), gauge(1))


def in_turns(first, second):
    """A state that goes on while its code changes."""
    return both("auth_degraded", {"code": first}, turns(1, 0), gauge(0)) + \
        both("auth_degraded", {"code": second}, turns(0, 1), gauge(0))


def issuing(no_key, tokens, verifications):
    """The other node has no key either, and its refused requests are other ones."""
    return both("auth_degraded", {"code": "ISSUING_IMPOSSIBLE"}, gauge(0, 1), gauge(1)) + \
        both("auth_findings", {"name": "no_key_encryption_key"}, gauge(no_key), gauge(1)) + \
        requests("503", counter(0, tokens), counter(0), TOKENS) + requests("200", counter(0), counter(5), TOKENS) + \
        requests("503", counter(0), counter(verifications))


def findings(names):
    """The ill node has all that count, the other all that do not."""
    out = []
    for name in names:
        counts = name not in FINDINGS_LEFT_OUT
        out += both("auth_findings", {"name": name}, gauge(0, 1 if counts else 0), gauge(0 if counts else 1))
    return out


# --- cases ---
class Case:
    """`fires`: so long after BEGIN it fires, and not one step earlier. `ends`: so long after END it does not any more;
    None if that takes longer than the case."""

    def __init__(self, alert, series, fires, ends=0, by='instance="ill"', value=1):
        self.alert, self.series, self.by, self.value = alert, series, by, value
        self.times = [(BEGIN - STEP, False), (BEGIN + fires - STEP, False), (BEGIN + fires, True), (END - STEP, True)]
        if ends is not None:
            self.times += [(END + ends, False), (LAST - STEP, False)]

    def wants(self):
        def want(second, firing):
            samples = [{"labels": "{" + self.by + "}", "value": self.value}] if firing else []
            return {"expr": f'count by (instance) (ALERTS{{alertname="{self.alert}",alertstate="firing"}})',
                    "eval_time": f"{second}s", "exp_samples": samples}
        return [want(*t) for t in self.times]


def cases(finding_names):
    """The illness is grave here, so that ratios pass their limits within a few steps. STEADY has the limits."""
    counted = [name for name in finding_names if name not in FINDINGS_LEFT_OUT]
    states = [  # (alert, its codes, its `for`)
        ("DatabaseUnusable", ["DATABASE_UNUSABLE", "DATABASE_NOT_MIGRATED", "DATABASE_RIGHT_MISSING"], 30),
        ("DatabaseUriUnusable", ["DATABASE_URI_UNUSABLE"], 300),
        ("BreakerOpen", ["BREAKER_OPEN", "BREAKER_HALF_OPEN"], 60),
        ("FeedLate", ["FEED_LATE", "FEED_UNREADABLE"], 60),
        ("CachedAnswersEnded", ["CACHED_ANSWERS_ENDED"], 0),
        ("FeedHampered", ["FEED_HAMPERED"], 900),
        ("ClockDiffers", ["CLOCK_DIFFERS"], 120),
        ("CertificateEndsSoon", ["CERTIFICATE_ENDS_SOON"], 600),
        ("CertificateExpired", ["CERTIFICATE_EXPIRED"], 60),
        ("ElementsNotTaken", ["ELEMENTS_NOT_TAKEN"], 600),
        ("LogLinesDropped", ["LOG_LINES_DROPPED"], 0),
        ("ChangesNotRecorded", ["CHANGES_NOT_RECORDED"], 300),
        ("IssuerKeysUnavailable", ["ISSUER_KEYS_UNAVAILABLE"], 300),
        ("RevocationsIncomplete", ["REVOCATIONS_INCOMPLETE"], 120)]
    out = [Case(alert, degraded(code), after) for alert, codes, after in states for code in codes]
    out += [Case(alert, in_turns(*codes[:2]), after) for alert, codes, after in states if len(codes) > 1]
    refused = "auth_connections_refused_total"
    for bound in ("total", "descriptors"):
        # The other node is at bounds that are no reason to wake anybody.
        out.append(Case("ConnectionsFull", both(refused, {"bound": bound}, counter(0, 5), counter(0)) +
                        both(refused, {"bound": "address"}, counter(0), counter(9)) +
                        both(refused, {"bound": "handshakes"}, counter(0), counter(9)), 195, 120))
    for endpoint in (VERIFY, "/forward-auth/{policy}"):
        out.append(Case("HighLatency", durations(900, 0, endpoint), 330, 285))
    for status in ("500", "503"):
        for endpoint in (VERIFY, "/forward-auth"):
            out.append(Case("HighErrorRate", errors(900, 0, status, endpoint), 330, 285))
    out += [
        Case("HighErrorRate", verdicts(900, 0), 330, 285),
        Case("LowCacheHitRate", cache((50, 950), (1000, 0)), 675, 255),
        Case("ErrorBudgetBurnsFast", errors(1000, 0), 180, None, by=""),
        Case("ErrorBudgetBurnsSlowly", errors(1000, 0), 930, None, by=""),
        Case("LatchkeyDown", both("up", {}, gauge(1, 0), gauge(1)), 60),
        Case("LatchkeyNotReady", both("auth_ready", {}, gauge(1, 0), gauge(1)), 120),
        Case("IssuingImpossible", issuing(0, 0, 0), 120),
        Case("IssuingImpossible", issuing(1, 5, 9), 135),
        Case("IssuerKeysOld", both("auth_issuer_keys_age_seconds", {"issuer": "https://a"}, gauge(10, 3601), gauge(3600)) +
             both("auth_issuer_keys_age_seconds", {"issuer": "https://b"}, gauge(10), gauge(10)), 300),
        Case("ReloadFailed", both("auth_config_last_reload_successful", {}, gauge(1, 0), gauge(1)), 300),
        Case("DoctorFinding", findings(finding_names), 1800, value=len(counted)),
    ]
    return out


def look(name, series, at, firing, interval=f"{STEP}s", expr=None):
    """A single look. `firing`: [labels] of what fires. `expr`: another question than whether `name` fires."""
    asked = expr or f'count by (job, instance) (ALERTS{{alertname="{name}",alertstate="firing"}})'
    return {"name": name, "interval": interval, "input_series": series, "promql_expr_test": [
        {"expr": asked, "eval_time": at, "exp_samples": [{"labels": labels, "value": 1} for labels in firing]}]}


def steady(name, series, firing=('{job="latchkey",instance="ill"}',)):
    """Late in the illness, when windows hold nothing else."""
    return look(name, series, f"{END - STEP}s", list(firing))


def rare(failing_at):
    """One request a minute, of which one fails."""
    good = [n if n < failing_at else n - 1 for n in range(100)]
    return [one("auth_requests_total", {"endpoint": VERIFY, "status": s}, v, "one") for s, v in (
        ("200", " ".join(map(str, good))), ("503", f"0x{failing_at - 1} 1x{99 - failing_at}"))]


def small(per_minute):
    """Two nodes with so many requests a minute together, of which half fail."""
    return [one("auth_requests_total", {"endpoint": VERIFY, "status": s}, f"0+{per_minute / 4}x60", i)
            for s in ("200", "503") for i in ("one", "two")]


def idle():
    """A node that did something once, and one that never failed."""
    return [one("auth_requests_total", {"endpoint": VERIFY, "status": s}, "7x60", "idle") for s in ("200", "503")] + \
        [one("auth_requests_total", {"endpoint": VERIFY, "status": "200"}, "0+7x60", "good")]


JOB = ['{job="latchkey"}']
STEADY = [
    # Limits: the ill node is just past them, the other just within.
    steady("HighLatency", durations(51, 49)),
    steady("LowCacheHitRate", cache((790, 210), (810, 190))),
    steady("HighErrorRate", errors(51, 49)),
    steady("HighErrorRate", verdicts(51, 49)),
    # More than 10 questions a second.
    steady("LowCacheHitRate", cache((76, 76), (74, 74))),
    # Hits of each cache count; the misses are another's.
    *[steady("LowCacheHitRate", cache((700, 300), (900, 100), of, "token")) for of in ("api_key", "token", "device",
                                                                                      "negative")],
    # What callers do wrong is no failure.
    *[steady("HighErrorRate", errors(1000, 1000, status), [])
      for status in ("400", "401", "403", "404", "429", "501", "505")],
    *[look(alert, errors(1000, 1000, "401") + requests("429", counter(500), counter(500), BATCH), f"{END}s", [])
      for alert in ("ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly")],
    # No target at all, and a target of somebody else's job.
    look("LatchkeyDown", [], "5m", JOB),
    look("LatchkeyDown", [{"series": 'up{job="latchkey",instance="a"}', "values": "1x80"},
                          {"series": 'up{job="other",instance="b"}', "values": "0x80"}], "5m", []),
    # One request that fails among few wakes nobody, neither soon nor later.
    *[look(alert, rare(60), f"{minute}m", [], "1m") for alert in ("HighErrorRate", "ErrorBudgetBurnsFast")
      for minute in (62, 65, 66, 70, 90)],
    # More than one request a second over all nodes.
    look("ErrorBudgetBurnsFast", small(64), "50m", JOB, "1m"),
    look("ErrorBudgetBurnsFast", small(56), "50m", [], "1m"),
    # An error that is the first of its kind: its series begins with the value 1.
    look("HighErrorRate", [one("auth_requests_total", {"endpoint": VERIFY, "status": "200"}, "0+1000x90", "one"),
                           one("auth_requests_total", {"endpoint": VERIFY, "status": "500"}, "_x20 1x60", "one")],
         "80m", [], "1m"),
    # Without requests there is no ratio; without errors it is 0.
    look("ratios", idle(), "40m", ['{instance="good"}'], "1m",
         "count by (instance) (instance:latchkey_error_ratio:rate5m == 0)"),
    look("ratios", idle(), "40m", ["{}"], "1m", "count(instance:latchkey_error_ratio:rate5m)"),
]
