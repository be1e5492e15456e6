"""AWS resources as their operator sees them."""
