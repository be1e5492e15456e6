<?php

// One impatient buyer in a process of its own: holds and orders tickets for an event until none is left.
// php buyer.php EVENT_ID USER_ID; prints how many tickets it got.

use App\Actions\HoldTickets;
use App\Actions\PlaceOrder;
use App\Exceptions\HoldExpired;
use App\Exceptions\NotEnoughTickets;
use App\Models\Event;
use App\Models\User;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Support\Str;

require dirname(__DIR__, 2).'/vendor/autoload.php';

$app = require dirname(__DIR__, 2).'/bootstrap/app.php';
$app->make(Kernel::class)->bootstrap();

$event = Event::query()->findOrFail((int) $argv[1]);
$user = User::query()->findOrFail((int) $argv[2]);
$bought = 0;
$refusals = 0;

while ($refusals < 3) {
    $cart = Str::random(40);
    $quantity = random_int(1, 4);

    try {
        $hold = $app->make(HoldTickets::class)->handle($event, $cart, $quantity);

        if (random_int(1, 5) === 1) {
            $hold->delete();

            continue;
        }

        $app->make(PlaceOrder::class)->handle($user, $cart, [$hold->id]);
        $bought += $quantity;
    } catch (NotEnoughTickets $exception) {
        $refusals += $exception->available === 0 ? 1 : 0;
    } catch (HoldExpired) {
        // Somebody slower would try again, too.
    }
}

echo $bought;
