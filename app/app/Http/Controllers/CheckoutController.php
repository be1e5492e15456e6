<?php

namespace App\Http\Controllers;

use App\Models\Hold;
use App\Services\Cart;
use Illuminate\Contracts\View\View;

class CheckoutController extends Controller
{
    public function show(Cart $cart): View
    {
        $holds = $cart->holds();

        return view('checkout', [
            'holds' => $holds,
            'expiresAt' => $holds->first()?->expires_at,
            'totalCents' => $holds->sum(fn (Hold $hold): int => $hold->totalCents()),
        ]);
    }
}
