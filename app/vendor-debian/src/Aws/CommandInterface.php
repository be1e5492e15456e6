<?php

namespace Aws;

/** One operation with its parameters. */
interface CommandInterface extends \ArrayAccess, \Countable, \IteratorAggregate
{
    public function toArray(): array;

    public function getName(): string;

    public function hasParam(string $name): bool;
}
