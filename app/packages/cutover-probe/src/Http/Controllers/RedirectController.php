<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Http\RedirectResponse;
use Illuminate\Routing\Router;

/** Redirects as the app itself would, to show which scheme and host it believes in. */
final class RedirectController
{
    public function __invoke(Config $config, Router $router): RedirectResponse
    {
        $name = $config->get('cutover-probe.redirect_route');

        return is_string($name) && $router->has($name) ? redirect()->route($name) : redirect('/');
    }
}
