"""What the ECS agent does on a host: containers, secrets, credentials, packet rules."""
