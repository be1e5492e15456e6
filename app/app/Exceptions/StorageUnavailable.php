<?php

namespace App\Exceptions;

use RuntimeException;
use Throwable;

class StorageUnavailable extends RuntimeException
{
    public function __construct(string $doing, ?Throwable $previous = null)
    {
        parent::__construct("{$doing} failed, because the file store did not answer as it should. Nothing was changed. Try again in a moment.", previous: $previous);
    }
}
