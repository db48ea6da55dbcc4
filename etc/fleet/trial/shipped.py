"""The files that a user copies (etc/fleet), with the few changes without which they cannot be tried on one machine. A
change of a text that is not there is an error, so that a trial never runs something else than it says."""

import pathlib

FILES = pathlib.Path(__file__).parent.parent
ADDRESSES = "192.0.2."
PASSWORDS = {f"change-me-{n}": f"trial-{n}" for n in (1, 2, 3, 4)}


def shipped(name, network, changes=()):
    text = (FILES / name).read_text()
    for old, new in dict(changes).items():
        if old not in text:
            raise RuntimeError(f"etc/fleet/{name} has no \"{old}\" any more: change {__name__} likewise")
        text = text.replace(old, new)
    for old, new in PASSWORDS.items():
        text = text.replace(old, new)
    return text.replace(ADDRESSES, network.prefix)


def variables(name, network, changes=()):
    """A file of NAME="value" lines as a dict."""
    lines = [line for line in shipped(name, network, changes).splitlines() if line and not line.startswith("#")]
    return {key: value.strip('"') for key, value in (line.split("=", 1) for line in lines)}


def of_machine(name, network, machine, number, keep=()):
    """The same for another machine than the first: its name and address stand where the file says that they must."""
    out = variables(name, network)
    for key, value in out.items():
        if key not in keep:
            out[key] = machine if value == "m1" else value.replace(f"{network.prefix}11:", f"{network.prefix}{number}:")
    return out
