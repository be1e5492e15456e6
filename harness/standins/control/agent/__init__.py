"""The ECS agent of a host: containers, secrets, credentials, packet rules."""
