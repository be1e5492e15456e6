<?php

namespace Aws;

/** What an operation answered: an array that gives null, and no warning, for a key that is not there. */
interface ResultInterface extends \ArrayAccess, \Countable, \IteratorAggregate
{
    public function hasKey(string $name): bool;

    public function get(string $key): mixed;

    public function toArray(): array;
}
