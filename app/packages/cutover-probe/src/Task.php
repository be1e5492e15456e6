<?php

declare(strict_types=1);

namespace CutoverProbe;

/** The ECS task that this process runs in; all null outside of ECS. */
final readonly class Task
{
    public function __construct(
        public ?string $arn = null,
        public ?string $family = null,
        public ?string $revision = null,
        public ?string $containerId = null,
    ) {}

    /** The last part of the ARN, as consoles and logs show it. */
    public function id(): ?string
    {
        return $this->arn === null ? null : substr((string) strrchr("/{$this->arn}", '/'), 1);
    }
}
