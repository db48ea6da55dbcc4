"""The services that answer the same questions over the same credentials, started one beside the other."""

import contextlib

import loads
import measure
from comparisons import asking
from peers import data, latchkey, nginx_lua, node, old_service

KINDS = {
    "api_key_hit": "API key, hit",
    "api_key_miss": "API key, miss",
    "device_hit": "device, hit",
    "device_miss": "device, miss",
    "token_cached": "JWT, cached",
    "token_first": "JWT, first",
    "generate_token": "token generation",
}
ORGANIZATIONS, KEYS_EACH, DEVICES = 100, 100, 10_000
COUNT = ORGANIZATIONS * KEYS_EACH
HOT = 1000  # credentials of the kinds …_hit
OURS = "Latchkey"
# The older service with its search in the database. Only questions for a key show a difference.
FILTERED = {
    "older service, filters, no index": None,
    "older service, filters, GIN": "gin",
    "older service, filters, GIN jsonb_path_ops": "jsonb_path_ops",
}


@contextlib.contextmanager
def started(bench, *wanted):
    """{name: peer} of those whose names are wanted, each on the server's core, and the database that they share."""
    postgres = bench.peers_postgres
    issuer = bench.issuer
    core = measure.SERVER_CORE
    makers = {
        OURS: lambda: latchkey.Latchkey(bench.bin, postgres, issuer, core=core),
        "older service, fetches all": lambda: old_service.OldService(postgres, issuer, "all", core=core),
        **{
            name: lambda index=index: old_service.OldService(postgres, issuer, "filter", index, core=core)
            for name, index in FILTERED.items()
        },
        "older service with Redis": lambda: old_service.OldService(
            postgres, issuer, "filter", "jsonb_path_ops", redis=True, core=core
        ),
        **others(postgres, core),
    }
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(makers[name]()) for name in wanted or makers}


def others(postgres, core):
    """Node has a driver only if the machine could fetch it (whole_run.build says so)."""
    found = {"nginx with Lua": lambda: nginx_lua.NginxLua(postgres, core=core)}
    if node.is_there():
        found["Node"] = lambda: node.Node(postgres, core=core)
    return found


def question(peer, kind):
    """A mix's request; None if the service has no such thing."""
    count = COUNT if kind == "api_key_miss" else DEVICES if kind == "device_miss" else HOT
    return peer.request(kind, count)


def prepare(peer, kind, seconds=0.3):
    """Into its cache if the question is a hit, out of it if it is a miss. A token is made for a key that a cache
    has, too."""
    remembered = "api_key_hit" if kind == "generate_token" else kind
    if kind.endswith("_miss"):
        peer.forget()
    elif remembered in peer.remembers:
        warm(peer, question(peer, remembered), seconds)


def has_true_misses(peer, kind):
    """Whether an answer is a miss only while the credential has not been asked for since forget()."""
    return kind.endswith("_miss") and peer.remembers and not isinstance(peer, latchkey.Latchkey)


def check_misses(peer, kind, answered):
    """Each credential was asked for once at most: after all had their turn, they would be hits."""
    count = question(peer, kind)["keys"]["count"]
    if has_true_misses(peer, kind) and answered["requests"] > count:
        raise SystemExit(
            f"{peer.name}, {kind}: {answered['requests']} requests for {count} credentials, so some were hits: "
            "it became faster meanwhile; try again, with fewer --seconds"
        )


def seconds_of_misses(peer, kind, seconds):
    """No longer than there are credentials that its cache lacks: it forgets, and is asked each once. Latchkey and
    what has no cache may be asked for one twice."""
    if not has_true_misses(peer, kind):
        return seconds
    asked = question(peer, kind)
    rate = asking.load(peer.to, loads.mix(asked), connections=64, seconds=0.1)["rate"]
    peer.forget()
    return min(seconds, 0.7 * asked["keys"]["count"] / max(rate, 1))


def warm(peer, asked, seconds):
    """Asks for every credential once, one after the other: for so long that all of them had their turn."""
    count = asked["keys"]["count"]
    mix = loads.mix(asked | {"keys": loads.sequence(count, asked["keys"]["first"])})
    done = asking.load(peer.to, mix, connections=32, seconds=seconds)["requests"]
    if done < count:  # from the first again; those that it has are faster
        asking.load(peer.to, mix, connections=32, seconds=1.5 * seconds * count / max(done, 1))


def fill(postgres):
    data.fill(postgres, ORGANIZATIONS, KEYS_EACH, DEVICES)
