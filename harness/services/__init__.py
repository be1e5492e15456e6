"""The containers the harness runs itself: one module per service, data and a probe in each."""
