"""The application of the older service (../old_service.py)."""
