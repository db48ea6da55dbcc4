#!/usr/bin/env python3
"""Authlib, given the issuer's URL, a client's id and secret, and nothing else. It prints what it found, a line for
each step; tests/end_to_end/oauth_clients.cpp says what must stand there."""
import json
import os
import urllib.request

from authlib.integrations.httpx_client import OAuth2Client
from authlib.jose import JsonWebKey, jwt

issuer, client_id, client_secret, asker_id, asker_secret = (
    os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ASKER_ID", "ASKER_SECRET"))


def fetched(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


metadata = fetched(issuer + "/.well-known/oauth-authorization-server")
for method in "client_secret_basic", "client_secret_post":
    print(method)
    with OAuth2Client(client_id, client_secret, token_endpoint_auth_method=method, scope="devices:read") as client, \
            OAuth2Client(asker_id, asker_secret, token_endpoint_auth_method=method,
                         introspection_endpoint_auth_method=method) as asker:
        token = client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        print("granted", token["token_type"], token["scope"])
        claims = jwt.decode(token["access_token"], JsonWebKey.import_key_set(fetched(metadata["jwks_uri"])))
        claims.validate()
        print("verified", claims["sub"] == client_id, claims["iss"] == issuer)
        told = asker.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
        print("introspected", told["active"], told["scope"])
        client.revoke_token(metadata["revocation_endpoint"], token=token["access_token"])
        told = asker.introspect_token(metadata["introspection_endpoint"], token=token["access_token"])
        print("revoked", told.text)
