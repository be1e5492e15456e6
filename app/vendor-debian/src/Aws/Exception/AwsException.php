<?php

namespace Aws\Exception;

use Aws\CommandInterface;
use Aws\ResultInterface;

/** An operation failed. The context holds what the service said: code, message, type, request_id, status. */
class AwsException extends \RuntimeException
{
    public function __construct(
        string $message,
        private readonly CommandInterface $command,
        private readonly array $context = [],
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, 0, $previous);
    }

    public function __toString(): string
    {
        $previous = $this->getPrevious();

        return $previous === null ? parent::__toString() : sprintf(
            "exception '%s' with message '%s'\n\n%s",
            static::class,
            $this->getMessage(),
            $previous,
        );
    }

    public function getCommand(): CommandInterface
    {
        return $this->command;
    }

    public function getResult(): ?ResultInterface
    {
        return $this->context['result'] ?? null;
    }

    public function getStatusCode(): ?int
    {
        return $this->context['status'] ?? null;
    }

    public function getAwsRequestId(): ?string
    {
        return $this->context['request_id'] ?? null;
    }

    public function getAwsErrorCode(): ?string
    {
        return $this->context['code'] ?? null;
    }

    public function getAwsErrorType(): ?string
    {
        return $this->context['type'] ?? null;
    }

    public function getAwsErrorMessage(): ?string
    {
        return $this->context['message'] ?? null;
    }

    public function isConnectionError(): bool
    {
        return (bool) ($this->context['connection_error'] ?? false);
    }

    public function get(string $key): mixed
    {
        return $this->context[$key] ?? null;
    }

    public function toArray(): array
    {
        return $this->context;
    }
}
