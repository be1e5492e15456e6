"""Mistakes of uploads: the bucket, its rights, and the limits on the way to it."""

from __future__ import annotations

from scenarios import test_queue as queue
from scenarios import test_secrets as secrets
from scenarios import test_uploads as uploads
from scenarios.tickets import test_documents as tickets_documents
from tests.mistakes.edits import (
    BUCKET,
    CONFIG,
    DOCKERFILE,
    FPM_INI,
    KMS_KEY,
    NGINX,
    WEB_ROLE,
    Edit,
    add_file,
    append,
    combine,
    replace,
    replace_pattern,
    run_in_build,
    set_bucket,
    set_bucket_policy,
    set_everywhere,
    set_lifecycle,
    set_variable,
)
from tests.mistakes.mistake import Mistake, Twin

DISK = "app/config/filesystems.php"
REGION = 'region = "us-east-1"'
_ELSEWHERE = "eu-west-1"


DOCUMENTS = "app/app/Http/Controllers/EventDocumentController.php"
STORE = "app/app/Actions/StoreEventDocument.php"
MINUTES = "addMinutes(self::LINK_MINUTES)"

_BUFFER = "fastcgi_buffer_size 32k;"
_INTERCEPT = " fastcgi_intercept_errors on;"
SIGN_UPLOAD = (
    '\\Illuminate\\Support\\Facades\\Storage::temporaryUploadUrl("$event", now()->addHour())'
)
BY_BROWSER = append(
    "app/routes/web.php",
    f"Route::get('/posters/{{event}}/address', fn ($event) => response()->json({SIGN_UPLOAD}));",
)


def set_cors(*origins: str, methods: tuple[str, ...] = ("GET", "PUT")) -> Edit:
    """Let pages of these origins ask the bucket."""
    rule = {"AllowedOrigins": [*origins], "AllowedMethods": [*methods], "AllowedHeaders": ["*"]}
    return set_bucket("PutBucketCors", CORSConfiguration={"CORSRules": [rule]})


