"""Patterns for the words of ECS and of the load balancer."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

REFUSED_CHECK = (
    "the health check is refused (401 or 403): its path asks for a password or a sign-in, or the"
    " web server refuses the user agent of the load balancer, ELB-HealthChecker/2.0"
)
_NEVER = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
_ASM = (
    f"{_NEVER} retrieval failed: unable to retrieve secret from asm: service call has been retried"
    " 1 time(s):"
)
_SSM = (
    f"{_NEVER} retrieval failed: unable to retrieve secrets from ssm: service call has been retried"
    " 1 time(s):"
)
_ARN_PARTS = r"arn:aws[\w-]*:secretsmanager:[^\s']*?:secret:(?P<secret>[\w/+=.@*-]+?)(?:-\w{6})?"
_ARN = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5"
_ROLE = "User: arn:aws:sts::876000000876:assumed-role/tickets-execution/0123abcd"
_OF_ROLE = (
    r"assumed-role/(?P<role>[\w+=,.@-]+)/\S+ is not authorized to perform: (?P<action>[\w:]+)"
)

NEVER_STARTED = (
    Pattern(
        Source.STOPPED_REASON,
        match=r"did not contain json key (?P<key>[\w.-]+)",
        cause='{task} never started: secret key "{key}" is missing in {secret}',
        example=f"{_ASM} retrieved secret from Secrets Manager did not contain json key password",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"marked for deletion",
        cause="{task} never started: {reference} is scheduled for deletion",
        example=f"{_ASM} failed to fetch secret {_ARN} from secrets manager:"
        " InvalidRequestException: You can't perform this operation on the secret because it was"
        " marked for deletion.",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"(?:failed to fetch secret|retrieve the secret with ARN) '?"
        r"(?P<arn>arn:aws[\w-]*:[^\s']+)[^\n]*AccessDenied",
        cause="{task} never started: its execution role may not read {arn}: its policy lacks"
        " secretsmanager:GetSecretValue on it",
        example=f"{_ASM} failed to fetch secret {_ARN} from secrets manager:"
        f" AccessDeniedException: {_ROLE} is not authorized to perform:"
        f" secretsmanager:GetSecretValue on resource: {_ARN} because no policy allows it",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=rf"(?:ResourceInitializationError|CannotPull\w+): [^\n]*{_OF_ROLE} on resource:"
        r" (?P<arn>[^\s;]+)",
        cause="{task} never started: its execution role {role} lacks {action} on {arn}",
        example=f"CannotPullContainerError: denied: AccessDeniedException: {_ROLE} is not"
        " authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:1:repository/"
        "tickets because no identity-based policy allows it",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"invalid ssm parameters: (?P<parameter>[^\s,]+)",
        cause="{task} never started: the parameter {parameter} does not exist in Parameter Store,"
        " in the account and region of its valueFrom",
        example=f"{_SSM} invalid ssm parameters: /shop/app-key",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"secrets from ssm:[^\n]*The ciphertext refers to a customer master key",
        cause="{task} never started: its execution role may not decrypt a parameter: it lacks"
        " kms:Decrypt on the customer's key",
        example=f"{_SSM} AccessDeniedException: The ciphertext refers to a customer master key that"
        " does not exist, does not exist in this region, or you are not allowed to access.",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=rf"{_ARN_PARTS}[:\s']"
        r"[^\n]*?can't find the specified secret value for staging label: (?P<stage>[\w/+=.@-]+)",
        cause="{task} never started: the secret {secret} has no version with the label {stage},"
        " from which its task definition takes a key; AWSCURRENT is the one that is in use",
        example=f"{_ASM} failed to fetch secret {_ARN} from secrets manager:"
        " ResourceNotFoundException: Secrets Manager can't find the specified secret value for"
        " staging label: AWSPREVIOUS",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"(?:failed to fetch secret|retrieve the secret with ARN) '?"
        rf"{_ARN_PARTS}(?=[:\s'])",
        cause="{task} never started: the secret {secret} does not exist in this account and region",
        example=f"{_ASM} failed to fetch secret {_ARN} from secrets manager:"
        " ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"minimum field size of 32, GetSecretValueInput\.VersionId",
        cause="{task} never started: a valueFrom has the wrong number of colons; after a JSON key"
        " come two",
        example=f"{_ASM} InvalidParameter: 1 validation error(s) found. - minimum field size of 32,"
        " GetSecretValueInput.VersionId.",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"invalid ARN format for the AWS Secrets Manager secret",
        cause="{task} never started: a valueFrom is not a full ARN",
        example=f"{_NEVER} retrieval failed: invalid ARN format for the AWS Secrets Manager secret",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"unable to retrieve secret from asm[^\n]*?(?:invalid character|cannot unmarshal"
        r"|unmarshal|unexpected end of JSON|not a JSON object)",
        cause="{task} never started: {reference} is not a JSON object",
        example=f"{_ASM} invalid character 'h' looking for beginning of value",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"ECS was unable to assume the role '?(?P<role>arn:aws[\w-]*:iam::[^\s']+)",
        cause="{task} never started: the role {role} does not exist, or its trust policy does not"
        " let ecs-tasks.amazonaws.com assume it: its Principal, or a condition (aws:SourceArn takes"
        " arn:aws:ecs:<region>:<account>:*, and names no cluster)",
        example="ECS was unable to assume the role 'arn:aws:iam::876000000876:role/tickets-worker'"
        " that was provided for this task. Please verify that the role being passed has the proper"
        " trust relationship and permissions",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"does not contain descriptor matching platform '(?P<platform>[^']+)'",
        cause="{task} never started: its image is for another CPU architecture than {platform},"
        " which its task definition's runtimePlatform asks for; where production's is built for it"
        ' elsewhere, set overlay.cpu_architecture = "X86_64"',
        example="CannotPullContainerError: pull image manifest has been retried 1 time(s): image"
        " Manifest does not contain descriptor matching platform 'linux/arm64'",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"CannotPull(?:Container|Image)?(?:Manifest|Registry)?\w*Error",
        cause="{task} never started: its image cannot be pulled",
        example="CannotPullContainerError: tickets:latest: not found",
    ),
    Pattern(
        Source.STOPPED_REASON | Source.APP,
        match=r"exec format error",
        cause="{task} never started: its image is for another CPU architecture",
        example="exec /usr/local/bin/entrypoint: exec format error",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"Error response from daemon: [^\n]*"
        r"(?:Read timed out|Connection (?:refused|aborted))",
        cause="the Docker engine does not answer: it hangs or is restarting, and no task can start",
        example="CannotStartContainerError: Error response from daemon: UnixHTTPConnectionPool("
        "host='localhost', port=None): Read timed out. (read timeout=60)",
    ),
    Pattern(
        Source.STOPPED_REASON | Source.APP,
        match=r"exec: \"(?P<file>[^\"\n]+)\": executable file not found in \$PATH",
        cause="{task} never started: {file}, the command or entry point of its task definition or"
        " image, is not in the image, or is there and not executable (a checkout on Windows loses"
        " that: RUN chmod 755)",
        example='exec: "phpp": executable file not found in $PATH',
    ),
    Pattern(
        Source.STOPPED_REASON | Source.APP,
        match=r"exec:? \"?(?P<file>[^\"\n:]+)\"?: permission denied",
        cause="{task} never started: {file} of its image is not executable (a checkout on Windows"
        " loses that: RUN chmod 755), or a directory",
        example="CannotStartContainerError: Error response from daemon: OCI runtime create failed:"
        ' exec: "/entrypoint.sh": permission denied: unknown',
    ),
    Pattern(
        Source.STOPPED_REASON | Source.APP,
        match=r"exec: \"[^\"]+\": [^\n]*no such file"
        r"|exec (?!failed)[^\n:]+: no such file or directory",
        cause="{task} never started: the command or entry point of its task definition is not in"
        " the image, or the interpreter that a script's first line names is not (Windows line"
        " ends)",
        example="exec /usr/local/bin/entrypoint: no such file or directory",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"CannotStartContainerError: (?:Error response from daemon: )?(?P<words>[^\n;]*)",
        cause="{task} never started: {words}",
        example="CannotStartContainerError: Error response from daemon: no such device",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"failed to initialize logging driver",
        cause="{task} never started: its log group does not exist, or its execution role may not"
        " write to it",
        example="ResourceInitializationError: failed to validate logger args: failed to initialize"
        " logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The"
        " specified log group does not exist.",
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"OutOfMemoryError|OOM-?killed|OOMKilled\W+true",
        cause="{task} was killed for memory: it needs more than its task definition allows",
        example="OutOfMemoryError: container killed due to memory usage",
    ),
)

HEALTH = (
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Health checks failed with these codes: \[30\d\]",
        cause="the health check is redirected: the app or its nginx sends plain HTTP to https, or"
        " every other host to its own (the check's Host is the target's address), or its path is a"
        " page for who has signed in; it must be one that answers 200 to plain HTTP at any host",
        example="10.0.0.4 unhealthy Target.ResponseCodeMismatch (Health checks failed with these"
        " codes: [301])",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Health checks failed with these codes: \[(?P<code>40[13])\]",
        cause=REFUSED_CHECK,
        example="Health checks failed with these codes: [401]",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Health checks failed with these codes: \[400\]",
        cause="the health check is refused: its Host is the target's address, which TrustHosts does"
        " not know, or nginx listens for TLS there (ssl), and the load balancer speaks plain HTTP",
        example="Health checks failed with these codes: [400]",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Health checks failed with these codes: \[404\]",
        cause="the health check's path, which the target group names, is answered with 404: the app"
        " has no such route, or the web server does not pass it on to index.php (nginx's try_files,"
        " Apache's AllowOverride and mod_rewrite)",
        example="Health checks failed with these codes: [404]",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Health checks failed with these codes: \[(?P<code>5\d\d)\]",
        cause="the health check gets {code}: the app fails on its own health route",
        example="Health checks failed with these codes: [500]",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Health checks failed with these codes: \[(?P<code>\d+)\]",
        cause="the health check is answered with {code}, which the target group's Matcher does not"
        " take",
        example="Health checks failed with these codes: [200]",
        symptom=True,
    ),
    Pattern(
        Source.STOPPED_REASON,
        match=r"failed container health checks",
        cause="{task} was stopped for its container health check: the tool of its command is not in"
        " the image, nothing answers on its port, or the start takes longer than startPeriod and"
        " the retries allow",
        example="Task failed container health checks",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Target\.Timeout|Request timed out",
        cause="the health check times out: the app takes longer than the target group allows, or,"
        " where no task has been healthy, the tasks' security group does not admit the load"
        " balancer's, or HealthCheckPort is not the app's",
        example="(service tickets-web) (port 8080) is unhealthy in (target-group tickets-web) due"
        " to (reason Request timed out)",
        symptom=True,
    ),
    Pattern(
        Source.TARGET_HEALTH | Source.SERVICE_EVENT,
        match=r"Target\.FailedHealthChecks|due to \(reason Health checks failed\)",
        cause="nothing listens on the target's port when it is checked: the start takes longer than"
        " healthCheckGracePeriodSeconds and the checks allow; or container port, target group and"
        " nginx do not agree, or nginx does not answer whatever the Host is (the health check's is"
        " the target's address)",
        example="(port 8080) is unhealthy in (target-group a) due to (reason Health checks"
        " failed).",
        symptom=True,
    ),
    Pattern(
        Source.SERVICE_EVENT,
        match=r"unable to stop or start tasks during a deployment because of",
        cause="the service cannot deploy: minimumHealthyPercent and maximumPercent leave it no"
        " room",
        example="(service tickets-web) was unable to stop or start tasks during a deployment"
        " because of the service deployment configuration.",
        symptom=True,
    ),
    Pattern(
        Source.SERVICE_EVENT,
        match=r"circuit breaker: tasks failed to start",
        cause="the deployment failed: its tasks do not start, and the reason is in the stopped"
        " tasks",
        example="(service tickets-web) (deployment ecs-svc/1) deployment failed: ECS deployment"
        " circuit breaker: tasks failed to start.",
        symptom=True,
    ),
)
