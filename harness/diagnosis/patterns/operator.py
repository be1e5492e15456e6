"""Patterns for the harness's own calls of AWS, with the credentials of its operator."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_CALL = r"An error occurred \((?:{codes})\) when calling the (?P<operation>\w+) operation"

CALLS = (
    Pattern(
        Source.AWS_CLIENT,
        match=_CALL.format(codes="ExpiredToken|ExpiredTokenException|RequestExpired")
        + r"|Token has expired and refresh failed|Error loading SSO Token",
        cause="the operator's AWS session expired in the middle of the replay: open one that lasts"
        " longer (aws sso login, or the role's maximum session duration), then replay the red ones",
        example=(
            "An error occurred (ExpiredTokenException) when calling the DescribeServices operation:"
            " The security token included in the request is expired",
            "botocore.exceptions.TokenRetrievalError: Error when retrieving token from sso: Token"
            " has expired and refresh failed",
        ),
    ),
    Pattern(
        Source.AWS_CLIENT,
        match=_CALL.format(
            codes="Throttling|ThrottlingException|ThrottledException|RequestThrottled"
            "|TooManyRequestsException|RequestLimitExceeded"
        ),
        cause="AWS throttles {operation} in this account and region, after eight attempts:"
        " something else polls there; replay the red ones when it is quiet",
        example="An error occurred (ThrottlingException) when calling the DescribeServices"
        " operation (reached max retries: 7): Rate exceeded",
    ),
    Pattern(
        Source.AWS_CLIENT,
        match=r"Could not connect to the endpoint URL: \"(?P<url>[^\"]+)\""
        r"|(?:Connect|Read) timeout on endpoint URL: \"(?P<late>[^\"]+)\""
        r"|Connection was closed before we received a valid response",
        cause="this machine lost its network to AWS in the middle of the replay: when it is back,"
        " replay the red ones",
        example=(
            'Could not connect to the endpoint URL: "https://ecs.eu-west-1.amazonaws.com/"',
            'Read timeout on endpoint URL: "https://ecs.eu-west-1.amazonaws.com/"',
        ),
    ),
    Pattern(
        Source.AWS_CLIENT,
        match=_CALL.format(codes="AccessDenied|AccessDeniedException|UnauthorizedOperation")
        + r": User: \S+ is not authorized to perform: (?P<action>[\w:]+)",
        cause="the operator's role lacks {action}: docs/aws.md has the policy of each level",
        example="An error occurred (AccessDeniedException) when calling the DescribeServices"
        " operation: User: arn:aws:sts::1:assumed-role/cutover-observer/me is not authorized to"
        " perform: ecs:DescribeServices on resource: arn:aws:ecs:eu-west-1:1:service/shop/web",
    ),
)
