"""Patterns for mail by SMTP: Symfony's transport, and the answers of SES's endpoint.

Source: https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
"""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_UNREACHED = 'Connection could not be established with host "'
_HOST = r"(?P<host>email-smtp[\w.-]+)"

CLIENT = (
    Pattern(
        Source.APP,
        match=_UNREACHED + r"ssl://" + _HOST + r":(?P<port>2?587)\"",
        cause="{host} begins without TLS on port {port}: MAIL_SCHEME smtps (MAIL_ENCRYPTION ssl)"
        " belongs to port 465",
        setting="MAIL_SCHEME",
        example=f'{_UNREACHED}ssl://email-smtp.us-east-1.amazonaws.com:587":'
        " stream_socket_client(): SSL operation failed with code 1. OpenSSL Error messages:"
        " error:0A00010B:SSL routines::wrong version number",
    ),
    Pattern(
        Source.APP,
        match=r"(?:STARTTLS|ssl://email-smtp).{0,200}certificate verify failed",
        cause="{task} does not know the certificate of SES's SMTP endpoint; here it is one of the"
        " harness: name the bundle that PHP reads in [overlay.files], as"
        ' "/etc/ssl/certs/ca-certificates.crt" = "ca"',
        example="Unable to connect with STARTTLS: stream_socket_enable_crypto(): SSL operation"
        " failed with code 1. OpenSSL Error messages: error:0A000086:SSL routines::certificate"
        " verify failed",
    ),
    Pattern(
        Source.APP,
        match=_UNREACHED + r"(?:ssl://)?" + _HOST + r":(?P<port>\d+)\"",
        cause="nothing lets {task} reach {host} on port {port}: SES takes mail of tasks on 587,"
        " 2587, 465 and 2465, and the tasks' egress and the endpoints' group"
        " (network.endpoints_group) must admit the port",
        example=f'{_UNREACHED}email-smtp.us-east-1.amazonaws.com:587": stream_socket_client():'
        " Unable to connect to email-smtp.us-east-1.amazonaws.com:587 (Connection timed out)",
    ),
    Pattern(
        Source.APP,
        match=r"Connection to \"" + _HOST + r":(?P<port>2?465)\" (?:timed out|has been closed)",
        cause="{host} begins with TLS on port {port}, and the app does not: set MAIL_SCHEME to"
        " smtps (MAIL_ENCRYPTION to ssl), or MAIL_PORT to 587",
        setting="MAIL_SCHEME",
        example='Connection to "email-smtp.us-east-1.amazonaws.com:465" timed out.',
    ),
    Pattern(
        Source.APP,
        match=r"got code \"530\", with message \"530[^\"]*Authentication required",
        cause="SES's SMTP endpoint takes mail from those who sign in: {task} has no MAIL_USERNAME"
        " and MAIL_PASSWORD",
        setting="MAIL_USERNAME",
        example='Expected response code "250" but got code "530", with message "530 5.7.0'
        ' Authentication required".',
    ),
    Pattern(
        Source.APP,
        match=r"Failed to authenticate on SMTP server with username \"(?P<user>[^\"]*)\"",
        cause='SES\'s SMTP endpoint refuses the user "{user}": MAIL_USERNAME and MAIL_PASSWORD are'
        " SMTP credentials of this Region, made for an IAM user, and not an access key",
        setting="MAIL_USERNAME",
        example='Failed to authenticate on SMTP server with username "AKIA" using the following'
        ' authenticators: "LOGIN", "PLAIN".',
    ),
)
