"""Mistakes of the cluster, the proxy, the move's files and variables, named before any start."""

from __future__ import annotations

import json
from typing import Any

from scenarios import test_database as database
from scenarios import test_edge as edge
from scenarios import test_scheduler as scheduler
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    BUCKET,
    DATABASE,
    RULE_ROLE,
    SCHEDULE,
    TARGET_GROUP,
    WEB_SERVICE,
    Edit,
    combine,
    edit_json,
    replace,
    set_bucket,
    set_everywhere,
    set_field,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake, Twin

DNS = "app/aws/dns.json"
NETWORK = "app/aws/network.json"
FORMER_KEY = "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def set_parameters(**values: str) -> Edit:
    """Add parameters to the cluster's group."""
    added = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        for name, value in values.items()
    ]
    return edit_json(
        DATABASE,
        lambda document: document["ModifyDBClusterParameterGroup"]["Parameters"].extend(added),
    )


def set_query(query: str) -> Edit:
    """Give the proxy an initialization query."""
    return edit_json(
        DATABASE,
        lambda document: document["ModifyDBProxyTargetGroup"]["ConnectionPoolConfig"].update(
            InitQuery=query
        ),
    )


def set_pool(**values: int) -> Edit:
    return edit_json(
        DATABASE,
        lambda document: document["ModifyDBProxyTargetGroup"]["ConnectionPoolConfig"].update(
            values
        ),
    )


def tick_runs_web_task(*command: str) -> Edit:
    """Let the rule run the web service's definition."""

    def change(found: dict[str, Any]) -> None:
        (target,) = found["PutTargets"]["Targets"]
        arn = target["EcsParameters"]["TaskDefinitionArn"]
        target["EcsParameters"]["TaskDefinitionArn"] = arn.replace("scheduler", "web")
        target["Input"]["containerOverrides"][0]["command"] = list(command)
        if not command:
            del target["Input"]

    return combine(
        edit_json(SCHEDULE, change),
        replace("cutover.toml", "app/ecs/scheduler.json", "app/ecs/web.json"),
        replace(RULE_ROLE, "task-definition/tickets-scheduler", "task-definition/tickets-web"),
        replace(RULE_ROLE, "role/tickets-scheduler-task", "role/tickets-web-task"),
    )


def keep_images(count: int) -> Edit:
    """Let the repository keep as many images."""
    chosen = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}
    rule = {"rulePriority": 1, "selection": chosen, "action": {"type": "expire"}}
    call = {"repositoryName": "tickets", "lifecyclePolicyText": json.dumps({"rules": [rule]})}
    return edit_json(
        "app/aws/registry.json", lambda document: document.update(PutLifecyclePolicy=call)
    )


def share_with(origin: str) -> Edit:
    """Let pages of an origin use the bucket."""
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": [origin]}
    return set_bucket("PutBucketCors", CORSConfiguration={"CORSRules": [rule]})


