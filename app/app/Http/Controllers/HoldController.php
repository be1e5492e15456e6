<?php

namespace App\Http\Controllers;

use App\Actions\HoldTickets;
use App\Exceptions\NotEnoughTickets;
use App\Http\Requests\StoreHoldRequest;
use App\Models\Event;
use App\Models\Hold;
use App\Services\Cart;
use Illuminate\Http\RedirectResponse;

class HoldController extends Controller
{
    public function store(StoreHoldRequest $request, Event $event, Cart $cart, HoldTickets $holdTickets): RedirectResponse
    {
        try {
            $holdTickets->handle($event, $cart->token(), $request->integer('quantity'));
        } catch (NotEnoughTickets $exception) {
            return redirect()->route('events.show', $event)->withInput()->withErrors(['quantity' => $exception->getMessage()]);
        }

        return redirect()->route('checkout.show')->with('status', "Your tickets for {$event->title} are held.");
    }

    public function destroy(int $hold, Cart $cart): RedirectResponse
    {
        /** @var Hold $mine */
        $mine = $cart->query()->findOrFail($hold);
        $mine->delete();

        return redirect()->route('checkout.show')->with('status', 'The tickets are back on sale.');
    }
}
