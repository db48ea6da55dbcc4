"""What the older service measured and promised, as its own documents state it. Times in ms, rates per second."""

SOURCE = "the older service's own figures, on its own machines"

# One caller: (p50 as measured, requests/s as measured, promised with all optimizations)
ONE_CALLER = {
    "api_key_hit": (22, 45, 0.1),
    "api_key_miss": (22, 45, 8),
    "device_hit": (28, 35, 0.1),
    "device_miss": (28, 35, 12),
    "token_cached": (18, 55, 15),
    "token_first": (18, 55, 15),
    "generate_token": (12, 83, 10),
}
DATABASE_LOAD_SAVED = 90  # per cent

# Verification of a token by so many users during ten minutes: (requests/s, mean, p95, p99, errors in per cent)
USERS_MEASURED = {100: (2_500, 18, 35, 52, 0.1), 500: (8_000, 35, 78, 120, 0.5), 1000: (12_000, 68, 145, 210, 1.2)}
USERS_PROMISED = {100: (50_000, 0.5, 2, 5, 0.01), 500: (200_000, 1.2, 4, 8, 0.05), 1000: (350_000, 2.5, 7, 15, 0.1)}
