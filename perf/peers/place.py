"""Where a private PostgreSQL is, for clients that do not read URIs."""

import collections
import urllib.parse

Place = collections.namedtuple("Place", "folder socket user database")


def of(uri):
    parts = urllib.parse.urlsplit(uri)
    folder = urllib.parse.parse_qs(parts.query)["host"][0]
    return Place(folder, f"{folder}/.s.PGSQL.5432", parts.username, parts.path[1:])
