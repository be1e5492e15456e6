"""Mail, in the other way that SES takes it."""

from __future__ import annotations

from tests.mistakes.edits import (
    CONFIG,
    EXECUTION_ROLE,
    combine,
    edit_security_group,
    permission,
    replace,
)
from tests.variants.edits import add_statement, edit_containers, set_variables
from tests.variants.variant import Variant

SMTP_ARN = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/smtp-Ab3dE5"
TASKS_GROUP = "sg-0a40c1e2f3b4a5102"
_MAILER = """
        'smtp' => [
            'transport' => 'smtp',
            'scheme' => env('MAIL_SCHEME'),
            'host' => env('MAIL_HOST'),
            'port' => env('MAIL_PORT', 587),
            'username' => env('MAIL_USERNAME'),
            'password' => env('MAIL_PASSWORD'),
        ],
"""
_SECRETS = [
    {"name": f"MAIL_{key.upper()}", "valueFrom": f"{SMTP_ARN}:{key}::"}
    for key in ("username", "password")
]


def send_by_smtp(port: int, *, region: str = "us-east-1") -> Variant:
    """Send mail by SES's SMTP interface instead of its API."""
    return Variant(
        f"mail goes to SES by SMTP, port {port}",
        combine(
            set_variables(
                {
                    "MAIL_MAILER": "smtp",
                    "MAIL_HOST": f"email-smtp.{region}.amazonaws.com",
                    "MAIL_PORT": str(port),
                    "MAIL_SCHEME": "smtps" if str(port).endswith("465") else "smtp",
                }
            ),
            edit_containers(lambda container: container["secrets"].extend(_SECRETS)),
            replace("app/config/mail.php", "'mailers' => [\n", f"'mailers' => [\n{_MAILER}"),
            replace(
                CONFIG,
                "[probe]\n",
                '[secrets."tickets/smtp"]\nusername = { generate = "hex" }\n'
                'password = { generate = "password" }\n\n[probe]\n',
            ),
            add_statement(
                EXECUTION_ROLE, Action="secretsmanager:GetSecretValue", Resource=SMTP_ARN
            ),
            edit_security_group(
                "tickets-endpoints", lambda rules: rules.append(permission(TASKS_GROUP, port))
            ),
        ),
    )


BY_SMTP = [send_by_smtp(587)]
BY_SMTP_OVER_TLS = [send_by_smtp(465)]
