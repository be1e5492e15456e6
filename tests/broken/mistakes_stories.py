"""The mistakes that the stories of secrets, image, uploads and mail are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.broken.mistakes import Change, Mistake, container, no_secret, pattern, text, variable

DOCKERFILE = "app/Dockerfile"
ENTRYPOINT = "app/docker/usr/local/bin/entrypoint"
NGINX = "app/docker/etc/nginx/nginx.conf"
PHP = "app/docker/etc/php/8.4/fpm/conf.d/90-app.ini"
CONFIRMATION = "test_an_order_is_confirmed_to_its_buyer_with_both_parts_and_the_calendar_file"
REFUSED_FOR_NOW = "test_a_mail_that_ses_refuses_for_now_is_sent_later_and_the_order_stands"
LARGEST = "test_a_file_of_the_largest_size_passes_and_comes_back_the_same"
OTHER_TASK = "test_a_file_stored_through_one_task_is_the_same_through_the_other"
IN_BUCKET = "test_a_file_is_in_the_bucket_under_its_prefix_and_on_no_tasks_disk"
BY_ROLE = "test_a_temporary_url_is_signed_with_the_task_roles_credentials"
DRAINS = "test_the_image_runs_with_a_read_only_root_and_drains_when_it_is_told_to_stop"
IN_FLIGHT = "test_a_visitors_request_in_flight_when_its_task_is_stopped_is_answered"
SERVICE = "app/ecs/service-web.json"
BAD_SECRET = "test_a_release_with_a_bad_secret_never_starts_and_the_old_tasks_keep_serving"
DATABASE_SECRET = (
    "test_the_database_secret_is_strict_json_and_the_app_takes_nothing_but_the_account_from_it"
)


def all_of(*changes: Change) -> Change:
    """Make several changes, which are one mistake together."""

    def change(root: Path) -> None:
        for one in changes:
            one(root)

    return change


def in_image(command: str) -> Change:
    """Run a command, as root, at the end of the image's build."""
    return text(DOCKERFILE, "USER www-data", f"RUN {command}\nUSER www-data")


def key_of_its_own(found: dict[str, Any]) -> None:
    """Give a container an APP_KEY that is no secret's."""
    found["secrets"] = [one for one in found["secrets"] if one["name"] != "APP_KEY"]
    key = "base64:" + "B" * 43 + "="
    found["environment"].append({"name": "APP_KEY", "value": key})


