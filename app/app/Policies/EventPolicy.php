<?php

namespace App\Policies;

use App\Enums\DocumentKind;
use App\Models\Event;
use App\Models\User;

class EventPolicy
{
    public function update(User $user, Event $event): bool
    {
        return $user->is_organiser;
    }

    /** Posters are for everybody; seating plans for who has a ticket. */
    public function viewDocument(?User $user, Event $event, DocumentKind $kind): bool
    {
        return match (true) {
            $kind === DocumentKind::Poster => true,
            $user === null => false,
            $user->is_organiser => true,
            default => $event->orderLines()->whereRelation('order', 'user_id', $user->id)->exists(),
        };
    }
}