MISTAKES = (
    Mistake(
        "the cluster's parameter has a slip in its name",
        set_parameters(wait_timeuot="28800"),
        cause="wait_timeuot is no parameter of Aurora MySQL",
        exit_code=USAGE,
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
        twin=Twin(
            "the cluster's group sets what many teams set",
            set_parameters(
                wait_timeout="28800",
                max_allowed_packet="67108864",
                sql_mode="STRICT_TRANS_TABLES,NO_ZERO_DATE",
                time_zone="UTC",
                character_set_server="utf8mb4",
                collation_server="utf8mb4_unicode_ci",
                binlog_format="ROW",
                slow_query_log="1",
                max_connections="1000",
            ),
        ),
    ),
    Mistake(
        "the cluster takes packets of 4 KiB",
        set_parameters(max_allowed_packet="4096"),
        cause="max_allowed_packet is 4096 bytes",
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster's sql_mode has a slip",
        set_parameters(sql_mode="STRICT_TRANS_TABLE"),
        cause='sql_mode has "STRICT_TRANS_TABLE", which MySQL does not know',
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster's collation is of another character set",
        set_parameters(character_set_server="utf8mb4", collation_server="latin1_swedish_ci"),
        cause='collation_server is "latin1_swedish_ci", and character_set_server "utf8mb4"',
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster's time zone has a slip",
        set_parameters(time_zone="Europe/Londn"),
        cause='time_zone is "Europe/Londn", and RDS takes the names of time zones alone',
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy's endpoint is of another region",
        replace("cutover.toml", "proxy-cq8w2k7example.us-east-1", "proxy-cq8w2k7example.us-east-2"),
        cause="in the region us-east-2, and aws.region is us-east-1",
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy's endpoint is the cluster's",
        replace("cutover.toml", "tickets.proxy-cq8w2k7example", "tickets.cluster-cq8w2k7example"),
        cause="an endpoint of a cluster and of no proxy",
        exit_code=USAGE,
    ),
    Mistake(
        "the repository keeps one image",
        keep_images(1),
        cause="selection.countNumber is 1: ECR removes the image that the tasks run",
        exit_code=USAGE,
        also_green=[edge.test_plain_http_is_redirected_to_https],
        twin=Twin("the repository keeps ten images", keep_images(10)),
    ),
    Mistake(
        "the bucket is to be public by its ACL",
        edit_json(BUCKET, lambda document: document["CreateBucket"].update(ACL="public-read")),
        cause='CreateBucket.ACL is "public-read", and the bucket enforces its owner',
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster is read only",
        set_parameters(read_only="1"),
        cause="read_only is on: the writer refuses each write, too",
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster's limit of a statement's time is meant in seconds",
        set_parameters(max_execution_time="30"),
        cause="max_execution_time is 30 milliseconds",
        exit_code=USAGE,
    ),
    Mistake(
        "a static parameter is to apply at once",
        edit_json(
            DATABASE,
            lambda document: document["ModifyDBClusterParameterGroup"]["Parameters"].append(
                {
                    "ParameterName": "binlog_format",
                    "ParameterValue": "ROW",
                    "ApplyMethod": "immediate",
                }
            ),
        ),
        cause='ApplyMethod is "immediate", and binlog_format is static',
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster has the default parameters of another release",
        replace(
            DATABASE,
            '"DBClusterParameterGroupName": "tickets",\n    "VpcSecurityGroupIds"',
            '"DBClusterParameterGroupName": "default.aurora-mysql5.7",\n    "VpcSecurityGroupIds"',
        ),
        cause='DBClusterParameterGroupName is "default.aurora-mysql5.7", and the cluster',
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy turns autocommit off",
        set_query("SET autocommit=0"),
        cause='InitQuery sets "autocommit", which is off',
        exit_code=USAGE,
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
        twin=Twin(
            "RDS Proxy sets a session's variables",
            set_query("SET time_zone = '+00:00', group_concat_max_len=1000000"),
        ),
    ),
    Mistake(
        "RDS Proxy's query has a list without quotes",
        set_query("SET sql_mode=STRICT_TRANS_TABLES,NO_ZERO_DATE"),
        cause='InitQuery has "NO_ZERO_DATE", which is no assignment',
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy's query sets a variable of MariaDB",
        set_query("SET max_statement_time=30"),
        cause='InitQuery sets "max_statement_time", which MySQL does not know',
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy keeps more idle connections than it may open",
        set_pool(MaxConnectionsPercent=20, MaxIdleConnectionsPercent=50),
        cause="MaxIdleConnectionsPercent is 50, and MaxConnectionsPercent 20",
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy's target is a cluster that the file does not make",
        replace(
            DATABASE, '"DBClusterIdentifiers": ["tickets"]', '"DBClusterIdentifiers": ["ticket"]'
        ),
        cause='DBClusterIdentifiers[0] is "ticket", and the file makes the cluster tickets',
        exit_code=USAGE,
    ),
    Mistake(
        "an instance of the cluster has another engine",
        replace(
            DATABASE,
            '"Engine": "aurora-mysql",\n      "DBInstanceClass"',
            '"Engine": "mysql",\n      "DBInstanceClass"',
        ),
        cause='CreateDBInstance[0].Engine is "mysql", and that of its cluster "aurora-mysql"',
        exit_code=USAGE,
    ),
    Mistake(
        "the cluster listens where its group lets nobody in",
        replace(
            DATABASE, '"DatabaseName": "tickets",', '"DatabaseName": "tickets",\n    "Port": 3307,'
        ),
        cause="CreateDBCluster.Port is 3307, and the database's group admits RDS Proxy on 3306",
        exit_code=USAGE,
    ),
    Mistake(
        "the switch leads to a load balancer of another region",
        replace(DNS, "tickets-1234567890.us-east-1.elb", "tickets-1234567890.us-east-2.elb"),
        cause="a load balancer of us-east-2, and aws.region is us-east-1",
        exit_code=USAGE,
    ),
    Mistake(
        "two subnets overlap",
        replace(NETWORK, "10.40.16.0/20", "10.40.0.0/20"),
        cause="and 10.40.0.0/24 of another subnet overlaps it",
        exit_code=USAGE,
    ),
    Mistake(
        "the health check's port is one that no security group opens",
        replace(TARGET_GROUP, '"traffic-port"', '"9000"'),
        cause="(HealthCheckPort), tickets-load-balancer (sg-0a40c1e2f3b4a5101) on port 9000",
        exit_code=USAGE,
    ),
    Mistake(
        "the container's health check asks the public site",
        replace("app/ecs/web.json", "http://localhost:8080", "https://tickets.876events.example"),
        cause="healthCheck.command asks tickets.876events.example",
        exit_code=USAGE,
    ),
    Mistake(
        "a container reserves more memory than it may have",
        combine(set_field("memory", 512), set_field("memoryReservation", 768)),
        cause="memoryReservation is 768 MiB, and the container's memory is 512",
        exit_code=USAGE,
    ),
    Mistake(
        "the bucket's CORS rule has a slash after the host",
        share_with("https://tickets.876events.example/"),
        cause="AllowedOrigins[0] is",
        exit_code=USAGE,
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        twin=Twin(
            "the bucket's CORS rule names the site", share_with("https://tickets.876events.example")
        ),
    ),
    Mistake(
        "the rule runs the web task without a command",
        tick_runs_web_task(),
        cause="is a task whose container app has no command: it runs the image's own, as the tasks",
        exit_code=USAGE,
        also_green=[scheduler.test_rule_starts_one_task_each_minute],
        twin=Twin(
            "the rule runs the scheduler in a web task",
            tick_runs_web_task("php", "artisan", "schedule:run"),
        ),
    ),
    Mistake(
        "a tick starts schedule:work, which never ends",
        replace(SCHEDULE, '"schedule:run"', '"schedule:work"'),
        cause="has schedule:work, which never ends: each tick starts another task",
        exit_code=USAGE,
    ),
    Mistake(
        "a former key is followed by a space",
        set_variable("APP_PREVIOUS_KEYS", f"{FORMER_KEY}, {FORMER_KEY}"),
        cause="has a key, the 2., of another length",
        exit_code=USAGE,
        also_green=[sessions.test_sessions_are_kept_in_a_shared_store],
        twin=Twin("former keys are good", set_everywhere("APP_PREVIOUS_KEYS", FORMER_KEY)),
    ),
    Mistake(
        "the session cookie's name has a dot",
        set_everywhere("SESSION_COOKIE", "tickets.session"),
        cause='is "tickets.session", and PHP reads a cookie of this name as "tickets_session"',
        exit_code=USAGE,
    ),
    Mistake(
        "the first run makes the tables anew",
        replace("cutover.toml", '"migrate", "--force"', '"migrate:fresh", "--force"'),
        cause="has migrate:fresh, which drops every table",
        exit_code=USAGE,
    ),
    Mistake(
        "the first run seeds before it migrates",
        replace("cutover.toml", '"session:table"', '"db:seed", "--force"'),
        cause="has db:seed, and first_run[1] migrates",
        exit_code=USAGE,
    ),
    Mistake(
        "an endpoint is of another region",
        replace(NETWORK, "com.amazonaws.us-east-1.sqs", "com.amazonaws.us-east-2.sqs"),
        cause="of another region than aws.region, us-east-1",
        exit_code=USAGE,
    ),
    Mistake(
        "the switch is a record of addresses with a name",
        replace(DNS, '"Type": "CNAME"', '"Type": "A"'),
        cause="and a record of the type A has an IPv4 address",
        exit_code=USAGE,
    ),
    Mistake(
        "the services scale at six times their processor",
        replace("app/aws/scaling.json", '"TargetValue": 60.0', '"TargetValue": 600.0'),
        cause="TargetValue is 600.0, and ECSServiceAverageCPUUtilization is in percent",
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy has the secret's ARN as task definitions write it",
        replace(DATABASE, "tickets/db-Ab3dE5", "tickets/db-Ab3dE5:password::"),
        cause="with the parts that only a task definition's valueFrom has",
        exit_code=USAGE,
    ),
    Mistake(
        "the grace period is meant in milliseconds",
        replace(
            WEB_SERVICE,
            '"healthCheckGracePeriodSeconds": 30',
            '"healthCheckGracePeriodSeconds": 30000',
        ),
        cause="healthCheckGracePeriodSeconds is 30000, 8 hours",
        exit_code=USAGE,
    ),
    Mistake(
        "RDS Proxy's query sets a variable that there is not",
        set_query("SET innodb_lock_waits=5"),
        cause="RDS Proxy's InitQuery or the cluster's init_connect fails: SET innodb_lock_waits=5",
        exit_code=NOT_STARTED,
    ),
)
