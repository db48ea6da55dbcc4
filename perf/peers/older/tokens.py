"""Tokens, by PyJWT."""

import secrets
import time

import jwt

from peers.older.settings import ALGORITHM, AUDIENCE, ISSUER, SIGNING_KEY, VERIFYING_KEY

TOKEN_LIFE = 900
REFUSALS = {jwt.ExpiredSignatureError: "EXPIRED", jwt.InvalidAudienceError: "AUDIENCE_MISMATCH",
            jwt.InvalidIssuerError: "ISSUER_MISMATCH", jwt.InvalidSignatureError: "SIGNATURE_INVALID"}


def verify(token):
    """{"claims": …}, or {"code": …} that says what is wrong."""
    try:
        return {"claims": jwt.decode(token, VERIFYING_KEY, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER,
                                     options={"require": ["exp", "sub"]})}
    except jwt.InvalidTokenError as error:
        return {"code": next((code for kind, code in REFUSALS.items() if isinstance(error, kind)), "INVALID_FORMAT")}


def issue(facts):
    """A token for the key of these facts."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": facts["key_id"], "client_id": facts["key_id"],
              "organization_id": facts["organization_id"], "scope": " ".join(facts["scopes"]),
              "jti": secrets.token_hex(16), "iat": now, "exp": now + TOKEN_LIFE}
    return jwt.encode(claims, SIGNING_KEY, algorithm=ALGORITHM, headers={"kid": "perf", "typ": "at+jwt"})