STORIES = (
    Mistake(
        "a release stops the old tasks before its own are healthy",
        text(SERVICE, '"minimumHealthyPercent": 100', '"minimumHealthyPercent": 0'),
        cause="minimumHealthyPercent of the service is too low",
        red=(BAD_SECRET,),
    ),
    Mistake(
        "a release that cannot start is not rolled back",
        text(SERVICE, '"rollback": true', '"rollback": false'),
        cause="the deployment circuit breaker of the service",
        red=(BAD_SECRET,),
    ),
    Mistake(
        "the database's user name is a plain variable",
        all_of(no_secret("DB_USERNAME"), variable("DB_USERNAME", "tickets")),
        cause="takes more, or less, than username and password",
        red=(
            DATABASE_SECRET,
            "test_a_rotated_password_is_in_new_tasks_only_and_no_request_fails_in_the_right_order",
        ),
    ),
    Mistake(
        "the worker has an APP_KEY of its own",
        container("worker", key_of_its_own),
        cause="APP_KEY is not the secret's in every task",
        red=("test_app_key_is_the_secrets_in_the_tasks_of_every_service",),
        green=("test_app_key_is_the_same_in_every_web_task",),
    ),
    Mistake(
        "each task makes its own APP_KEY when it starts",
        text(
            ENTRYPOINT,
            "php artisan optimize",
            "export APP_KEY=$(php artisan key:generate --show)\nphp artisan optimize",
        ),
        cause="APP_KEY is not the secret's in every task",
        red=("test_app_key_is_the_same_in_every_web_task",),
    ),
    Mistake(
        "all of the app may be written to",
        in_image("chmod -R a+w /srv/app"),
        cause="app.writable does not declare",
        red=("test_the_apps_user_can_write_to_the_declared_paths_only",),
    ),
    Mistake(
        "development packages are in the image",
        in_image(
            """sed -i 's#"packages": \\[#"packages": [{"name": "laravel/sail"},#'"""
            " /srv/app/vendor/composer/installed.json"
        ),
        cause="composer install ran without --no-dev",
        red=("test_no_development_package_is_installed",),
    ),
    Mistake(
        "the image's configuration holds a password",
        text(DOCKERFILE, "USER www-data", "ENV REDIS_PASSWORD=hunter2-hunter2\nUSER www-data"),
        cause="a secret is in the image",
        red=("test_no_secret_is_in_the_images_history_layers_or_configuration",),
    ),
    Mistake(
        "PHP looks at the date of every file again",
        text(PHP, "opcache.validate_timestamps = 0", "opcache.validate_timestamps = 1"),
        cause="OPcache is not set for production",
        red=("test_opcache_is_on_and_never_looks_at_a_file_again",),
    ),
    Mistake(
        "the stop signal ends nginx at once, and nothing drains",
        all_of(
            text(ENTRYPOINT, 'kill -QUIT "$nginx"', 'kill -TERM "$nginx"'),
            text("app/ecs/target-group.json", '"Value": "5"', '"Value": "0"'),
        ),
        cause="the stop signal ends nginx or PHP-FPM at once",
        red=(DRAINS, IN_FLIGHT),
    ),
    Mistake(
        "the app writes to a path that is not declared writable",
        all_of(
            in_image("chmod a+w /srv/app/public"),
            text(ENTRYPOINT, "php artisan optimize", "date > public/started\nphp artisan optimize"),
        ),
        cause="writes to a path of its read-only root",
        red=(DRAINS,),
    ),
    Mistake(
        "uploads are kept on the task's disk",
        variable("FILESYSTEM_DISK", "local"),
        cause='FILESYSTEM_DISK is "local"',
        red=(
            OTHER_TASK,
            IN_BUCKET,
            BY_ROLE,
            "test_a_temporary_url_works_for_its_object_and_until_it_expires",
        ),
    ),
    Mistake(
        "the bucket's name is wrong",
        variable("AWS_BUCKET", "876events-uploads"),
        cause="lacks s3:PutObject on arn:aws:s3:::876events-uploads/",
        red=(OTHER_TASK, IN_BUCKET),
    ),
    Mistake(
        "the bucket's name is not set",
        variable("AWS_BUCKET", None),
        cause="AWS_BUCKET is not set in the task",
        red=(OTHER_TASK,),
    ),
    Mistake(
        "the region is not set",
        variable("AWS_DEFAULT_REGION", None),
        cause="AWS_DEFAULT_REGION is not set in the task",
        red=(OTHER_TASK, BY_ROLE),
    ),
    Mistake(
        "the region is wrong",
        variable("AWS_DEFAULT_REGION", "eu-west-1"),
        cause="the bucket is not in the region that the app signs for",
        red=(BY_ROLE,),
    ),
    Mistake(
        "a static key hides the task's role",
        all_of(
            variable("AWS_ACCESS_KEY_ID", "876000000876"),
            variable("AWS_SECRET_ACCESS_KEY", "test"),
        ),
        cause="a static AWS_ACCESS_KEY_ID is set in the task",
        red=(BY_ROLE, "test_no_secret_is_a_plain_variable_of_a_task_definition"),
        green=(OTHER_TASK,),
    ),
    Mistake(
        "nginx's limit of a request is its default",
        text(NGINX, "client_max_body_size 50m;", ""),
        cause="client_max_body_size",
        red=(LARGEST,),
        green=(OTHER_TASK,),
    ),
    Mistake(
        "PHP's limit of an upload is its default",
        pattern(PHP, r"^(post_max_size|upload_max_filesize) = .*\n", ""),
        cause="upload_max_filesize",
        red=(LARGEST,),
        green=(OTHER_TASK,),
    ),
    Mistake(
        "the app lets larger files in than it says",
        text("app/app/Enums/DocumentKind.php", "20 * 1024", "40 * 1024"),
        cause="does not check the size",
        red=("test_one_byte_over_the_limit_is_refused_with_a_message",),
        green=(LARGEST,),
    ),
    Mistake(
        "the app makes a file's name its own",
        text(
            "app/app/Actions/StoreEventDocument.php",
            "Str::limit($file->getClientOriginalName(), 250, '')",
            "Str::slug($file->getClientOriginalName())",
        ),
        cause="does not keep a file's own name",
        red=("test_the_files_own_name_survives_whatever_it_is",),
    ),
    Mistake(
        "a seating plan is shown to everyone",
        text(
            "app/app/Policies/EventPolicy.php", "$user === null => false", "$user === null => true"
        ),
        cause="its policy is not asked",
        red=("test_a_seating_plan_is_for_who_may_see_it_with_its_type_and_cacheable",),
    ),
    Mistake(
        "the app does not look at what storing a file said",
        all_of(
            pattern("app/config/filesystems.php", r"'throw' => true", "'throw' => false"),
            text(
                "app/app/Actions/StoreEventDocument.php",
                "$path === false ? throw new StorageUnavailable('Storing the file') : $path;",
                "(string) $path;",
            ),
        ),
        cause="the disk does not throw",
        red=("test_a_store_that_fails_gives_an_error_and_leaves_no_half_written_record",),
    ),
    Mistake(
        "the bucket may be made public",
        text("app/aws/bucket.json", '"BlockPublicPolicy": true', '"BlockPublicPolicy": false'),
        cause="the bucket is not private",
        red=("test_the_bucket_is_set_to_be_private",),
    ),
    Mistake(
        "the worker writes mails into its log",
        variable("MAIL_MAILER", "log", task="worker"),
        cause='MAIL_MAILER is "log" in the worker',
        red=(CONFIRMATION,),
    ),
    Mistake(
        "the web task sends its mails itself",
        variable("QUEUE_CONNECTION", "sync"),
        cause="the web task sends mail itself",
        red=("test_the_worker_sends_the_mail_and_not_the_web_task",),
    ),
    Mistake(
        "the worker does not know the public URL",
        variable("APP_URL", "http://localhost", task="worker"),
        cause="APP_URL is not the public URL in the worker",
        red=(CONFIRMATION,),
    ),
    Mistake(
        "mails are from an address that nobody verified",
        variable("MAIL_FROM_ADDRESS", "hello@example.com", task="worker"),
        cause="lacks ses:SendRawEmail on arn:aws:ses:us-east-1:876000000876:identity/hello@",
        red=(CONFIRMATION,),
    ),
    Mistake(
        "a mail that SES refuses is written into the log instead",
        all_of(
            variable("MAIL_MAILER", "failover", task="worker"),
            text(
                "app/config/mail.php",
                "'array' => [",
                "'failover' => ['transport' => 'failover', 'mailers' => ['ses', 'log']],\n"
                "        'array' => [",
            ),
        ),
        cause="the app swallows what SES says",
        red=(
            "test_a_mail_from_an_unverified_sender_is_refused_and_its_job_is_in_failed_jobs",
            REFUSED_FOR_NOW,
        ),
        green=(CONFIRMATION,),
    ),
    Mistake(
        "an order is confirmed by two jobs that do not know of each other",
        all_of(
            text(
                "app/app/Actions/QueueOrderConfirmation.php",
                "SendOrderConfirmation::dispatch($order);",
                "SendOrderConfirmation::dispatch($order);\n"
                "            SendOrderConfirmation::dispatch($order);",
            ),
            text(
                "app/app/Jobs/SendOrderConfirmation.php",
                "confirmation_sent_at !== null",
                "confirmation_sent_at === false",
            ),
        ),
        cause="an order is confirmed more than once",
        red=("test_each_order_is_confirmed_once",),
    ),
    Mistake(
        "a mail is tried once only",
        text("app/app/Jobs/SendOrderConfirmation.php", "$tries = 3", "$tries = 1"),
        cause="SES refuses the sender",
        red=(REFUSED_FOR_NOW,),
    ),
    Mistake(
        "mails lose what is not ASCII",
        text(
            "app/packages/cutover-probe/src/Mail/ProbeMail.php",
            "subject: $this->message['subject']",
            "subject: \\Illuminate\\Support\\Str::ascii($this->message['subject'])",
        ),
        cause="the subject came as",
        red=("test_a_subject_beyond_ascii_arrives_as_it_was_written",),
    ),
)
