"""Scales and ticks of axes: from what was measured to where it stands in the drawing."""

import math


class Linear:
    """Maps low…high to start…end."""

    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = low, high if high > low else low + 1, start, end

    def __call__(self, value):
        part = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self, most=5):
        """Round numbers within the scale: steps of 1, 2, 2.5 or 5 times a power of ten."""
        step = nice_step((self.high - self.low) / most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [n * step for n in range(first, last + 1)]


class Log:
    """Maps low…high, both above 0, to start…end by their logarithms."""

    def __init__(self, low, high, start, end):
        self.low, self.high = low, high if high > low else low * 10
        self.inner = Linear(math.log10(self.low), math.log10(self.high), start, end)

    def __call__(self, value):
        return self.inner(math.log10(max(value, self.low)))

    def ticks(self, most=5):
        """Powers of ten, not too many; if there is hardly one, 1, 2 and 5 times them, or round numbers."""
        low, high = math.ceil(self.inner.low - 1e-9), math.floor(self.inner.high + 1e-9)
        if high - low < 1:
            fine = [m * 10.0**e for e in range(low - 2, high + 2) for m in (1, 2, 5)]
            found = [t for t in fine if self.low <= t <= self.high]
            return found if len(found) > 1 else Linear(self.low, self.high, 0, 1).ticks(most)
        step = math.ceil((high - low + 1) / (most + 1))
        return [10.0**e for e in range(low, high + 1, step)]


def nice_step(least):
    """The smallest round step that is at least so large."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= least * (1 - 1e-9))


def around(values, log):
    """A scale's bounds that hold all values: from 0, or for logarithms the powers of ten around them if they span more
    than one."""
    low, high = min(values), max(values)
    if not log:
        return min(low, 0), high * 1.08 if high > 0 else 1
    low = max(low, 1e-9)
    return low / 1.25, max(high, low) * 1.25
