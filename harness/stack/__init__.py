"""Our containers on this machine: engine, components, network, logs, removal."""
