<?php

namespace App\Http\Controllers;

use App\Models\Event;
use Illuminate\Contracts\View\View;

class EventController extends Controller
{
    public function index(): View
    {
        return view('events.index', [
            'events' => Event::query()->upcoming()->withAvailability()->with('poster')->get(),
        ]);
    }

    public function show(Event $event): View
    {
        $available = $event->ticketsAvailable();

        return view('events.show', [
            'event' => $event->load('poster', 'seatingPlan'),
            'available' => $available,
            'choices' => min($available, config('tickets.max_per_hold')),
        ]);
    }
}
