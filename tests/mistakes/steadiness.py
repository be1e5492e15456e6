"""Mistakes that let tasks end, or visitors wait, by and by."""

from __future__ import annotations

from scenarios import test_queue as queue
from scenarios import test_steadiness as steadiness
from tests.mistakes.edits import (
    ENTRYPOINT,
    FPM_POOL,
    NGINX,
    Edit,
    add_word,
    combine,
    replace,
    replace_word,
    run_in_build,
    set_field,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

SUPERVISOR = (
    "[supervisord]\\nnodaemon=true\\nlogfile=/dev/stdout\\nlogfile_maxbytes=0\\n"
    "pidfile=/tmp/supervisord.pid\\n[program:beside]\\ncommand={}\\n"
    "stdout_logfile=/dev/stdout\\nstdout_logfile_maxbytes=0\\nredirect_stderr=true\\n"
)


def run_supervisor(command: str) -> Edit:
    """Have the web task's entrypoint run a program beside nginx and PHP-FPM, by supervisord."""
    install = "apt-get update -qq && apt-get install -qq --yes --no-install-recommends supervisor"
    return combine(
        run_in_build(f"{install} && printf '{SUPERVISOR.format(command)}' > /etc/beside.conf"),
        replace(
            ENTRYPOINT,
            "# 4. PHP-FPM first",
            "supervisord --configuration /etc/beside.conf &\n# 4. PHP-FPM first",
        ),
    )


HTTP = "    server {\n        listen 8080"
ZONE = "    limit_req_zone {} zone=visitors:10m rate=1000r/s;\n"
LIMIT = replace(
    NGINX,
    "location = /index.php {\n",
    "location = /index.php {\n            limit_req zone=visitors burst=2000 nodelay;\n",
)

MISTAKES = (
    Mistake(
        "nginx closes its connections before the load balancer does",
        replace(NGINX, "keepalive_timeout 75s", "keepalive_timeout 5s"),
        breaks=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        cause="nginx's keepalive_timeout (5 s) is not longer",
        also_green=[steadiness.test_burst_of_visitors_is_answered],
        twin=Twin(
            "nginx keeps its connections a little longer than the load balancer",
            replace(NGINX, "keepalive_timeout 75s", "keepalive_timeout 65s"),
        ),
    ),
    Mistake(
        "nginx limits the requests of its client, which is the load balancer",
        combine(replace(NGINX, HTTP, f"{ZONE.format('$binary_remote_addr')}{HTTP}"), LIMIT),
        breaks=[steadiness.test_nginx_limits_count_visitors_and_not_the_balancer],
        cause="nginx's limit visitors counts by $remote_addr, which is the load balancer's",
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "nginx limits the requests of a visitor",
            combine(replace(NGINX, HTTP, f"{ZONE.format('$http_x_forwarded_for')}{HTTP}"), LIMIT),
        ),
    ),
    Mistake(
        "the worker ends when its queue is empty",
        add_word("--stop-when-empty"),
        breaks=[steadiness.test_no_task_of_a_service_ends_by_itself],
        cause="must not have --stop-when-empty",
        also_green=[queue.test_worker_flags_fit_the_queue],
    ),
    Mistake(
        "the worker ends after each job",
        add_word("--max-jobs=1"),
        breaks=[steadiness.test_no_task_of_a_service_ends_by_itself],
        cause="a small --max-jobs or --max-time",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the worker ends after many jobs",
            add_word("--max-jobs=1000"),
        ),
    ),
    Mistake(
        "nginx takes all visitors for one",
        combine(
            replace(
                NGINX,
                "    server {\n",
                "    limit_req_zone $binary_remote_addr zone=visitors:1m rate=2r/s;\n"
                "    server {\n",
            ),
            replace(
                NGINX, "location / {\n", "location / {\n limit_req zone=visitors burst=5 nodelay;\n"
            ),
        ),
        breaks=[steadiness.test_burst_of_visitors_is_answered],
        cause='nginx\'s limit "visitors" turns visitors away',
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "nginx's limit is far above a burst of visitors",
            combine(
                replace(
                    NGINX,
                    "    server {\n",
                    "    limit_req_zone $http_x_forwarded_for zone=burst:1m rate=1000r/s;\n"
                    "    server {\n",
                ),
                replace(
                    NGINX,
                    "location / {\n",
                    "location / {\n limit_req zone=burst burst=500 nodelay;\n",
                ),
            ),
        ),
    ),
    Mistake(
        "the worker is at its own memory limit after each job",
        replace_word("--memory=192", "--memory=8"),
        breaks=[steadiness.test_no_task_of_a_service_ends_by_itself],
        cause="the worker ends again and again at its --memory limit (exit code 12)",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "the worker's memory limit is 256 MB", replace_word("--memory=192", "--memory=256")
        ),
    ),
    Mistake(
        "supervisord cannot start the worker beside the web server",
        run_supervisor("php artisan queue:wrok"),
        breaks=[steadiness.test_supervised_programs_run_on],
        cause="supervisord cannot keep a program running, and its container runs on without it:"
        " beside (exit status 1)",
        also_green=[steadiness.test_no_task_of_a_service_ends_by_itself],
        twin=Twin(
            "supervisord runs the worker beside the web server", run_supervisor("sleep infinity")
        ),
    ),
    Mistake(
        "PHP-FPM has one worker",
        replace(FPM_POOL, "pm.max_children = 10", "pm.max_children = 1"),
        breaks=[steadiness.test_slow_requests_do_not_block_others],
        cause="PHP-FPM has too few workers (pm.max_children)",
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "PHP-FPM has eight workers",
            replace(FPM_POOL, "pm.max_children = 10", "pm.max_children = 8"),
        ),
    ),
    Mistake(
        "the worker has the web tasks' health check",
        set_field(
            "healthCheck",
            {"command": ["CMD-SHELL", "curl -f http://localhost:8080/healthz"], "interval": 5},
            task="worker",
        ),
        cause="the worker task was stopped for its container health check: nothing answers",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the worker's health check looks at its own process",
            set_field(
                "healthCheck",
                {"command": ["CMD-SHELL", "grep -q queue:work /proc/1/cmdline"], "interval": 5},
                task="worker",
            ),
        ),
    ),
)
