"""Mistakes with which the stack does not start."""

from __future__ import annotations

from typing import Any

from scenarios import test_definitions as definitions
from scenarios import test_edge as edge
from scenarios import test_php as php
from scenarios import test_queue as queue
from scenarios import test_secrets as secrets
from tests.mistakes.edits import (
    CLI_INI,
    CONFIG,
    CONSOLE,
    DOCKERFILE,
    ENTRYPOINT,
    EXECUTION_ROLE,
    NGINX,
    TARGET_GROUP,
    WEB_ROLE,
    WEB_SERVICE,
    WEB_TASK,
    WORKER_TASK,
    append,
    combine,
    edit_container,
    edit_definition,
    replace,
    replace_pattern,
    run_in_build,
    set_everywhere,
    set_field,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake, Twin

SAME_ROW = """
Illuminate\\Support\\Facades\\Artisan::command('shop:admin', function (): void {
    $database = app('db');
    $database->statement('create table if not exists admins (email varchar(99) primary key)');
    $database->table('admins')->insert(['email' => 'admin@876events.example']);
});
"""


def move_command_into_entry_point(container: dict[str, Any]) -> None:
    container["entryPoint"] = ["entrypoint", *container.pop("command")]


MISTAKES = (
    Mistake(
        "a secret lacks the key that the task asks for",
        replace(CONFIG, 'password = { generate = "password" }\n', ""),
        cause='secret key "password" is missing in tickets/db',
        also_green=[secrets.test_database_secret_holds_only_the_account],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the secret has a key that no task asks for",
            replace(
                CONFIG,
                'password = { generate = "password" }\n',
                'password = { generate = "password" }\nengine = "mysql"\n',
            ),
        ),
    ),
    Mistake(
        "a secret is plain text, not JSON",
        replace_pattern(
            CONFIG,
            r'\[secrets\."tickets/db"\]\nusername = .*\npassword = .*\n',
            '[secrets]\n"tickets/db" = "tickets:not-json"\n',
        ),
        cause="the secret tickets/db, from which it takes the key",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app connects to the proxy without TLS",
        set_variable("MYSQL_ATTR_SSL_CA", None),
        cause="the app speaks to the database in plain text",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app connects to Aurora, past the proxy",
        set_variable("DB_HOST", "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com"),
        cause="is a name that the task cannot resolve: it is DB_HOST, or in DB_URL",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the CA file that the app names is not in the image",
        set_variable("MYSQL_ATTR_SSL_CA", "/etc/ssl/certs/rds-global-bundle.pem"),
        cause="the CA file that MYSQL_ATTR_SSL_CA names is not in the image",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the health check asks for a route that is not there",
        replace(TARGET_GROUP, '"/healthz"', '"/health"'),
        cause="the health check's path, which the target group names, is answered with 404",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the health check's path has a query",
            replace(TARGET_GROUP, '"/healthz"', '"/healthz?from=balancer"'),
        ),
    ),
    Mistake(
        "the container's health check uses a tool that the image lacks",
        set_field(
            "healthCheck",
            {"command": ["CMD-SHELL", "wget -q localhost:8080/healthz"], "interval": 5},
        ),
        cause="was stopped for its container health check",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the container's health check uses PHP, which the image has",
            set_field(
                "healthCheck",
                {
                    "command": [
                        "CMD-SHELL",
                        "php -r 'exit((int) !@file_get_contents(\"http://localhost:8080/healthz\"));'",
                    ],
                    "interval": 5,
                },
            ),
        ),
    ),
    Mistake(
        "the configuration is cached when the image is built, before storage is there",
        replace_pattern(
            DOCKERFILE, r"^USER www-data", r"RUN php artisan config:cache\nUSER www-data"
        ),
        cause="php artisan config:cache ran when the image was built",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the task definition lets PHP-FPM start as root",
        set_field("user", "root"),
        cause="the container runs as root",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the execution role may not read a secret",
        replace(EXECUTION_ROLE, "secret:tickets/app-??????", "secret:tickets/other-??????"),
        cause="its execution role may not read arn:aws:secretsmanager:us-east-1:876000000876:"
        "secret:tickets/app-",
        also_green=[secrets.test_database_secret_holds_only_the_account],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the execution role may read all secrets of the app",
            replace(EXECUTION_ROLE, "secret:tickets/app-??????", "secret:tickets/*"),
        ),
    ),
    Mistake(
        "the execution role may not write logs",
        replace(EXECUTION_ROLE, '"logs:CreateLogStream",', ""),
        cause="its execution role tickets-execution lacks logs:CreateLogStream",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the log group is to be created by a role that may not",
        replace(
            WEB_TASK,
            '"awslogs-group"',
            '"awslogs-create-group": "true", "awslogs-group"',
        ),
        cause="its execution role tickets-execution lacks logs:CreateLogGroup",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the log group is to be created by a role that may",
            combine(
                replace(
                    WEB_TASK,
                    '"awslogs-group"',
                    '"awslogs-create-group": "true", "awslogs-group"',
                ),
                replace(
                    EXECUTION_ROLE,
                    '"logs:CreateLogStream",',
                    '"logs:CreateLogGroup", "logs:CreateLogStream",',
                ),
            ),
        ),
    ),
    Mistake(
        "the execution role may not pull the image",
        replace(EXECUTION_ROLE, "repository/tickets", "repository/shop"),
        cause="its execution role tickets-execution lacks ecr:BatchGetImage",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the execution role may pull every image",
            replace(EXECUTION_ROLE, "repository/tickets", "repository/*"),
        ),
    ),
    Mistake(
        "the task role trusts another service than ECS",
        replace(WEB_ROLE, "ecs-tasks.amazonaws.com", "ec2.amazonaws.com"),
        cause="role/tickets-web-task does not exist, or its trust policy",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the task role that the definition names does not exist",
        replace(WORKER_TASK, "role/tickets-worker-task", "role/tickets-worker"),
        cause='taskRoleArn is the role "tickets-worker", and none of the 5 files of roles has it',
        exit_code=USAGE,
    ),
    Mistake(
        "ECS Exec is not enabled for the web service",
        replace(
            WEB_SERVICE,
            '"enableExecuteCommand": true',
            '"enableExecuteCommand": false',
        ),
        cause="ECS Exec does not work for the web task: its service does not enable it",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the web task's role lacks what ECS Exec needs",
        replace(WEB_ROLE, '"ssmmessages:OpenDataChannel"', '"ssm:OpenDataChannel"'),
        cause="ECS Exec does not work for the web task: its role lacks the ssmmessages actions",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the web task's role names an action of ECS Exec with a wildcard",
            replace(WEB_ROLE, '"ssmmessages:OpenDataChannel"', '"ssmmessages:Open*"'),
        ),
    ),
    Mistake(
        "the image has no directory for CA certificates",
        run_in_build("rm -r /etc/ssl/certs"),
        cause="the CA file that MYSQL_ATTR_SSL_CA names is not in the image",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the task definition is for another CPU architecture than the image",
        edit_definition(
            "web", lambda definition: definition["runtimePlatform"].update(cpuArchitecture="ARM64")
        ),
        cause="its image is for another CPU architecture",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "nginx listens on another port than the target group asks",
        replace(NGINX, "listen 8080", "listen 8081"),
        cause="nothing listens on the target's port",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "nginx listens on another port besides",
            replace(
                NGINX,
                "listen 8080 default_server;",
                "listen 8080 default_server;\n        listen 8081;",
            ),
        ),
    ),
    Mistake(
        "the worker's task is too small for PHP",
        set_field("memory", 32, task="worker"),
        cause="was killed for memory",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the worker's container has less memory than its task",
            set_field("memory", 256, task="worker"),
        ),
    ),
    Mistake(
        "the web task's working directory is not the app's",
        set_field("workingDirectory", "/var/www/html"),
        cause="php artisan is run where no artisan is",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the web task's working directory is written out",
            set_field("workingDirectory", "/srv/app"),
        ),
    ),
    Mistake(
        "the worker's entry point takes one word of its command",
        set_field("entryPoint", ["sh", "-c"], task="worker"),
        cause="the worker task does not run its command, artisan queue:work sqs",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the worker's entry point is the image's, written out",
            set_field("entryPoint", ["entrypoint"], task="worker"),
        ),
    ),
    Mistake(
        "every page asks for a password",
        replace(
            NGINX,
            "    server_tokens off;",
            '    server_tokens off;\n    auth_basic "soon";\n    auth_basic_user_file /dev/null;',
        ),
        cause="the health check is refused (401 or 403)",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "nginx logs to a directory that is not there",
        replace(NGINX, "access_log /dev/stdout", "access_log /var/log/nginx/access.log"),
        cause="nginx does not start: open()",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "nginx logs to the container's other output",
            replace(NGINX, "access_log /dev/stdout", "access_log /dev/stderr"),
        ),
    ),
    Mistake(
        "PHP's settings take the functions of signals away",
        append(CLI_INI, "disable_functions = pcntl_async_signals,pcntl_signal,pcntl_alarm"),
        cause="PHP has no function pcntl_async_signals",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "PHP's settings take another function away", append(CLI_INI, "disable_functions = dl")
        ),
    ),
    Mistake(
        "each task adds the same row when it starts",
        combine(
            append(CONSOLE, SAME_ROW),
            replace(ENTRYPOINT, "# 4. PHP-FPM", "php artisan shop:admin || exit 1\n# 4. PHP-FPM"),
        ),
        cause="Duplicate entry",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app starts more slowly than its checks allow",
        replace(ENTRYPOINT, "# 4. PHP-FPM", "sleep 75\n# 4. PHP-FPM"),
        cause="the start takes longer than",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the app starts slowly, and its checks allow it",
            replace(ENTRYPOINT, "# 4. PHP-FPM", "sleep 3\n# 4. PHP-FPM"),
        ),
    ),
    Mistake(
        "two routes have one name",
        append(
            "app/routes/web.php",
            "Route::get('/in', [LoginController::class, 'create'])->name('login');",
        ),
        cause="php artisan route:cache fails: two routes have the name login",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the database's name is that of the old host",
        set_everywhere("DB_DATABASE", "tickets_production"),
        cause='the account has no rights on the database "tickets_production": DB_DATABASE',
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the worker's task definition has lost its command",
        edit_container("worker", lambda container: container.pop("command")),
        cause="the task definition tickets-worker has no command: its container runs the image's",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the worker's command stands in its entry point",
            edit_container("worker", move_command_into_entry_point),
        ),
    ),
    Mistake(
        "nginx drops who asks for the public host",
        replace(
            NGINX,
            "listen 8080 default_server;",
            "listen 8080 default_server;\n"
            "        if ($host = tickets.876events.example) { return 444; }",
        ),
        cause="tickets-web answers no visitor; likely, not sure: the task closed the connection",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "nginx drops who asks for a host that the app has no more",
            replace(
                NGINX,
                "listen 8080 default_server;",
                "listen 8080 default_server;\n"
                "        if ($host = old.876events.example) { return 444; }",
            ),
        ),
    ),
)
