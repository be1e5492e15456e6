<?php

namespace Aws\Credentials;

interface CredentialsInterface
{
    public function getAccessKeyId(): string;

    public function getSecretKey(): string;

    public function getSecurityToken(): ?string;

    /** Unix time, or null when the credentials do not expire. */
    public function getExpiration(): ?int;

    public function isExpired(): bool;

    public function toArray(): array;
}
