<?php

return [

    /*
    |--------------------------------------------------------------------------
    | Key
    |--------------------------------------------------------------------------
    |
    | The secret that signs requests to the probe, at least 32 characters. The
    | probe is off, and its addresses do not exist, while there is none.
    |
    | Every variable is also read by its old name, without CUTOVER_.
    |
    */

    'key' => env('CUTOVER_PROBE_KEY', env('PROBE_KEY')),

    /*
    |--------------------------------------------------------------------------
    | Requests
    |--------------------------------------------------------------------------
    |
    | How far a request's time stamp may be from this machine's clock, and the
    | cache store that remembers nonces; null is the default store. It must be
    | one that all tasks share, or a request could be replayed on another task.
    |
    */

    'window_s' => (int) env('CUTOVER_PROBE_WINDOW_S', env('PROBE_WINDOW_S', 60)),

    // The path below which the app's own routes are, where its web server does not take it away.
    'path' => env('CUTOVER_PROBE_PATH', ''),

    'nonce_store' => env('CUTOVER_PROBE_NONCE_STORE', env('PROBE_NONCE_STORE')),

    /*
    |--------------------------------------------------------------------------
    | Task
    |--------------------------------------------------------------------------
    |
    | Where ECS tells a container which task it belongs to. ECS sets the
    | variable; elsewhere there is none, and the probe reports null.
    |
    */

    'metadata_uri' => env('ECS_CONTAINER_METADATA_URI_V4'),

    'state_path' => storage_path('framework/cutover-probe'),

    /*
    |--------------------------------------------------------------------------
    | Subjects
    |--------------------------------------------------------------------------
    |
    | The named route that the redirect check goes to, or null for the app's
    | root, and the file of trusted certificates that
    | `cutover-probe:connect --tls=system` uses.
    |
    */

    'redirect_route' => env('CUTOVER_PROBE_REDIRECT_ROUTE', env('PROBE_REDIRECT_ROUTE')),

    'ca_file' => env('CUTOVER_PROBE_CA_FILE', env('PROBE_CA_FILE', '/etc/ssl/certs/ca-certificates.crt')),

];
