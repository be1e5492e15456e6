<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Http\Kernel as AppKernel;
use Illuminate\Routing\Route;
use Illuminate\Routing\Router;
use Illuminate\Session\Middleware\StartSession;

/** The routes of the app that start a session. An API whose visitors bring tokens has none. */
final readonly class SessionRoutes
{
    private const string OWN = 'cutover-probe.';

    /** Sanctum adds its route to each app, with tokens alone, too. */
    private const array OF_PACKAGES = ['sanctum.csrf-cookie'];

    /** The second, of Sanctum, starts one for the app's own pages. */
    private const array STARTERS = [StartSession::class, 'Laravel\Sanctum\Http\Middleware\EnsureFrontendRequestsAreStateful'];

    public function __construct(private Router $router, private Kernel $kernel) {}

    public function count(): int
    {
        return count(array_filter($this->router->getRoutes()->getRoutes(), $this->startsSession(...)));
    }

    private function startsSession(Route $route): bool
    {
        $name = (string) $route->getName();
        if (str_starts_with($name, self::OWN) || in_array($name, self::OF_PACKAGES, true)) {
            return false;
        }
        if ($this->kernel instanceof AppKernel && $this->kernel->hasMiddleware(StartSession::class)) {
            return true;
        }
        // Not a controller's own: it would have to be made for every route.
        $middleware = $this->router->resolveMiddleware((array) $route->middleware(), $route->excludedMiddleware());

        return collect($middleware)->contains(fn (mixed $one): bool => is_string($one) && $this->isStarter($one));
    }

    private function isStarter(string $middleware): bool
    {
        $class = explode(':', $middleware)[0];

        return collect(self::STARTERS)->contains(fn (string $starter): bool => is_a($class, $starter, true));
    }
}
