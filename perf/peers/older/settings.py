"""What old_service.py tells the application, by its environment (OLD_…)."""

import json
import os
import pathlib

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

DATABASE, FETCH, REDIS = (os.environ[name] for name in ("OLD_DATABASE", "OLD_FETCH", "OLD_REDIS"))
CONNECTION_SETTINGS = json.loads(os.environ["OLD_SETTINGS"])
ALGORITHM, ISSUER, AUDIENCE = (os.environ[name] for name in ("OLD_ALGORITHM", "OLD_ISSUER", "OLD_AUDIENCE"))


def key(name, load):
    raw = (pathlib.Path(os.environ["OLD_KEYS"]) / name).read_bytes()
    return raw if ALGORITHM == "HS256" else load(raw)


# Read once: PyJWT would parse the PEM at each token.
SIGNING_KEY = key("signing-key", lambda pem: load_pem_private_key(pem, None))
VERIFYING_KEY = key("verifying-key", load_pem_public_key)
