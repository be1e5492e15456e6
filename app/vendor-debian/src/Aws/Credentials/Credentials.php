<?php

namespace Aws\Credentials;

class Credentials implements CredentialsInterface
{
    private readonly string $key;

    private readonly string $secret;

    public function __construct(
        string $key,
        #[\SensitiveParameter] string $secret,
        #[\SensitiveParameter] private readonly ?string $token = null,
        private readonly ?int $expires = null,
    ) {
        $this->key = trim($key);
        $this->secret = trim($secret);
    }

    public function getAccessKeyId(): string
    {
        return $this->key;
    }

    public function getSecretKey(): string
    {
        return $this->secret;
    }

    public function getSecurityToken(): ?string
    {
        return $this->token;
    }

    public function getExpiration(): ?int
    {
        return $this->expires;
    }

    public function isExpired(): bool
    {
        return $this->expires !== null && time() >= $this->expires;
    }

    public function toArray(): array
    {
        return ['key' => $this->key, 'secret' => $this->secret, 'token' => $this->token, 'expires' => $this->expires];
    }
}
