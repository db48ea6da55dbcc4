"""Which function draws which chart of report.json."""

from report import bars, growth, latency

KINDS = {"bars": bars.bars, "growth": growth.growth, "latency": latency.latency}


def draw(chart):
    return KINDS[chart["kind"]](chart)
