"""Bucket, queues, rule and secrets, in the ways that teams set them."""

from __future__ import annotations

from tests.mistakes.edits import (
    BUCKET,
    BUCKET_NAME,
    CONFIG,
    EXECUTION_ROLE,
    QUEUES,
    SCHEDULE,
    WEB_ROLE,
    combine,
    edit_json,
    replace,
    set_bucket,
)
from tests.variants.edits import (
    add_statement,
    edit_containers,
    rename,
    set_variables,
    update,
)
from tests.variants.resources import TASK_ROLES, work_with
from tests.variants.variant import Variant

DENIED = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
EVERYTHING = [f"arn:aws:s3:::{BUCKET_NAME}", f"arn:aws:s3:::{BUCKET_NAME}/*"]
PARAMETER = "/shop/production/APP_KEY"
PARAMETER_ARN = f"arn:aws:ssm:us-east-1:876000000876:parameter{PARAMETER}"
ARCHIVE = "876events-tickets-archive"
HOST_ARN = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5:host::"

BUCKETS = [
    Variant(
        "the bucket takes uploads from one endpoint, by TLS 1.2, and half-done ones end",
        combine(
            set_bucket(
                "PutBucketPolicy",
                Policy={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            **DENIED,
                            # Not s3:GetObject: visitors read by signed links, from outside.
                            "Action": ["s3:PutObject", "s3:DeleteObject"],
                            "Resource": EVERYTHING,
                            "Condition": {
                                "StringNotEquals": {"aws:SourceVpce": "vpce-0a40c1e2f3b4a5201"},
                                "ArnNotLike": {
                                    "aws:PrincipalArn": "arn:aws:iam::876000000876:role/Admin*"
                                },
                            },
                        },
                        {
                            **DENIED,
                            "Resource": EVERYTHING,
                            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
                        },
                    ],
                },
            ),
            set_bucket(
                "PutBucketLifecycleConfiguration",
                LifecycleConfiguration={
                    "Rules": [
                        {
                            "ID": "livewire",
                            "Status": "Enabled",
                            "Filter": {"Prefix": "livewire-tmp/"},
                            "Expiration": {"Days": 1},
                        },
                        {
                            "ID": "cold",
                            "Status": "Enabled",
                            "Filter": {"ObjectSizeGreaterThan": 131072},
                            "Transitions": [{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}],
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        },
                    ]
                },
            ),
            set_bucket(
                "PutBucketNotificationConfiguration",
                NotificationConfiguration={"EventBridgeConfiguration": {}},
            ),
            set_bucket(
                "PutBucketCors",
                CORSConfiguration={
                    "CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"]}]
                },
            ),
            edit_json(BUCKET, lambda document: document.pop("PutBucketEncryption")),
        ),
    ),
    Variant(
        "a second bucket keeps a copy of each upload",
        combine(
            edit_json(
                BUCKET,
                lambda document: document.update(
                    CreateBucket=[{"Bucket": ARCHIVE}, document["CreateBucket"]],
                    PutBucketVersioning={
                        "Bucket": ARCHIVE,
                        "VersioningConfiguration": {"Status": "Enabled"},
                    },
                ),
            ),
            set_variables({"AWS_ARCHIVE_BUCKET": ARCHIVE}),
            add_statement(WEB_ROLE, Action="s3:PutObject", Resource=f"arn:aws:s3:::{ARCHIVE}/*"),
            replace(
                "app/config/filesystems.php",
                "    'disks' => [",
                "    'archive' => ['bucket' => env('AWS_ARCHIVE_BUCKET')],\n\n    'disks' => [",
            ),
            replace(
                "app/app/Actions/StoreEventDocument.php",
                "        return $document;",
                "        $disk = config('filesystems.archive') + config('filesystems.disks.s3');\n"
                "        Storage::build($disk)->put($path, $file->get());\n\n"
                "        return $document;",
            ),
        ),
    ),
]
FIFO_QUEUES = [
    Variant(
        "the queues are FIFO queues, and each order's jobs are a group",
        combine(
            rename((r"\btickets-jobs-dead\b", "tickets-jobs-dead.fifo")),
            rename((r"\btickets-jobs\b(?!-dead)", "tickets-jobs.fifo")),
            *(update(QUEUES, "CreateQueue", n, "Attributes", FifoQueue="true") for n in (0, 1)),
            replace(
                "app/app/Jobs/SendOrderConfirmation.php",
                "    /** A queue may deliver",
                "    public function messageGroup(): string\n"
                "    {\n"
                '        return "order-{$this->order->id}";\n'
                "    }\n\n"
                "    /** A queue may deliver",
            ),
        ),
    ),
]
QUEUE_POLICIES = [
    Variant(
        "the queues have policies and names for their redrive",
        combine(
            update(
                QUEUES,
                *("CreateQueue", 0, "Attributes"),
                RedriveAllowPolicy={
                    "redrivePermission": "byQueue",
                    "sourceQueueArns": ["arn:aws:sqs:us-east-1:876000000876:tickets-jobs"],
                },
            ),
            update(
                QUEUES,
                *("CreateQueue", 1, "Attributes"),
                Policy={
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sqs:*",
                        "Resource": "arn:aws:sqs:us-east-1:876000000876:tickets-jobs",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                },
                DelaySeconds="0",
                MaximumMessageSize="262144",
                VisibilityTimeout="900",
            ),
        ),
    ),
    Variant(
        "the worker takes from several queues, the hasty one first",
        combine(
            edit_json(
                QUEUES,
                lambda document: document["CreateQueue"].append(
                    {"QueueName": "tickets-high", "Attributes": {"VisibilityTimeout": "900"}}
                ),
            ),
            *(
                add_statement(
                    role,
                    Action="sqs:*",
                    Resource="arn:aws:sqs:us-east-1:876000000876:tickets-high",
                )
                for role in TASK_ROLES
            ),
            work_with(
                *("sqs", "--queue=tickets-high,tickets-jobs", "--tries=3", "--timeout=100"),
                *("--max-time=3600", "--memory=192"),
            ),
        ),
    ),
]
RULES = [
    Variant(
        "the rule is a cron expression of stars, and its target has tags, a size and variables",
        combine(
            update(SCHEDULE, "PutRule", ScheduleExpression="cron(* * * * ? *)", State=None),
            update(
                SCHEDULE,
                *("PutTargets", "Targets", 0),
                Id="a1b2c3d4-tickets",
                Input='{"containerOverrides": [{"name": "app", "command": ["php", "artisan",'
                ' "schedule:run"], "environment": [{"name": "SCHEDULED", "value": "1"}]}],'
                ' "cpu": "512", "memory": "1024"}',
                RetryPolicy={"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
            ),
            update(
                SCHEDULE,
                *("PutTargets", "Targets", 0, "EcsParameters"),
                EnableECSManagedTags=False,
                EnableExecuteCommand=False,
                Tags=[{"Key": "team", "Value": "shop"}],
                PlacementConstraints=[],
                PlacementStrategy=[],
                PlatformVersion="LATEST",
            ),
        ),
    ),
]
PARAMETERS = [
    Variant(
        "APP_KEY is a parameter of the Parameter Store",
        combine(
            edit_containers(
                lambda container: [
                    secret.update(valueFrom=PARAMETER_ARN)
                    for secret in container["secrets"]
                    if secret["name"] == "APP_KEY"
                ]
            ),
            replace(CONFIG, 'app_key = { generate = "laravel-key" }\n', ""),
            replace(
                CONFIG,
                "[probe]\n",
                f'[parameters]\n"{PARAMETER}" = {{ generate = "laravel-key" }}\n\n[probe]\n',
            ),
            add_statement(EXECUTION_ROLE, Action="ssm:GetParameters", Resource=PARAMETER_ARN),
        ),
    ),
]
ACCOUNTS = [
    Variant(
        "the database's secret has the proxy's address too, and tasks take it from there",
        combine(
            rename(
                (
                    r'(username = "tickets"\n)',
                    r'\1host = "tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com"\n',
                ),
                files=(CONFIG,),
            ),
            set_variables({"DB_HOST": None}),
            edit_containers(
                lambda container: container["secrets"].append(
                    {"name": "DB_HOST", "valueFrom": HOST_ARN}
                )
            ),
        ),
    ),
]
