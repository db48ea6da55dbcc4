"""The contenders: what else answers the same questions, each written as a competent user of that technology would.
Every class here is a context manager with the same face (peer.py)."""
