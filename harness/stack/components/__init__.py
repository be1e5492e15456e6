"""The containers the harness runs itself: one module each, data and a readiness probe."""
