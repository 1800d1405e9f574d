"""How fast the service is: measured as a ratio to its floor, and as growth. Run with ``python -m benchmarks``."""
