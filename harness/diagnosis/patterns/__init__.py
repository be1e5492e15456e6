"""Patterns for text that others write, each with its source and the cause it points to."""

from __future__ import annotations

from harness.diagnosis.patterns import (
    aws_api,
    cache,
    database,
    ecs,
    extensions,
    http,
    image,
    laravel,
    operator,
    php,
)

PATTERNS = (
    *operator.CALLS,
    *ecs.NEVER_STARTED,
    *http.PUBLIC_HOST,
    *image.SHELL,
    *laravel.CONSOLE,
    *php.COMMANDS,
    *php.KEY,
    *cache.CLIENT,
    *cache.SIGN_IN,
    *cache.SERVER,
    *cache.CONNECTION,
    *extensions.MISSING,
    *laravel.GUARDS,
    *laravel.PROXIES,
    *laravel.CLOCKS,
    *php.MISSING,
    *php.NAMES,
    *php.FILES,
    *image.FPM,
    *php.LIMITS,
    *image.NGINX,
    *database.TLS,
    *database.ACCOUNT,
    *database.SCHEMA,
    *database.SERVER,
    *database.HOST,
    *http.OUTBOUND,
    *php.HOSTS,
    *aws_api.ROLES,
    *aws_api.SQS,
    *aws_api.S3,
    *aws_api.SES,
    *aws_api.RUN_TASK,
    *ecs.HEALTH,
)
"""Of one source, an earlier pattern goes before a later one."""
