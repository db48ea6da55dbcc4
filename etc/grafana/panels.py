#!/usr/bin/env python3
"""The dashboard's source: ROWS says which panels there are, the rest makes Grafana's JSON of it.

    python3 etc/grafana/panels.py > etc/grafana/latchkey.json

A test fails until the file agrees. In expressions, S stands for the labels that choose job and nodes, E for the
endpoints that ask something, B for those but batches, and R for the time over which rates are taken.
"""
import json
import re

S = 'job="$job",instance=~"$instance"'
E = 'endpoint=~"/api/v1/auth/.+|/forward-auth.*|/oauth2/.+|/integrations/.+"'
# A batch takes as long as it is large: latencies are told without them, as in the alert HighLatency.
B = E + ',endpoint!="/api/v1/auth/verify-batch"'
R = "$__rate_interval"


def rate(metric, by="", where="", over="sum"):
    """How fast a counter grows, added up by these labels."""
    labels = ",".join(filter(None, ["S", where]))
    return f"{over} by ({by}) (rate({metric}{{{labels}}}[R]))" if by else f"{over}(rate({metric}{{{labels}}}[R]))"


def quantile(q, metric, by="", where=""):
    return f"histogram_quantile({q}, {rate(metric + '_bucket', ', '.join(filter(None, [by, 'le'])), where)})"


def ratio(part, whole):
    return f"{part} / ({whole} > 0)"


HITS = rate("auth_cache_hits_total", "cache", 'cache=~"api_key|token|device"')
MISSES = rate("auth_cache_misses_total", "cache")
ALL_HITS = rate("auth_cache_hits_total", where='cache=~"api_key|token|device|negative"')
ALL_MISSES = rate("auth_cache_misses_total")
ERRORS = rate("auth_requests_total", where='E,status=~"500|503"')
REQUESTS = rate("auth_requests_total", where="E")
DURATION = "auth_request_duration_seconds"
GOOD, FAIR, BAD = "green", "orange", "red"

