<?php

namespace App\Providers;

use Carbon\CarbonImmutable;
use Illuminate\Cache\RateLimiting\Limit;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Date;
use Illuminate\Support\Facades\RateLimiter;
use Illuminate\Support\ServiceProvider;
use Illuminate\Validation\Rules\Password;

class AppServiceProvider extends ServiceProvider
{
    private const int REGISTRATIONS_PER_MINUTE = 10;

    public function boot(): void
    {
        Date::use(CarbonImmutable::class);
        Model::shouldBeStrict(! $this->app->isProduction());
        Password::defaults(fn (): Password => Password::min(10));

        RateLimiter::for('registration', fn (Request $request): Limit => Limit::perMinute(self::REGISTRATIONS_PER_MINUTE)->by($request->ip()));
    }
}
