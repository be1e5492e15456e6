<?php

namespace Aws\Api;

/** A date in a result. */
class DateTimeResult extends \DateTime implements \JsonSerializable
{
    public function __toString(): string
    {
        return $this->format('c');
    }

    public function jsonSerialize(): string
    {
        return (string) $this;
    }
}
