"""What a run says of itself while it lasts."""

import sys
import time


class Progress:
    """Says what is under way and how long all will take. parts: {name: seconds that it takes, by an estimate}."""

    def __init__(self, parts, out=sys.stdout):
        self.parts, self.out, self.begun = dict(parts), out, time.monotonic()
        self.current, self.done, self.lasted = None, 0.0, 0.0

    def begin(self, name):
        self.current, self.started = name, time.monotonic()
        self.note("begins")

    def end(self):
        self.lasted += time.monotonic() - self.started
        self.done += self.parts.pop(self.current)

    def left(self):
        """Seconds, by how the estimates of what is done compare with what it took."""
        pace = self.lasted / self.done if self.done else 1
        return max(sum(self.parts.values()) * pace - (time.monotonic() - self.started if self.current else 0), 0)

    def round(self, n, of):
        self.note(f"round {n} of {of}")

    def note(self, text):
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        print(
            f"{minutes:>3}:{seconds:02}  {self.current or 'preparing':<14} {text:<40} "
            f"about {self.left() / 60:.0f} min left",
            file=self.out,
            flush=True,
        )
