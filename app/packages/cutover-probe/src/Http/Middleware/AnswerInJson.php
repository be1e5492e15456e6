<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Middleware;

use Closure;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * Errors are JSON too, whatever the client says that it accepts; and as a script's request, it does not become the page
 * that the visitor's session remembers as the previous one.
 */
final class AnswerInJson
{
    public function handle(Request $request, Closure $next): Response
    {
        $request->headers->set('Accept', 'application/json');
        $request->headers->set('X-Requested-With', 'XMLHttpRequest');

        $response = $next($request);
        $response->headers->set('Cache-Control', 'no-store, private');

        return $response;
    }
}
