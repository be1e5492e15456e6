<?php

namespace App\Exceptions;

use App\Models\Event;
use RuntimeException;

class NotEnoughTickets extends RuntimeException
{
    public function __construct(public readonly Event $event, public readonly int $available)
    {
        parent::__construct(match (true) {
            $available <= 0 => "{$event->title} is sold out for now. Tickets that others hold may come back within a few minutes.",
            $available === 1 => "Only 1 ticket for {$event->title} is left. Choose a smaller number.",
            default => "Only {$available} tickets for {$event->title} are left. Choose a smaller number.",
        });
    }
}
