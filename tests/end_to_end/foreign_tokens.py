"""Makes tokens with other programs: one for each algorithm, signed by PyJWT and by the command `jose`.

    foreign_tokens.py FOLDER    writes public.json and secret.json (JWK sets), and tokens.json:
                                [{"name", "token"}]"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

folder = pathlib.Path(sys.argv[1])
now = int(time.time())
CURVES = {"ES256": (ec.SECP256R1(), "P-256", 32), "ES384": (ec.SECP384R1(), "P-384", 48),
          "ES512": (ec.SECP521R1(), "P-521", 66)}
public, secret, tokens = [], [], []


def claims(algorithm):
    issuer = "https://secrets.example" if algorithm.startswith("HS") else "https://issuer.example"
    return {"iss": issuer, "aud": ["api", "other"], "sub": "é", "iat": now, "exp": now + 600, "scope": "r w"}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


def make(algorithm):
    """The private key for PyJWT, and the public members of its JWK."""
    if algorithm.startswith("HS"):
        bytes_ = os.urandom(64)
        return bytes_, {"kty": "oct", "k": b64(bytes_)}
    if algorithm in CURVES:
        curve, name, size = CURVES[algorithm]
        key = ec.generate_private_key(curve)
        point = key.public_key().public_numbers()
        return key, {"kty": "EC", "crv": name, "x": number(point.x, size), "y": number(point.y, size)}
    if algorithm == "EdDSA":
        key = ed25519.Ed25519PrivateKey.generate()
        x = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return key, {"kty": "OKP", "crv": "Ed25519", "x": b64(x)}
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    return key, {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}


def add(name, token, jwk, kid, algorithm):
    (secret if algorithm.startswith("HS") else public).append({**jwk, "kid": kid, "alg": algorithm})
    tokens.append({"name": name, "token": token})


def by_pyjwt(algorithm):
    key, jwk = make(algorithm)
    kid = f"pyjwt-{algorithm}"
    token = jwt.encode(claims(algorithm), key, algorithm=algorithm, headers={"kid": kid})
    add(f"PyJWT {algorithm}", token, jwk, kid, algorithm)


def by_jose(algorithm):
    def run(*command, text=None):
        return subprocess.run(["jose", *command], input=text, check=True, capture_output=True, text=True).stdout
    kid = f"jose-{algorithm}"
    key = run("jwk", "gen", "-i", json.dumps({"alg": algorithm}))
    keep = folder / "jose.jwk"
    keep.write_text(key)
    header = json.dumps({"protected": {"alg": algorithm, "kid": kid, "typ": "JWT"}})
    token = run("jws", "sig", "-I", "-", "-k", str(keep), "-s", header, "-c", text=json.dumps(claims(algorithm)))
    keep.unlink()
    jwk = {name: value for name, value in json.loads(key).items() if name in ("kty", "n", "e", "crv", "x", "y", "k")}
    add(f"jose {algorithm}", token.strip(), jwk, kid, algorithm)


FAMILIES = [f"{family}{size}" for family in ("HS", "RS", "PS", "ES") for size in (256, 384, 512)]
for algorithm in [*FAMILIES, "EdDSA"]:
    by_pyjwt(algorithm)
for algorithm in FAMILIES:
    by_jose(algorithm)
for name, content in (("public", {"keys": public}), ("secret", {"keys": secret}), ("tokens", tokens)):
    (folder / f"{name}.json").write_text(json.dumps(content))
