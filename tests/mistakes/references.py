"""Mistakes between files, and resources that AWS would not create: rejected before the start."""

from __future__ import annotations

from typing import Any

from scenarios import test_database as database
from scenarios import test_edge as edge
from scenarios import test_network as network
from scenarios import test_secrets as secrets
from tests.mistakes.edits import (
    BALANCER,
    BUCKET,
    CONFIG,
    DATABASE,
    QUEUES,
    SCALING,
    SCHEDULE,
    TARGET_GROUP,
    TASKS_GROUP_ID,
    WEB_ROLE,
    WEB_SERVICE,
    WEB_TASK,
    WORKER_SERVICE,
    WORKER_TASK,
    Edit,
    combine,
    edit_container,
    edit_egress,
    edit_json,
    edit_security_group,
    permission,
    replace,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import USAGE, Mistake, Twin

PROXY_GROUP_ID = "sg-0a40c1e2f3b4a5103"
FOREIGN_TOPIC = "arn:aws:sns:eu-west-1:111122223333:sales"
ENDPOINTS_GROUP_ID = "sg-0a40c1e2f3b4a5105"
EVERYWHERE = permission("0.0.0.0/0", 443)


def _take_from_the_database_secret(name: str, key: str) -> Edit:
    """Have the worker take one more value of the secret that has its user name."""

    def change(container: dict[str, Any]) -> None:
        texts = {secret["name"]: secret["valueFrom"] for secret in container["secrets"]}
        reference = texts["DB_USERNAME"].replace(":username:", f":{key}:")
        container["secrets"].append({"name": name, "valueFrom": reference})

    return edit_container("worker", change)


MISTAKES = (
    Mistake(
        "one secret has two suffixes in two task definitions",
        replace(WORKER_TASK, "secret:tickets/db-Ab3dE5", "secret:tickets/db-Zz9yX8"),
        cause='names the secret "tickets/db" as arn:aws:secretsmanager',
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a secret has another suffix in every task definition",
            combine(
                *(
                    replace(file, "tickets/db-Ab3dE5", "tickets/db-Zz9yX8")
                    for file in (WEB_TASK, WORKER_TASK, "app/ecs/scheduler.json", DATABASE)
                )
            ),
        ),
    ),
    Mistake(
        "the worker's service is in another cluster",
        replace(WORKER_SERVICE, '"cluster": "tickets"', '"cluster": "staging"'),
        cause='cluster is "staging", and ecs.cluster in the configuration is "tickets"',
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a service names its cluster by ARN",
            replace(
                WORKER_SERVICE,
                '"cluster": "tickets"',
                '"cluster": "arn:aws:ecs:us-east-1:876000000876:cluster/tickets"',
            ),
        ),
    ),
    Mistake(
        "the worker's service runs the web tasks' definition",
        replace(
            WORKER_SERVICE, '"taskDefinition": "tickets-worker"', '"taskDefinition": "tickets-web"'
        ),
        cause='taskDefinition is "tickets-web", and the family of',
        exit_code=USAGE,
    ),
    Mistake(
        "the rule runs another task definition",
        replace(SCHEDULE, "task-definition/tickets-scheduler", "task-definition/tickets-cron"),
        cause="EcsParameters.TaskDefinitionArn is",
        exit_code=USAGE,
    ),
    Mistake(
        "the rule starts its tasks in another cluster",
        replace(SCHEDULE, "cluster/tickets", "cluster/default"),
        cause='cluster/default", and ecs.cluster in the configuration is "tickets"',
        exit_code=USAGE,
    ),
    Mistake(
        "the web service registers with another target group",
        replace(WEB_SERVICE, "targetgroup/tickets-web/", "targetgroup/tickets-blue/"),
        cause='names the target group "tickets-blue", and ecs.target_group has "tickets-web"',
        exit_code=USAGE,
    ),
    Mistake(
        "a role is of another account",
        replace(
            WEB_TASK,
            "arn:aws:iam::876000000876:role/tickets-web-task",
            "arn:aws:iam::111122223333:role/tickets-web-task",
        ),
        cause='taskRoleArn is in the account "111122223333"',
        exit_code=USAGE,
    ),
    Mistake(
        "the target group is in another region",
        replace(WEB_SERVICE, "elasticloadbalancing:us-east-1:", "elasticloadbalancing:eu-west-1:"),
        cause='is in the region "eu-west-1", and the configuration\'s is "us-east-1"',
        exit_code=USAGE,
    ),
    Mistake(
        "a policy of the web tasks names the queue of another region",
        replace(WEB_ROLE, "arn:aws:sqs:us-east-1:", "arn:aws:sqs:eu-west-1:"),
        cause='is in the region "eu-west-1", and the configuration\'s is "us-east-1": arn:aws:sqs',
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a policy of the web tasks names a topic of another account, which is listed",
            combine(
                edit_json(
                    WEB_ROLE,
                    lambda role: role["Policies"][0]["PolicyDocument"]["Statement"].append(
                        {"Effect": "Allow", "Action": "sns:Publish", "Resource": FOREIGN_TOPIC}
                    ),
                ),
                replace(
                    CONFIG,
                    'region = "us-east-1"\n',
                    f'region = "us-east-1"\nforeign = ["{FOREIGN_TOPIC}"]\n',
                ),
            ),
        ),
    ),
    Mistake(
        "the logs go to another region",
        replace(WORKER_TASK, '"awslogs-region": "us-east-1"', '"awslogs-region": "us-west-2"'),
        cause='is in the region "us-west-2", and the configuration\'s is "us-east-1"',
        exit_code=USAGE,
    ),
    Mistake(
        "the target group is in another VPC",
        replace(TARGET_GROUP, "vpc-0a40c1e2f3b4a5000", "vpc-0b51d2f3a4c5b6001"),
        cause="TargetGroup.VpcId is vpc-0b51d2f3a4c5b6001",
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer has one subnet",
        edit_json(BALANCER, lambda file: file["LoadBalancer"]["Subnets"].pop()),
        cause="LoadBalancer.Subnets has one subnet",
        exit_code=USAGE,
    ),
    Mistake(
        "the target group's name has an underscore",
        replace(TARGET_GROUP, '"Name": "tickets-web"', '"Name": "tickets_web"'),
        cause='TargetGroup.Name is "tickets_web"',
        exit_code=USAGE,
    ),
    Mistake(
        "a health check lasts longer than its interval",
        replace(TARGET_GROUP, '"HealthCheckTimeoutSeconds": 2', '"HealthCheckTimeoutSeconds": 5'),
        cause="HealthCheckTimeoutSeconds is 5, and HealthCheckIntervalSeconds 5",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a health check may last as long as its interval allows",
            replace(
                TARGET_GROUP, '"HealthCheckTimeoutSeconds": 2', '"HealthCheckTimeoutSeconds": 4'
            ),
        ),
    ),
    Mistake(
        "the health check's path has no slash",
        replace(TARGET_GROUP, '"/healthz"', '"healthz"'),
        cause='TargetGroup.HealthCheckPath is "healthz"',
        exit_code=USAGE,
    ),
    Mistake(
        "the health check takes a server's error for healthy",
        replace(TARGET_GROUP, '"HttpCode": "200"', '"HttpCode": "200-599"'),
        cause='TargetGroup.Matcher.HttpCode is "200-599"',
        also_green=[edge.test_unhealthy_target_gets_no_traffic],
        exit_code=USAGE,
        twin=Twin(
            "the health check takes several statuses for healthy",
            replace(TARGET_GROUP, '"HttpCode": "200"', '"HttpCode": "200,204"'),
        ),
    ),
    Mistake(
        "the dead-letter queue has another name",
        replace(QUEUES, "876000000876:tickets-jobs-dead", "876000000876:tickets-dead"),
        cause="names the queue tickets-dead, which is not above it",
        exit_code=USAGE,
    ),
    Mistake(
        "the log goes to a log router that is not there",
        replace(WEB_TASK, '"logDriver": "awslogs"', '"logDriver": "awsfirelens"'),
        cause='logDriver is "awsfirelens", and no container is the log router',
        exit_code=USAGE,
    ),
    Mistake(
        "a deployment can neither start nor stop a task",
        replace(WEB_SERVICE, '"maximumPercent": 200', '"maximumPercent": 125'),
        cause="maximumPercent is 125, with minimumHealthyPercent 100 and 2 tasks",
        exit_code=USAGE,
    ),
    Mistake(
        "the worker has a grace period and no load balancer",
        edit_json(WORKER_SERVICE, lambda file: file.update(healthCheckGracePeriodSeconds=60)),
        cause="healthCheckGracePeriodSeconds is set, and the service has no load balancer",
        exit_code=USAGE,
    ),
    Mistake(
        "a standard queue has a FIFO queue's name",
        replace(QUEUES, '"QueueName": "tickets-jobs",', '"QueueName": "tickets-jobs.fifo",'),
        cause='QueueName is "tickets-jobs.fifo"',
        exit_code=USAGE,
    ),
    Mistake(
        "a queue hides its messages for longer than SQS allows",
        replace(QUEUES, '"VisibilityTimeout": "120"', '"VisibilityTimeout": "86400"'),
        cause='VisibilityTimeout is "86400"',
        exit_code=USAGE,
    ),
    Mistake(
        "the bucket's name has capital letters",
        replace(BUCKET, "876events-tickets-uploads", "876Events-Uploads"),
        cause='CreateBucket.Bucket is "876Events-Uploads"',
        exit_code=USAGE,
    ),
    Mistake(
        "no security group admits the load balancer to the tasks",
        edit_security_group("tickets-tasks", list.clear),
        cause="of tickets-tasks admits nobody of the load balancer, tickets-load-balancer",
        exit_code=USAGE,
    ),
    Mistake(
        "no security group admits the tasks to the proxy",
        edit_security_group("tickets-proxy", list.clear),
        cause="of tickets-proxy admits nobody of the tasks of web, worker, the schedule",
        exit_code=USAGE,
    ),
    Mistake(
        "no security group admits the tasks to the VPC endpoints",
        edit_security_group("tickets-endpoints", list.clear),
        cause="the tasks of web, worker, the schedule could not reach the VPC endpoints",
        exit_code=USAGE,
    ),
    Mistake(
        "the proxy's security group admits PostgreSQL's port",
        edit_security_group(
            "tickets-proxy",
            lambda rules: rules.__setitem__(slice(None), [permission(TASKS_GROUP_ID, 5432)]),
        ),
        cause="on port 3306: the tasks of web, worker, the schedule could not reach RDS Proxy",
        exit_code=USAGE,
    ),
    Mistake(
        "the tasks are let out to the internet only",
        edit_egress("tickets-tasks", [permission("203.0.113.0/24", 443)]),
        cause="of tickets-tasks lets nothing out to RDS Proxy, tickets-proxy",
        also_green=[
            database.test_app_does_not_pin_its_connections,
            network.test_undeclared_connections_are_dropped,
        ],
        exit_code=USAGE,
        twin=Twin(
            "the tasks are let out to the proxy, the endpoints and S3 only",
            edit_egress(
                "tickets-tasks",
                [
                    permission(PROXY_GROUP_ID, 3306),
                    permission(ENDPOINTS_GROUP_ID, 443),
                    permission("pl-63a5400a", 443),
                ],
            ),
        ),
    ),
    Mistake(
        "the tasks are let out to the proxy and the interface endpoints only",
        edit_egress(
            "tickets-tasks",
            [permission(PROXY_GROUP_ID, 3306), permission(ENDPOINTS_GROUP_ID, 443)],
        ),
        cause="of tickets-tasks lets nothing out to the gateway endpoint of S3 on port 443",
        exit_code=USAGE,
    ),
    Mistake(
        "the load balancer is let out to no task",
        edit_egress("tickets-load-balancer", [EVERYWHERE]),
        cause="of tickets-load-balancer lets nothing out to the tasks of web, tickets-tasks",
        exit_code=USAGE,
    ),
    Mistake(
        "the proxy is let out to no database",
        edit_egress("tickets-proxy", []),
        cause="of tickets-proxy lets nothing out to the database, tickets-database",
        exit_code=USAGE,
    ),
    Mistake(
        "the listener's security policy is none that ELB has",
        replace(BALANCER, "TLS13-1-2-2021-06", "TLS13-1-2-2021-07"),
        cause='SslPolicy is "ELBSecurityPolicy-TLS13-1-2-2021-07", which ELB does not have',
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "the listener's security policy is stricter",
            replace(BALANCER, "TLS13-1-2-2021-06", "TLS13-1-3-2021-06"),
        ),
    ),
    Mistake(
        "the web service is to scale by requests, and not said whose",
        replace(SCALING, "ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"),
        cause="has the metric ALBRequestCountPerTarget and no ResourceLabel",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "the web service scales by memory",
            replace(SCALING, "AverageCPUUtilization", "AverageMemoryUtilization"),
        ),
    ),
    Mistake(
        "a valueFrom has a version's stage in the place of its id",
        replace(WORKER_TASK, ":app_key::", ":app_key::AWSCURRENT"),
        cause='"AWSCURRENT" stands for a version id',
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a valueFrom has the stage that is taken anyway",
            replace(WORKER_TASK, ":app_key::", ":app_key:AWSCURRENT:"),
        ),
    ),
    Mistake(
        "a secret's value ends with the newline of echo",
        replace(CONFIG, 'username = "tickets"', 'username = "tickets\\n"'),
        cause="secrets.tickets/db.username begins or ends with white space or a newline",
        exit_code=USAGE,
    ),
    Mistake(
        "a secret's JSON object has a large number without quotes",
        combine(
            replace(CONFIG, 'username = "tickets"', 'username = "tickets"\nmerchant = 87600042'),
            _take_from_the_database_secret("MERCHANT", "merchant"),
        ),
        cause="secrets.tickets/db.merchant is a number of seven digits or more",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "a secret's JSON object has its port as a number, as RDS writes it",
            combine(
                replace(CONFIG, 'username = "tickets"', 'username = "tickets"\nport = 3306'),
                set_variable("DB_PORT", None, task="worker"),
                _take_from_the_database_secret("DB_PORT", "port"),
            ),
        ),
    ),
    Mistake(
        "the app's files are to come from a host that there is not",
        set_variable("ASSET_URL", "https://static.876events.example"),
        cause="leads visitors to static.876events.example for styles, scripts and images",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        exit_code=USAGE,
        twin=Twin(
            "the app's files come from CloudFront",
            set_variable("ASSET_URL", "https://d111111abcdef8.cloudfront.net"),
        ),
    ),
    Mistake(
        "mails are to be from a name with an address",
        set_everywhere("MAIL_FROM_ADDRESS", "876 Events <tickets@876events.example>"),
        cause="(MAIL_FROM_ADDRESS), which is no address of RFC 2822",
        exit_code=USAGE,
    ),
)
