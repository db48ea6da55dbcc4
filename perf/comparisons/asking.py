"""Loads whose figures count: an answer that is missing fails them, and so do more than a few refusals."""

import loads

REFUSED_MOST = 1  # per cent


def load(to, mix, errors_ok=False, **options):
    """What loads.load returns, with refused_percent. errors_ok: connections may be lost, where that is a figure."""
    return judged(loads.load(to, mix, **options), errors_ok)


def judged(found, errors_ok=False):
    refused = 100 * found["refused"] / max(found["requests"], 1)
    if not found["right"]:
        raise SystemExit(f"not one of {found['requests']} answers was right: {found['refused']} are refusals")
    if refused > REFUSED_MOST:
        raise SystemExit(
            f"{refused:.1f} % of {found['requests']} requests were refused (503 or 429), at most {REFUSED_MOST} % "
            "may be: the machine is too busy, or the server is broken"
        )
    if not errors_ok and (found["errors"] or found["unanswered"]):
        raise SystemExit(
            f"{found['lost']} connections were lost, {found['timeouts']} requests timed out and {found['unanswered']} "
            f"had no answer 3 s after the end; the first error: {found['first_error']}"
        )
    return found | {"refused_percent": refused}