MISTAKES = (
    Mistake(
        "browsers upload to a bucket that has no CORS rules",
        BY_BROWSER,
        breaks=[uploads.test_browsers_may_upload_to_the_bucket],
        cause="its CORS rules do not let them: allow PUT and the headers Content-Type for the"
        " origin https://tickets.876events.example",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "browsers upload to a bucket whose CORS rules let them",
            combine(BY_BROWSER, set_cors("https://tickets.876events.example")),
        ),
    ),
    Mistake(
        "the bucket's CORS rules are for the old host",
        combine(BY_BROWSER, set_cors("https://876events.example")),
        breaks=[uploads.test_browsers_may_upload_to_the_bucket],
        cause="its CORS rules do not let them",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the bucket's CORS rules let browsers read only",
        combine(BY_BROWSER, set_cors("*", methods=("GET", "HEAD"))),
        breaks=[uploads.test_browsers_may_upload_to_the_bucket],
        cause="its CORS rules do not let them",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "uploads are kept on the task's disk",
        set_variable("FILESYSTEM_DISK", "local"),
        breaks=[
            uploads.test_stored_file_is_the_same_from_another_task,
            uploads.test_stored_file_is_in_the_bucket_and_on_no_disk,
            uploads.test_temporary_url_is_signed_by_the_task_role,
            uploads.test_temporary_url_works_for_its_object_until_it_expires,
        ],
        cause='FILESYSTEM_DISK is "local"',
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the bucket's name is wrong",
        set_variable("AWS_BUCKET", "876events-uploads"),
        breaks=[
            uploads.test_stored_file_is_the_same_from_another_task,
            uploads.test_stored_file_is_in_the_bucket_and_on_no_disk,
        ],
        cause="lacks s3:PutObject on arn:aws:s3:::876events-uploads/",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the bucket's name is not set",
        set_variable("AWS_BUCKET", None),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="AWS_BUCKET is not set in the task",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the region is not set",
        set_variable("AWS_DEFAULT_REGION", None),
        breaks=[
            uploads.test_stored_file_is_the_same_from_another_task,
            uploads.test_temporary_url_is_signed_by_the_task_role,
        ],
        cause="AWS_DEFAULT_REGION is not set in the task",
        also_green=[uploads.test_bucket_is_private],
        twin=Twin(
            "AWS_REGION, which Laravel does not read, is not set", set_variable("AWS_REGION", None)
        ),
    ),
    Mistake(
        "the region is wrong",
        set_variable("AWS_DEFAULT_REGION", "eu-west-1"),
        breaks=[uploads.test_temporary_url_is_signed_by_the_task_role],
        cause="the bucket is not in the region that the app signs for",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "a static key hides the task's role",
        combine(
            set_variable("AWS_ACCESS_KEY_ID", "876000000876"),
            set_variable("AWS_SECRET_ACCESS_KEY", "test"),
        ),
        breaks=[
            uploads.test_temporary_url_is_signed_by_the_task_role,
            secrets.test_no_secret_is_a_plain_variable,
        ],
        cause="a static AWS_ACCESS_KEY_ID is set in the task",
        follows=["AWS_ACCESS_KEY_ID is among the plain variables"],
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "nginx's limit of a request is its default",
        replace(NGINX, "client_max_body_size 50m;", ""),
        breaks=[
            tickets_documents.test_largest_file_comes_back_unchanged,
            uploads.test_nginx_lets_through_the_uploads_that_php_takes,
        ],
        cause="client_max_body_size",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "nginx's limit of a request is 30 MB",
            replace(NGINX, "client_max_body_size 50m;", "client_max_body_size 30m;"),
        ),
    ),
    Mistake(
        "PHP's limit of an upload is its default",
        replace_pattern(FPM_INI, r"^(post_max_size|upload_max_filesize) = .*\n", ""),
        breaks=[tickets_documents.test_largest_file_comes_back_unchanged],
        cause="upload_max_filesize",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "PHP's limit of a request is 30 MB",
            replace(FPM_INI, "post_max_size = 48M", "post_max_size = 30M"),
        ),
    ),
    Mistake(
        "the web root has the old host's .user.ini, with its limits of an upload",
        add_file("app/public/.user.ini", "upload_max_filesize = 2M\npost_max_size = 8M\n"),
        breaks=[tickets_documents.test_largest_file_comes_back_unchanged],
        cause=".user.ini of the old host",
        follows=["upload_max_filesize"],
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "the web root has a .user.ini with the limits of the app",
            add_file("app/public/.user.ini", "upload_max_filesize = 24M\npost_max_size = 48M\n"),
        ),
    ),
    Mistake(
        "the app lets larger files in than it says",
        replace("app/app/Enums/DocumentKind.php", "20 * 1024", "40 * 1024"),
        breaks=[tickets_documents.test_file_over_the_limit_is_rejected_with_a_message],
        cause="does not check the size",
        also_green=[tickets_documents.test_largest_file_comes_back_unchanged],
        twin=Twin(
            "the limit is written as one number",
            replace("app/app/Enums/DocumentKind.php", "20 * 1024", "20480"),
        ),
    ),
    Mistake(
        "the app makes a file's name its own",
        replace(
            "app/app/Actions/StoreEventDocument.php",
            "Str::limit($file->getClientOriginalName(), 250, '')",
            "Str::slug($file->getClientOriginalName())",
        ),
        breaks=[tickets_documents.test_uploaded_file_keeps_its_own_name],
        cause="does not keep a file's own name",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "a seating plan is shown to everyone",
        replace(
            "app/app/Policies/EventPolicy.php", "$user === null => false", "$user === null => true"
        ),
        breaks=[tickets_documents.test_seating_plan_is_private_typed_and_cacheable],
        cause="its policy is not asked",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the app does not look at what storing a file said",
        combine(
            replace_pattern("app/config/filesystems.php", r"'throw' => true", "'throw' => false"),
            replace(
                "app/app/Actions/StoreEventDocument.php",
                "$path === false ? throw new StorageUnavailable('Storing the file') : $path;",
                "(string) $path;",
            ),
        ),
        breaks=[tickets_documents.test_failing_store_gives_an_error_and_no_record],
        cause="the disk does not throw",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "the disk does not throw, and the app looks at what it returns",
            replace_pattern("app/config/filesystems.php", r"'throw' => true", "'throw' => false"),
        ),
    ),
    Mistake(
        "the bucket may be made public",
        replace(BUCKET, '"BlockPublicPolicy": true', '"BlockPublicPolicy": false'),
        breaks=[uploads.test_bucket_is_private],
        cause="the bucket is not private",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the web task's role may not remove uploads",
        replace(WEB_ROLE, '"s3:DeleteObject",', ""),
        breaks=[uploads.test_removed_file_is_gone_for_every_task],
        cause="the task role tickets-web-task lacks s3:DeleteObject on arn:aws:s3:::876events",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the web task's role may do all that begins with s3:DeleteObject",
            replace(WEB_ROLE, '"s3:DeleteObject",', '"s3:DeleteObject*",'),
        ),
    ),
    Mistake(
        "the web task's role names the bucket and not its objects",
        replace(WEB_ROLE, "876events-tickets-uploads/*", "876events-tickets-uploads"),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="the task role tickets-web-task lacks s3:PutObject on arn:aws:s3:::876events",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "uploads are made public by an ACL",
        replace(DISK, "'options' => ['ACL' => '']", "'options' => ['ACL' => 'public-read']"),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="the app sets an ACL, and the bucket has none",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the disk sends Laravel's own ACL, and keeps S3's refusal to itself",
        combine(
            replace(DISK, "'options' => ['ACL' => '']", "'options' => []"),
            replace(DISK, "'throw' => true", "'throw' => false"),
        ),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="the app sends an ACL with what it stores, for which the task role tickets-web-task"
        " lacks s3:PutObjectAcl on arn:aws:s3:::876events-tickets-uploads/*",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the bucket's policy asks for a header that the app does not send",
        set_bucket_policy(
            Effect="Deny",
            Action="s3:PutObject",
            Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}},
        ),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="a policy denies s3:PutObject on arn:aws:s3:::876events-tickets-uploads/* to the task"
        " role tickets-web-task (a statement without a Sid: Deny if Null s3:x-amz-server-side-"
        "encryption true)",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the bucket has a key that the web task's role may not use",
        set_bucket(
            "PutBucketEncryption",
            ServerSideEncryptionConfiguration={
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": KMS_KEY,
                        }
                    }
                ]
            },
        ),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause=f"lacks kms:GenerateDataKey on the key that bucket or queue is encrypted with"
        f" ({KMS_KEY}",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the bucket is in another region",
        combine(
            set_bucket(
                "CreateBucket", CreateBucketConfiguration={"LocationConstraint": _ELSEWHERE}
            ),
            replace(CONFIG, REGION, f'{REGION}\nforeign = ["{_ELSEWHERE}"]'),
        ),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="the bucket is not in the region that the app signs for",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "a lifecycle rule deletes uploads",
        set_lifecycle("temporary", Expiration={"Days": 1}),
        breaks=[tickets_documents.test_bucket_lifecycle_keeps_uploads],
        cause="the bucket's lifecycle takes uploads away while their events are on sale",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "a lifecycle rule deletes what is not an upload",
            set_lifecycle("exports", prefix="exports/", Expiration={"Days": 1}),
        ),
    ),
    Mistake(
        "a lifecycle rule moves uploads to an archive",
        set_lifecycle("archive", Transitions=[{"Days": 30, "StorageClass": "GLACIER"}]),
        breaks=[tickets_documents.test_bucket_lifecycle_keeps_uploads],
        cause="moves it to GLACIER, out of the app's reach, after 30 day(s)",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the app forgets to remove the object",
        replace(
            "app/app/Actions/DeleteEventDocument.php",
            "$document->storage()->delete(",
            "$document->storage()->exists(",
        ),
        breaks=[tickets_documents.test_seating_plan_is_private_typed_and_cacheable],
        cause="leaves the object in the bucket",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the app goes by a file's name only",
        replace(
            "app/app/Http/Requests/StoreDocumentRequest.php",
            "File::types($this->kind()->extensions())->extensions",
            "File::default()->extensions",
        ),
        breaks=[tickets_documents.test_html_page_is_rejected_as_a_seating_plan],
        cause="the app trusts a file's name and not its content",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the image lacks a PHP extension",
        replace(DOCKERFILE, " php8.4-intl", ""),
        breaks=[tickets_documents.test_uploaded_file_keeps_its_own_name],
        cause="the image lacks the PHP extension intl",
        also_green=[uploads.test_bucket_is_private],
    ),
    Mistake(
        "the connection takes no 4-byte characters",
        combine(
            set_everywhere("DB_CHARSET", "utf8mb3"),
            set_everywhere("DB_COLLATION", "utf8mb3_general_ci"),
        ),
        breaks=[tickets_documents.test_uploaded_file_keeps_its_own_name],
        cause="DB_CHARSET must be utf8mb4",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "the connection has another collation of utf8mb4",
            set_everywhere("DB_COLLATION", "utf8mb4_0900_ai_ci"),
        ),
    ),
    Mistake(
        "nginx may not write what a visitor sends",
        combine(
            run_in_build("mkdir -p /var/lib/nginx/body && chmod -R 755 /var/lib/nginx"),
            replace(NGINX, "temp_path /tmp/nginx-body;", "temp_path /var/lib/nginx/body;"),
        ),
        breaks=[tickets_documents.test_largest_file_comes_back_unchanged],
        cause="nginx has no right to /var/lib/nginx/body/",
        also_green=[uploads.test_bucket_is_private],
        twin=Twin(
            "nginx writes what a visitor sends into another directory of /tmp",
            replace(NGINX, "temp_path /tmp/nginx-body;", "temp_path /tmp/body;"),
        ),
    ),
    Mistake(
        "PHP takes no uploads",
        append(FPM_INI, "file_uploads = Off"),
        breaks=[tickets_documents.test_largest_file_comes_back_unchanged],
        cause="PHP takes no uploads: file_uploads is off",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin("PHP takes five uploads in a request", append(FPM_INI, "max_file_uploads = 5")),
    ),
    Mistake(
        "nginx puts pages that are not there in the place of the app's refusals",
        replace(NGINX, _BUFFER, f"{_BUFFER}{_INTERCEPT} error_page 404 419 422 /error.html;"),
        breaks=[tickets_documents.test_html_page_is_rejected_as_a_seating_plan],
        cause="nginx puts a 404 page of its own in the place of the app's answer",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "nginx puts a page in the place of the app's failures alone",
            replace(NGINX, _BUFFER, f"{_BUFFER}{_INTERCEPT} error_page 502 504 /50x.html;"),
        ),
    ),
    Mistake(
        "PHP takes no upload in a request",
        append(FPM_INI, "max_file_uploads = 0"),
        breaks=[tickets_documents.test_largest_file_comes_back_unchanged],
        cause="PHP takes no uploads: file_uploads is off, or max_file_uploads 0",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the web task's role may not read uploads",
        replace(WEB_ROLE, '"s3:GetObject",', ""),
        breaks=[uploads.test_stored_file_is_the_same_from_another_task],
        cause="the task role tickets-web-task lacks s3:GetObject on arn:aws:s3:::876events-tickets",
        also_green=[uploads.test_bucket_is_private],
        twin=Twin(
            "the web task's role names its actions on uploads with a wildcard",
            replace(WEB_ROLE, '"s3:GetObject",', '"s3:Get*",'),
        ),
    ),
    Mistake(
        "a link to a stored file is signed for a month",
        replace(DOCUMENTS, MINUTES, "addDays(30)"),
        breaks=[uploads.test_signed_links_end_before_their_credentials],
        cause="signs for 720 hours ends with the task role's credentials",
        also_green=[uploads.test_temporary_url_works_for_its_object_until_it_expires],
        twin=Twin(
            "a link to a stored file is signed for two hours",
            replace(DOCUMENTS, MINUTES, "addHours(2)"),
        ),
    ),
    Mistake(
        "signed links get another host than they are signed for",
        replace(
            DISK,
            "'visibility' => 'private',",
            "'temporary_url' => 'https://cdn.876events.example', 'visibility' => 'private',",
        ),
        breaks=[uploads.test_temporary_url_works_for_its_object_until_it_expires],
        cause="S3's signature is for the bucket's own host: take temporary_url out",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
    Mistake(
        "the app opens a file of the bucket by its path",
        replace(
            STORE,
            "hash_file('sha256', $file->getRealPath())",
            "hash_file('sha256', Storage::disk($disk)->path($path))",
        ),
        breaks=[tickets_documents.test_uploaded_file_keeps_its_own_name],
        cause="with hash_file() as a file of the task, and it is the key of a file on a disk",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "the app opens the uploaded file by its path",
            replace(STORE, "$file->getRealPath())", "$file->path())"),
        ),
    ),
    Mistake(
        "the bucket's policy lets in the VPC alone",
        set_bucket_policy(
            Sid="OnlyInside",
            Effect="Deny",
            Action="s3:GetObject",
            Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-0a40c1e2f3b4a5401"}},
        ),
        breaks=[uploads.test_temporary_url_works_for_its_object_until_it_expires],
        cause="the bucket's policy denies signed links to their visitors",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
    ),
)