# (title, kind, unit, [(expression, legend)…], {value: colour from there on}…); kind: line, heat or stat
ROWS = [
    ("At a glance", [
        # A node that cannot be scraped says nothing of itself.
        ("Nodes not ready", "stat", "short", [("count(up{S}) - (sum(auth_ready{S}) or 0 * count(up{S}))", "of all")],
         {None: GOOD, 1: BAD}),
        ("Requests", "stat", "reqps", [(REQUESTS, "requests")]),
        ("p99", "stat", "s", [(quantile(0.99, DURATION, where="B"), "p99")], {None: GOOD, 0.1: BAD}),
        ("Cache hits", "stat", "percentunit", [(ratio(ALL_HITS, f"{ALL_HITS} + {ALL_MISSES}"), "hits")],
         {None: BAD, 0.8: GOOD}),
        ("Errors", "stat", "percentunit", [(ratio(ERRORS, REQUESTS), "500 and 503")], {None: GOOD, 0.001: FAIR, 0.05: BAD}),
        ("Degraded checks", "stat", "short", [("sum(auth_degraded{S})", "checks")], {None: GOOD, 1: BAD}),
    ]),
    ("Traffic", [
        ("Requests by endpoint", "line", "reqps", [(rate("auth_requests_total", "endpoint", "E"), "{{endpoint}}")]),
        ("Requests by status", "line", "reqps", [(rate("auth_requests_total", "status", "E"), "{{status}}")]),
        ("Requests by node", "line", "reqps", [(rate("auth_requests_total", "instance", "E"), "{{instance}}")]),
        ("Budget: failed requests (objective 0.1 %)", "line", "percentunit", [
            ('job:latchkey_error_ratio:rate5m{job="$job"}', "5 min"), ('job:latchkey_error_ratio:rate1h{job="$job"}', "1 h"),
            ('job:latchkey_error_ratio:rate6h{job="$job"}', "6 h"), ('job:latchkey_error_ratio:rate3d{job="$job"}', "3 d")]),
    ]),
    ("Latency", [
        ("Quantiles", "line", "s", [(quantile(q, DURATION, where="B"), f"p{100 * q:g}") for q in (0.5, 0.95, 0.99)]),
        ("Heat map", "heat", "s", [(f"sum by (le) (increase({DURATION}_bucket{{S,B}}[R]))", "{{le}}")]),
        ("p99 by endpoint", "line", "s", [(quantile(0.99, DURATION, "endpoint", "E"), "{{endpoint}}")]),
        ("p99 by node", "line", "s", [(quantile(0.99, DURATION, "instance", "B"), "{{instance}}")]),
    ]),
    ("Verdicts", [
        ("Valid, by kind", "line", "reqps", [(rate("auth_verdicts_total", "kind", 'code="VALID"'), "{{kind}}")]),
        ("Not valid, by code", "line", "reqps", [
            (rate("auth_verdicts_total", "code", 'code!="VALID"') + " > 0 or " +
             rate("auth_verdicts_total", "code", 'code=~"NOT_FOUND|UNAVAILABLE"'), "{{code}}")]),
        ("Tokens issued, signatures checked", "line", "ops", [
            (rate("auth_tokens_issued_total"), "issued"),
            (rate("auth_signature_checks_total", "outcome"), "signature {{outcome}}")]),
        ("Scrypt", "line", "short", [("sum(auth_scrypt_waiting{S})", "waiting"),
                                     (rate("auth_scrypt_questions_total", "admission"), "{{admission}}/s")]),
    ]),
    ("Caches", [
        ("Hit ratio", "line", "percentunit", [(ratio(HITS, f"{HITS} + {MISSES}"), "{{cache}}")]),
        ("Entries", "line", "short", [("sum by (cache) (auth_cache_entries{S})", "{{cache}}")]),
        ("Memory", "line", "bytes", [("sum by (cache) (auth_cache_bytes{S})", "{{cache}}"),
                                     ("sum(auth_cache_retired_bytes{S})", "taken out")]),
        ("Evicted and refused", "line", "ops", [(rate("auth_cache_evictions_total", "cache"), "{{cache}} evicted"),
                                                (rate("auth_cache_refused_total", "cache"), "{{cache}} refused")]),
    ]),
    ("Coalescing", [
        ("Questions and look-ups", "line", "ops", [(ALL_MISSES, "missed the cache"), (rate("auth_coalesced_total"), "joined another"),
                                                   (rate("auth_cache_refreshed_total"), "refreshed ahead"),
                                                   (rate("auth_cache_unkept_total"), "not kept")]),
        ("Look-ups in one query", "line", "short", [
            (ratio(rate("auth_db_batch_size_sum"), rate("auth_db_batch_size_count")), "mean"),
            (quantile(0.99, "auth_db_batch_size"), "p99")]),
    ]),
    ("Database", [
        ("Look-ups: time", "line", "s", [
            (quantile(0.99, "auth_db_query_duration_seconds", "statement", 'statement=~"find_.+"'), "p99 {{statement}}")]),
        ("Queries", "line", "ops", [(rate("auth_db_query_duration_seconds_count", "statement",
                                          'statement=~"find_.+|poll_changes|write_uses"'), "{{statement}}")]),
        ("Connections", "line", "short", [("sum by (state) (auth_db_connections{S})", "{{state}}")]),
        ("Look-ups in flight", "line", "short", [("sum(auth_db_lookups_in_flight{S})", "in flight"),
                                                 ("sum(auth_db_lookups_waiting{S})", "waiting")]),
        ("Breaker (1 half-open, 2 open)", "line", "short", [("max by (instance) (auth_breaker_state{S})", "{{instance}}")]),
        ("Failures", "line", "ops", [(rate("auth_db_queries_failed_total"), "failed"),
                                     (rate("auth_db_queries_overdue_total"), "overdue"),
                                     (rate("auth_db_connections_lost_total"), "connections lost"),
                                     (rate("auth_db_connects_failed_total"), "connects failed")]),
    ]),
    ("Feed and revocation", [
        ("Age of the feed", "line", "s", [("max by (instance) (auth_feed_age_seconds{S})", "{{instance}}")]),
        ("Cached answers end in", "line", "s", [("min by (instance) (auth_cached_answers_end_seconds{S})", "{{instance}}")]),
        ("Revocation lag", "line", "s", [(quantile(0.99, "auth_revocation_lag_seconds"), "p99")]),
        ("Changes", "line", "ops", [(rate("auth_feed_changes_total"), "applied"), (rate("auth_feed_resets_total"), "caches emptied")]),
        ("Revocations in memory", "line", "short", [("max by (instance) (auth_revocations{S})", "{{instance}}")]),
        ("Clock: database minus node", "line", "s", [("max by (instance) (auth_clock_offset_seconds{S})", "{{instance}}")]),
    ]),
    ("Limits and sheds", [
        ("Rate limited", "line", "reqps", [(rate("auth_rate_limited_total", "policy"), "{{policy}}")]),
        ("Look-ups refused", "line", "ops", [(rate("auth_db_lookups_refused_total", "reason"), "{{reason}}")]),
        ("Connections refused", "line", "ops", [(rate("auth_connections_refused_total", "bound"), "{{bound}}"),
                                                (rate("auth_buffers_refused_total"), "buffers")]),
        ("Callers", "line", "reqps", [(rate("auth_callers_total", "result"), "{{result}}")]),
    ]),
    ("Nodes", [
        ("Ready", "line", "short", [("max by (instance) (auth_ready{S})", "{{instance}}")]),
        ("Degraded", "line", "short", [("sum by (code) (auth_degraded{S})", "{{code}}")]),
        ("Findings", "line", "short", [("sum by (name) (auth_findings{S})", "{{name}}")]),
        ("Can issue tokens", "line", "short", [("min by (instance) (auth_signing_ready{S})", "{{instance}}")]),
        ("Certificates end in", "line", "s", [
            ("min by (instance) (auth_tls_certificate_not_after_seconds{S}) - time()", "{{instance}}")]),
        ("Age of issuers' keys", "line", "s", [("max by (issuer) (auth_issuer_keys_age_seconds{S})", "{{issuer}}")]),
    ]),
    ("Process", [
        ("CPU of workers (1: busy)", "line", "short", [
            (rate("auth_worker_cpu_seconds_total", "instance, worker"), "{{instance}} {{worker}}")]),
        ("CPU of processes", "line", "short", [(rate("process_cpu_seconds_total", "instance"), "{{instance}}")]),
        ("Memory", "line", "bytes", [("max by (instance) (process_resident_memory_bytes{S})", "{{instance}}")]),
        ("Connections", "line", "short", [("sum by (instance) (auth_connections{S})", "{{instance}}"),
                                          ("min(auth_connections_max{S})", "at most, each")]),
        ("Event loops late, p99", "line", "s", [(quantile(0.99, "auth_event_loop_lag_seconds", "instance"), "{{instance}}")]),
        ("Descriptors", "line", "short", [("max by (instance) (process_open_fds{S})", "{{instance}}")]),
        ("Log lines lost", "line", "ops", [(rate("auth_log_lines_dropped_total", "instance"), "{{instance}}")]),
    ]),
]


