<?php

namespace App\Http\Controllers;

use App\Actions\PlaceOrder;
use App\Exceptions\HoldExpired;
use App\Exceptions\NotEnoughTickets;
use App\Http\Requests\StoreOrderRequest;
use App\Models\Order;
use App\Services\Cart;
use Illuminate\Contracts\View\View;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Gate;

class OrderController extends Controller
{
    public function index(Request $request): View
    {
        return view('orders.index', [
            'orders' => $request->user()->orders()->with('lines.event')->latest('id')->get(),
        ]);
    }

    public function store(StoreOrderRequest $request, Cart $cart, PlaceOrder $placeOrder): RedirectResponse
    {
        try {
            $order = $placeOrder->handle($request->user(), $cart->token(), $request->holdIds());
        } catch (HoldExpired|NotEnoughTickets $exception) {
            $cart->dropExpired();

            return redirect()->route('checkout.show')->withErrors(['holds' => $exception->getMessage()]);
        }

        return redirect()->route('orders.show', $order)->with('status', 'Thank you. Your order is placed.');
    }

    public function show(Order $order): View
    {
        Gate::authorize('view', $order);

        return view('orders.show', ['order' => $order->load('lines.event')]);
    }
}
