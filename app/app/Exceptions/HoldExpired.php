<?php

namespace App\Exceptions;

use RuntimeException;

class HoldExpired extends RuntimeException
{
    public function __construct()
    {
        parent::__construct('Your tickets are no longer held, so nothing was ordered. Choose them again to continue.');
    }
}