def filled(expression):
    expression = re.sub(r"\{(.*?)\}", lambda m: "{" + re.sub(r"\b[EB]\b", lambda n: {"E": E, "B": B}[n[0]], re.sub(r"^S\b", S, m[1])) + "}", expression)
    return expression.replace("[R]", f"[{R}]")


def shown(expression, over="10s"):
    """What Grafana would ask, with all nodes chosen."""
    return expression.replace("$job", "latchkey").replace("$instance", ".*").replace(R, over)


def expressions(path):
    """(title, expression) of every target in a dashboard's file."""
    with open(path, encoding="utf-8") as file:
        for panel in json.load(file)["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], target["expr"]


SOURCE = {"type": "prometheus", "uid": "${datasource}"}
LEGEND = {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}
OPTIONS = {
    "line": {"legend": LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    "stat": {"colorMode": "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto",
             "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "textMode": "auto",
             "wideLayout": True, "showPercentChange": False, "percentChangeColorMode": "standard"},
    "heat": {"calculate": False, "cellGap": 1, "cellValues": {}, "color": {
        "exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": False, "scale": "exponential",
        "scheme": "Oranges", "steps": 64}, "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 1e-9},
             "legend": {"show": True}, "rowsFrame": {"layout": "auto"}, "showValue": "never", "tooltip": {
                 "mode": "single", "showColorScale": False, "yHistogram": False},
             "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"}},
}
CUSTOM = {"line": {"drawStyle": "line", "fillOpacity": 10, "lineWidth": 1, "showPoints": "never", "spanNulls": False},
          "stat": {}, "heat": {"hideFrom": {"legend": False, "tooltip": False, "viz": False}, "scaleDistribution": {"type": "linear"}}}
TYPES = {"line": "timeseries", "stat": "stat", "heat": "heatmap"}


# What is below zero at times: a clock behind, a certificate that has ended.
SIGNED = ("Clock: database minus node", "Certificates end in")


def coloured(steps):
    return {"color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps.items()]}}


def panel(number, at, title, kind, unit, targets, colours=None):
    defaults = {"unit": unit, "custom": CUSTOM[kind]}
    if kind == "line" and unit != "percentunit" and title not in SIGNED:
        defaults["min"] = 0
    if colours:
        defaults |= coloured(colours)
    return {"id": number, "title": title, "type": TYPES[kind], "datasource": SOURCE, "gridPos": at,
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": OPTIONS[kind],
            "targets": [{"refId": chr(ord("A") + n), "datasource": SOURCE, "editorMode": "code", "expr": filled(expression),
                         "format": "heatmap" if kind == "heat" else "time_series", "legendFormat": legend, "range": True}
                        for n, (expression, legend) in enumerate(targets)]}


def variable(name, label, query, **more):
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "refresh": 2, "hide": 0, "sort": 1,
            "query": {"query": query, "refId": name}, **more}


def dashboard():
    panels, y, number = [], 0, 0
    for title, row in ROWS:
        number += 1
        panels.append({"id": number, "title": title, "type": "row", "collapsed": False, "panels": [],
                       "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        y += 1
        small = row[0][1] == "stat"
        wide, high = (4, 4) if small else (24 // min(len(row), 3) if len(row) < 4 else (6 if len(row) == 4 else 8), 8)
        for n, one in enumerate(row):
            number += 1
            per_line = 24 // wide
            at = {"h": high, "w": wide, "x": n % per_line * wide, "y": y + n // per_line * high}
            panels.append(panel(number, at, *one))
        y += (len(row) - 1) // (24 // wide) * high + high
    return {
        "uid": "latchkey", "title": "Latchkey", "schemaVersion": 39, "tags": ["latchkey"], "editable": True,
        "graphTooltip": 1, "refresh": "30s", "time": {"from": "now-1h", "to": "now"}, "timezone": "browser",
        "annotations": {"list": []}, "links": [], "panels": panels,
        "templating": {"list": [
            {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus", "hide": 0, "refresh": 1},
            variable("job", "Job", "label_values(auth_build_info, job)"),
            variable("instance", "Node", 'label_values(auth_build_info{job="$job"}, instance)', multi=True,
                     includeAll=True, allValue=".*", current={"text": ["All"], "value": ["$__all"]})]},
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1))
