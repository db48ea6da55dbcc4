"""What the alerts about the budget must do with the failures of hours and of days. All times are minutes. Scrapes are
two minutes apart, which is enough for windows of five."""
from cases import JOB, VERIFY, look, one

FAST, SLOWLY = "ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly"
HOUR, DAY = 60, 1440
MANY = 60000  # requests a minute
APART = 2


def node(spans, instance="one", job="latchkey"):
    """`spans`: (minutes, requests a minute, percentage that fails)…"""
    good = bad = 0
    parts = {"200": [], "503": []}
    for minutes, requests, percentage in spans:
        failed = round(requests * percentage / 100)
        for status, value, step in (("200", good, requests - failed), ("503", bad, failed)):
            parts[status].append(f"{value}+{APART * step}x{minutes // APART - 1}")
        good, bad = good + (requests - failed) * minutes, bad + failed * minutes
    return [one("auth_requests_total", {"endpoint": VERIFY, "status": s}, " ".join(v), instance, job)
            for s, v in parts.items()]


def history(alert, *spans, fires, at=None):
    """Whether it fires at the end, or at another time."""
    last = at or sum(span[0] for span in spans) - APART
    last -= last % 10 if alert == SLOWLY else 0  # days are looked at each ten minutes
    return look(alert, node(spans), f"{last}m", JOB if fires else [], f"{APART}m")


def after_good_hours(minutes, percentage):
    return (5 * HOUR, MANY, 0), (minutes, MANY, percentage)


HOURS = [
    # 1.44 % for an hour, which is far less over six.
    history(FAST, *after_good_hours(66, 1.5), fires=True),
    history(FAST, *after_good_hours(66, 1.4), fires=False),
    # 0.6 % for six hours.
    history(FAST, (6 * HOUR, MANY, 0.62), fires=True),
    history(FAST, (6 * HOUR, MANY, 0.58), fires=False),
    history(FAST, (6 * HOUR, MANY, 0), (6 * HOUR, MANY, 0.64), fires=True),
    # Too little for six hours, though not for three.
    history(FAST, *after_good_hours(110, 1.2), fires=False),
    # Too little for an hour, though it follows another bad one.
    history(FAST, *after_good_hours(40, 3), (60, MANY, 0), (10, MANY, 5), fires=False),
    # Ten bad minutes are bad for the short windows only.
    history(FAST, *after_good_hours(10, 6), fires=False),
    # The long window is still bad after the end: the short one ends it.
    history(FAST, *after_good_hours(40, 3), (10, MANY, 0), fires=True, at=5 * HOUR + 38),
    history(FAST, *after_good_hours(40, 3), (10, MANY, 0), fires=False),
    history(FAST, (5 * HOUR, MANY, 1.4), (40, MANY, 0), fires=True, at=5 * HOUR - APART),
    history(FAST, (5 * HOUR, MANY, 1.4), (40, MANY, 0), fires=False),
    # Half an hour is still bad after a good quarter of one.
    history(FAST, (5 * HOUR, MANY, 1.4), (16, MANY, 0), fires=True),
    # A node with many requests counts for more than one with few.
    look(FAST, node([(6 * HOUR, 100 * 1000, 0)], "large") + node([(6 * HOUR, 1000, 50)], "small"), "358m", [], f"{APART}m"),
    look(FAST, node([(5 * HOUR, 100 * 1000, 0), (66, 100 * 1000, 2)], "large") +
         node([(366, 1000, 0)], "small") + node([(366, 1000, 0)], "other"), "364m", JOB, f"{APART}m"),
    # Another service's failures are its own.
    look(FAST, node([(2 * HOUR, MANY, 0)]) + node([(2 * HOUR, MANY, 9)], job="old"), "118m", ['{job="old"}'], f"{APART}m"),
]

# Ten times as many requests before, so that three days have few failures in what is much for one day.
BUSY_DAYS = (2 * DAY, 10 * MANY, 0)
DAYS = [
    # 0.3 % for a day.
    history(SLOWLY, BUSY_DAYS, (DAY + 40, MANY, 0.31), fires=True),
    history(SLOWLY, BUSY_DAYS, (DAY + 40, MANY, 0.29), fires=False),
    # 0.1 % for three days.
    history(SLOWLY, (3 * HOUR, 10 * MANY, 0.099), fires=False),
    history(SLOWLY, (3 * HOUR, 10 * MANY, 0.105), fires=True),
    # Six bad hours, or two, are bad for the short windows only.
    history(SLOWLY, (66 * HOUR, MANY, 0), (6 * HOUR, MANY, 0.9), fires=False),
    history(SLOWLY, (26 * HOUR, MANY, 0), (2 * HOUR, MANY, 1), fires=False),
    # The long windows are still bad after the end: the short ones end it.
    history(SLOWLY, (20 * HOUR, MANY, 0.7), (7 * HOUR, MANY, 0), fires=True, at=20 * HOUR - APART),
    history(SLOWLY, (20 * HOUR, MANY, 0.7), (7 * HOUR, MANY, 0), fires=False),
    # After one good hour, two hours are still bad; after three they are not, though six are.
    history(SLOWLY, BUSY_DAYS, (DAY, MANY, 0.7), (HOUR, MANY, 0), fires=True),
    history(SLOWLY, BUSY_DAYS, (DAY, MANY, 0.7), (3 * HOUR, MANY, 0), fires=False),
    # Three days remember half a bad one at their beginning.
    history(SLOWLY, (12 * HOUR, MANY, 1), (54 * HOUR, MANY, 0), (6 * HOUR, MANY, 0.2), fires=True),
]
