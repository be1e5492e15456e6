"""Patterns for AWS's answers: to the app through its SDK, to the rule, and to the harness."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_USER = "AccessDenied (client): User: arn:aws:sts::1:assumed-role/tickets-{}-task/0123 is not"
_NO_POLICY = "because no identity-based policy allows it"
_OF_ROLE = r"assumed-role/(?P<role>[\w+=,.@-]+)/\S+ is not authorized to perform:"

LACKS_RIGHT = "the task role {role} lacks {action} on {arn}: {remedy}"
ALLOW_IT = "allow it, or correct the name, the folder or the region that the task has for it"
ALLOW_SENDER = "allow it, or send from another address (MAIL_FROM_ADDRESS, or from in the mail)"
UNMET = "a condition of its policy is not met ({statement}): correct it, or what the task sends"
SETS_ACL = (
    "the app sets an ACL, and the bucket has none: set no public visibility, and 'ACL' => '' in the"
    " disk's options (without it Laravel sends private, for which the role needs s3:PutObjectAcl)"
)
SENDS_ACL = (
    "the app sends an ACL with what it stores, for which the task role {role} lacks s3:PutObjectAcl"
    " on {arn}: allow it, or set 'ACL' => '' in the disk's options (without it Laravel sends"
    " private) and no public visibility"
)
DENIED = (
    "a policy denies {action} on {arn} to the task role {role} ({statement}): send what its"
    " condition asks for (for encryption of an object, ServerSideEncryption in the disk's options),"
    " or take the statement out"
)


def without_key(arn: str) -> str:
    """Return an ARN with ``*`` for the key of an object, which differs from call to call."""
    bucket, slash, _ = arn.partition("/")
    return f"{bucket}/*" if slash and ":s3:::" in bucket else arn


ROLES = (
    Pattern(
        Source.APP,
        match=r"assumed-role/(?P<role>[\w+=,.@-]*web[\w+=,.@-]*)/\S+ is not authorized to perform:"
        r" (?P<action>ses:\w+)",
        cause="the web task sends mail itself, and its role {role} lacks {action}: mail is the"
        " worker's, so queue it (dispatch, and QUEUE_CONNECTION sqs)",
        setting="QUEUE_CONNECTION",
        example=f"{_USER.format('web')} authorized to perform: ses:SendRawEmail on resource:"
        f" arn:aws:ses:us-east-1:1:identity/a {_NO_POLICY}",
    ),
    Pattern(
        Source.APP,
        match=r"Error retrieving credential|Unable to locate credentials|CredentialsException"
        r"|MissingAuthenticationToken|missing Authentication Token|Unable to load credentials",
        cause="the app finds no AWS credentials: the task has no task role, or clear_env hides its"
        " variable from PHP-FPM, or 169.254.170.2 answers too late",
        example=(
            "Aws\\Exception\\CredentialsException: Error retrieving credentials",
            "MissingAuthenticationToken (client): Request is missing Authentication Token",
        ),
    ),
    Pattern(
        Source.APP,
        match=rf"{_OF_ROLE} (?P<action>[\w:]+) on resource: (?P<arn>\S+) with an explicit deny in"
        r" an? \w+-based policy",
        cause=DENIED,
        example=f"{_USER.format('web')} authorized to perform: s3:PutObject on resource:"
        " arn:aws:s3:::a/b with an explicit deny in a resource-based policy",
    ),
    Pattern(
        Source.APP,
        match=rf"{_OF_ROLE} (?P<action>kms:\w+) on resource: (?P<arn>[^\s,;\"']+)",
        cause="the task role {role} lacks {action} on the key that bucket or queue is encrypted"
        " with ({arn}): without it neither can be used",
        example=f"{_USER.format('web')} authorized to perform: kms:Decrypt on resource:"
        f" arn:aws:kms:us-east-1:1:key/0 {_NO_POLICY}",
    ),
    Pattern(
        Source.APP,
        match=rf"{_OF_ROLE} s3:PutObjectAcl on resource: (?P<arn>[^\s,;\"']+)",
        cause=SENDS_ACL,
        example=f"{_USER.format('web')} authorized to perform: s3:PutObjectAcl on resource:"
        f" arn:aws:s3:::a/b {_NO_POLICY}",
    ),
    Pattern(
        Source.APP,
        match=rf"{_OF_ROLE} (?P<action>[\w:]+) on resource:"
        r" (?P<arn>(?!\S*unverified\.example)[^\s,;\"']+)",
        cause=LACKS_RIGHT,
        example=f"{_USER.format('web')} authorized to perform: s3:PutObject on resource:"
        f" arn:aws:s3:::a/b {_NO_POLICY}",
    ),
    Pattern(
        Source.APP,
        match=r"not authorized to perform:? `?(?P<action>[\w:]+)(?![^\n]*unverified\.example)",
        cause="the task role lacks {action}",
        example="User: arn:aws:sts::1:x is not authorized to perform: s3:PutObject on resource: y",
    ),
    Pattern(
        Source.APP,
        match=r"InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId",
        cause="the app signs with keys that AWS does not know: a static AWS_ACCESS_KEY_ID is set,"
        " and hides the task role",
        setting="AWS_ACCESS_KEY_ID",
        example="InvalidAccessKeyId (client): The AWS Access Key Id you provided does not exist",
    ),
)

SQS = (
    Pattern(
        Source.APP,
        match=r"Value (?P<delay>\d+) for parameter DelaySeconds is invalid",
        cause="the app delays a job by {delay} s, and SQS takes no more than 900 s",
        example="Value 3600 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >="
        " 0 and <= 900.",
    ),
    Pattern(
        Source.APP,
        match=r"https?://[^\s\"]+/\d{12}/(?P<queue>[\w.-]+)\W[^\n]*NonExistentQueue",
        cause="the queue {queue} does not exist: SQS_PREFIX, SQS_QUEUE, SQS_SUFFIX or queue:work's"
        " --queue is wrong",
        setting="SQS_PREFIX",
        example='Error executing "ReceiveMessage" on "https://sqs.eu-west-1.amazonaws.com/'
        '123456789012/high"; AWS.SimpleQueueService.NonExistentQueue (client)',
    ),
    Pattern(
        Source.APP,
        match=r"NonExistentQueue|specified queue does not exist",
        cause="the queue does not exist: SQS_PREFIX, SQS_QUEUE, SQS_SUFFIX or queue:work's"
        " --queue is wrong",
        setting="SQS_PREFIX",
        example="AWS.SimpleQueueService.NonExistentQueue (client): The specified queue does not"
        " exist.",
    ),
    Pattern(
        Source.APP,
        match=r"must contain the parameter MessageGroupId",
        cause="the queue is a FIFO queue, and a job of the app has no message group: give the job a"
        " messageGroup, or take a standard queue",
        example="MissingParameter (client): The request must contain the parameter MessageGroupId.",
    ),
    Pattern(
        Source.APP,
        match=r"Message must be shorter than (?P<most>\d+) bytes",
        cause="a job is larger than the queue takes: its MaximumMessageSize is {most} bytes; keep"
        " what is large in the bucket or a table, and give the job its key",
        example="SendMessage: InvalidParameterValue: One or more parameters are invalid. Reason:"
        " Message must be shorter than 1024 bytes.",
    ),
    Pattern(
        Source.APP,
        match=r"ReceiveMessage[^\n]*Operation timed out after (?P<ms>\d+) milliseconds",
        cause="the app's SQS client gives up after {ms} ms, before the queue's long poll ends:"
        " raise http.timeout in config/queue.php above ReceiveMessageWaitTimeSeconds",
        example='Error executing "ReceiveMessage" on "x"; AWS HTTP error: Operation timed out after'
        " 3002 milliseconds with 0 bytes received",
    ),
)

S3 = (
    Pattern(
        Source.APP,
        match=r"NoSuchBucket",
        cause="the bucket does not exist: AWS_BUCKET is wrong",
        setting="AWS_BUCKET",
        example="S3: NoSuchBucket: The specified bucket does not exist",
    ),
    Pattern(
        Source.APP,
        match=r"InvalidObjectState",
        cause="S3 keeps the object in an archive, and gives nothing back before it is restored: the"
        " disk's options (StorageClass) or a lifecycle rule of the bucket say GLACIER or"
        " DEEP_ARCHIVE",
        example="InvalidObjectState (client): The operation is not valid for the object's storage"
        " class",
    ),
    Pattern(
        Source.APP,
        match=r"AccessControlListNotSupported",
        cause=SETS_ACL,
        example="AccessControlListNotSupported (client): The bucket does not allow ACLs",
    ),
    Pattern(
        Source.APP,
        match=r"Argument #2 \(\$bucket\) must be of type string, null given",
        cause="AWS_BUCKET is not set in the task",
        setting="AWS_BUCKET",
        example="AwsS3V3Adapter::__construct(): Argument #2 ($bucket) must be of type string, null"
        " given",
    ),
    Pattern(
        Source.APP,
        match=r"Missing required client configuration options:[\s\\n]*region",
        cause="AWS_DEFAULT_REGION is not set in the task; Laravel does not read AWS_REGION",
        setting="AWS_DEFAULT_REGION",
        example='{"error":"Missing required client configuration options: \\n\\nregion: (string)"}',
    ),
    Pattern(
        Source.APP,
        match=r"PermanentRedirect|must be addressed using the specified endpoint",
        cause="the bucket is not in the region that the app signs for: AWS_DEFAULT_REGION of the"
        " task, the disk's region in config/filesystems.php, or LocationConstraint of the bucket",
        setting="AWS_DEFAULT_REGION",
        example="PermanentRedirect: The bucket you are attempting to access must be addressed using"
        " the specified endpoint.",
    ),
)

SES = (
    Pattern(
        Source.APP,
        match=r"Email \\*\"(?P<text>[^\"\n]*<[^\"\n]*>)\\*\" does not comply with addr-spec",
        cause="{text} is a name and an address, where an address belongs: MAIL_FROM_ADDRESS of"
        " {task} holds the address, and MAIL_FROM_NAME the name",
        setting="MAIL_FROM_ADDRESS",
        example='Email "The Shop <shop@example.org>" does not comply with addr-spec of RFC 2822.',
    ),
    Pattern(
        Source.APP,
        match=r"Message length is more than (?P<most>\d+) bytes long: '(?P<size>\d+)'",
        cause="a mail is larger than SES takes: {size} bytes with its attachments, and its API v1"
        " takes {most}: send a link, or with the transport ses-v2, which takes 40 MB",
        example="InvalidParameterValue (client): Message length is more than 10485760 bytes long:"
        " '12078147'.",
    ),
    Pattern(
        Source.APP,
        match=r"identities failed the check in region (?P<region>[\w-]+): (?P<sender>[^\s,\"\\]+)",
        cause="SES refuses the sender {sender} (MAIL_FROM_ADDRESS, or from and returnPath of the"
        " mail): it is not of an identity that is verified in the region {region}, where the app"
        " sends: services.ses.region and AWS_DEFAULT_REGION, or MAIL_HOST of SMTP",
        setting="MAIL_FROM_ADDRESS",
        example="MessageRejected (client): Email address is not verified. The following identities"
        " failed the check in region EU-WEST-1: shop@876events.example",
    ),
    Pattern(
        Source.APP,
        match=r"Email address is not verified|Did not have authority to send from email",
        cause="SES refuses the sender: MAIL_FROM_ADDRESS is not of a verified identity",
        setting="MAIL_FROM_ADDRESS",
        example="MessageRejected (client): Email address is not verified.",
    ),
    Pattern(
        Source.APP,
        match=r"Configuration set <(?P<name>[^>\n]+)> does not exist",
        cause="SES has no configuration set {name} in the region where the app sends:"
        " services.ses.options in config/services.php names it",
        example="ConfigurationSetDoesNotExist (client): Configuration set <sales> does not exist.",
    ),
)

RUN_TASK = (
    Pattern(
        Source.TICK,
        match=rf"{_OF_ROLE} iam:PassRole on resource: (?P<arn>\S+)",
        cause="the rule {rule} cannot run its task: its role {role} lacks iam:PassRole on {arn}, or"
        " a condition keeps it from that: iam:PassedToService is ecs-tasks.amazonaws.com",
        example="AccessDeniedException: User: arn:aws:sts::1:assumed-role/tickets-schedule-rule/0"
        " is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/a"
        f" {_NO_POLICY}",
    ),
    Pattern(
        Source.TICK,
        match=rf"{_OF_ROLE} (?P<action>[\w:]+) on resource: (?P<arn>\S+)",
        cause="the rule {rule} cannot run its task: its role {role} lacks {action} on {arn}",
        example="AccessDeniedException: User: arn:aws:sts::1:assumed-role/tickets-schedule-rule/0"
        f" is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:y {_NO_POLICY}",
    ),
    Pattern(
        Source.TICK,
        match=r"\w+: (?P<words>[^\n]*)",
        cause="the rule {rule} cannot run its task: {words}",
        example="ClientException: TaskDefinition not found.",
    ),
    Pattern(
        Source.AWS_CLIENT,
        match=r"calling the RunTask operation: TaskDefinition (?:not found|is inactive)",
        cause="the rule's target names a task definition, or a revision of it, that does not exist",
        example="An error occurred (ClientException) when calling the RunTask operation:"
        " TaskDefinition not found.",
    ),
    Pattern(
        Source.AWS_CLIENT,
        match=r"calling the RunTask operation: (?P<words>[^\n]*)",
        cause="the rule's target cannot start its task: {words}",
        example="An error occurred (InvalidParameterException) when calling the RunTask operation:"
        " Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
)
