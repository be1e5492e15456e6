"""The life of a local stack: plan, bring up, first run, keep, take down."""
