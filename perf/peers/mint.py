#!/usr/bin/python3
"""mint.py ALGORITHM FOLDER ISSUER AUDIENCE SUBJECT: writes signing-key (PEM, or a secret for HS256), verifying-key,
jwks.json and tokens.json, all of them readable by their owner alone. A program of its own, because it needs Debian's
modules."""

import json
import os
import pathlib
import secrets
import sys
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

KEY_ID = "perf"


def new_key(algorithm):
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)


def number(value, size):
    return jwt.utils.base64url_encode(value.to_bytes(size, "big")).decode()


def published(key, algorithm):
    numbers = key.public_key().public_numbers()
    members = {"alg": algorithm, "kid": KEY_ID, "use": "sig"}
    if algorithm == "ES256":
        return {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32), **members}
    return {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3), **members}


def key_pair(algorithm):
    """What signs, what verifies, and the JWK set."""
    if algorithm == "HS256":
        secret = secrets.token_hex(32)
        return secret, secret, {"keys": []}
    key = new_key(algorithm)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode(), {"keys": [published(key, algorithm)]}


def tokens(sign, algorithm, issuer, audience, subject):
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "sub": subject, "client_id": "backend",
              "scope": "devices:read devices:write", "jti": secrets.token_hex(8), "iat": now, "exp": now + 86400}

    def token(key=sign, **other):
        return jwt.encode({**claims, **other}, key, algorithm=algorithm, headers={"kid": KEY_ID, "typ": "at+jwt"})

    return {"good": token(), "expired": token(iat=now - 7200, exp=now - 3600), "forged": token(key_pair(algorithm)[0]),
            "other_audience": token(aud="somebody"), "other_issuer": token(iss="https://else.example"),
            "shapeless": "a.b"}


def main(algorithm, folder, *names):
    os.umask(0o077)
    sign, verify, jwks = key_pair(algorithm)
    files = {"signing-key": sign, "verifying-key": verify, "jwks.json": json.dumps(jwks),
             "tokens.json": json.dumps(tokens(sign, algorithm, *names))}
    for name, text in files.items():
        (pathlib.Path(folder) / name).write_text(text)


main(*sys.argv[1:])
