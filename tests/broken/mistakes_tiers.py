"""The mistakes that signing in, cookies, deployments and the load balancer are about."""

from __future__ import annotations

from tests.broken.mistakes import Mistake, text, variable

LOGIN = "app/app/Http/Controllers/Auth/LoginController.php"
BOOTSTRAP = "app/bootstrap/app.php"
TRUST = "$middleware->trustProxies("
SURVIVES = "test_the_session_survives_the_replacement_of_every_web_task_and_no_request_fails"

TIERS = (
    Mistake(
        "the app logs into a file of its container",
        variable("LOG_CHANNEL", "single"),
        cause="LOG_CHANNEL",
        red=("test_what_the_app_logs_reaches_the_log_of_its_task",),
    ),
    Mistake(
        "statements are prepared at the server, which pins every connection",
        text(
            "app/config/database.php",
            "PDO::ATTR_EMULATE_PREPARES => true",
            "PDO::ATTR_EMULATE_PREPARES => false",
        ),
        cause="ATTR_EMULATE_PREPARES",
        red=("test_the_app_does_not_pin_its_connections",),
    ),
    Mistake(
        "forms need no token",
        text(BOOTSTRAP, TRUST, f"$middleware->validateCsrfTokens(except: ['*']);\n        {TRUST}"),
        cause="token",
        red=("test_a_form_passes_with_its_token_and_not_without",),
    ),
    Mistake(
        "signing out forgets nothing",
        text(
            LOGIN,
            "        Auth::logout();\n        $request->session()->invalidate();\n",
            "",
        ),
        cause="sign",
        red=("test_signing_out_ends_the_session_on_all_tasks",),
    ),
    Mistake(
        "nginx answers the health check itself",
        text(
            "app/docker/etc/nginx/nginx.conf",
            "location / {",
            "location = /healthz { return 200 ok; }\n        location / {",
        ),
        cause="health",
        red=("test_an_unhealthy_target_gets_no_traffic",),
    ),
    Mistake(
        "a deployment may stop every task before a new one runs",
        text(
            "app/ecs/service-web.json",
            '"minimumHealthyPercent": 100,\n    "maximumPercent": 200',
            '"minimumHealthyPercent": 0,\n    "maximumPercent": 100',
        ),
        cause="minimumHealthyPercent",
        red=(SURVIVES,),
    ),
    Mistake(
        "the load balancer's idle time-out is longer than a user waits",
        text("app/ecs/load-balancer.json", '"Value": "60"', '"Value": "4000"'),
        cause="4000",
        red=("test_a_target_slower_than_the_idle_time_out_gives_504",),
    ),
    Mistake(
        "the worker tries a job once",
        text("app/ecs/worker.json", '"--tries=3"', '"--tries=1"'),
        cause="tries",
        red=(
            "test_a_job_that_fails_twice_backs_off_and_succeeds",
            "test_a_job_whose_worker_is_killed_comes_back_and_runs_once_more",
        ),
    ),
)
