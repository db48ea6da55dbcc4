"""Verifies a token of ours with the published keys in other programs: PyJWT, and the command `jose` if
it knows the algorithm.

    verify_elsewhere.py JWKS_FILE TOKEN ISSUER AUDIENCE    exit 0 if all of them accept it, and refuse
                                                           it when a byte is changed"""

import json
import pathlib
import subprocess
import sys
import tempfile

import jwt

jwks, token, issuer, audience = sys.argv[1:]
published = json.loads(pathlib.Path(jwks).read_text())


def by_pyjwt(text):
    header = jwt.get_unverified_header(text)
    assert header["typ"] == "at+jwt", header
    key = next(k for k in jwt.PyJWKSet.from_dict(published).keys if k.key_id == header["kid"])
    try:
        claims = jwt.decode(text, key.key, algorithms=[header["alg"]], issuer=issuer, audience=audience,
                            options={"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]})
    except jwt.InvalidTokenError as refused:
        return None, str(refused)
    return claims, ""


def by_jose(text):
    with tempfile.TemporaryDirectory() as folder:
        given = pathlib.Path(folder) / "token"
        given.write_text(text)
        done = subprocess.run(["jose", "jws", "ver", "-i", str(given), "-k", jwks, "-O", "-"], capture_output=True,
                              text=True)
    return (json.loads(done.stdout), "") if done.returncode == 0 else (None, done.stderr)


def check(name, verify):
    claims, why = verify(token)
    if not claims:
        sys.exit(f"{name} refuses the token: {why}")
    if claims["iss"] != issuer or claims["sub"] != claims["client_id"]:
        sys.exit(f"{name} reads other claims: {claims}")
    head, payload, signature = token.split(".")
    forged = ".".join((head, payload, ("A" if signature[0] != "A" else "B") + signature[1:]))
    if verify(forged)[0]:
        sys.exit(f"{name} accepts a forged token")


check("PyJWT", by_pyjwt)
if jwt.get_unverified_header(token)["alg"] != "EdDSA":
    check("jose", by_jose)
