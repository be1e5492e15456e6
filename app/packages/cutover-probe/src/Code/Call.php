<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** One call in the app's code, or one attribute. */
final readonly class Call
{
    /**
     * @param  string  $subject  short name of the class, or the helper in front of an arrow; empty if it is neither
     * @param  array<int|string, ?string>  $arguments  each argument's text, by place or name; null where it is no plain text
     * @param  list<string>  $code  each argument as it is written
     * @param  string  $next  method that is called on the result at once; empty if none is
     */
    public function __construct(
        public string $subject,
        public bool $isMethod,
        public bool $isAttribute,
        public string $name,
        public array $arguments,
        public array $code,
        public string $next,
        public int $index,
        public int $line,
    ) {}

    /** An argument's text, by its place or its name; null if there is none, or it is no plain text. */
    public function argument(int $place, string $name): ?string
    {
        return $this->arguments[$name] ?? $this->arguments[$place] ?? null;
    }
}
