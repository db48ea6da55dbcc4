"""The fleet of etc/fleet on one machine, for etc/fleet/try."""
