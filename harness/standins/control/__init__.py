"""Our stand-in for ECS and target groups: the program of the ``control`` container.

It answers the part of the ECS and ELBv2 APIs that the harness uses, runs tasks as containers next
to it through the Docker socket, keeps services at their desired count, checks targets, and tells
the edge where healthy ones are. Nothing outside imports this package: the harness uses boto3.
"""
