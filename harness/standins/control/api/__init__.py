"""The ECS and ELBv2 operations, and the servers in front of them."""
