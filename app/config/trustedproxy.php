<?php

return [

    // Comma list of CIDRs: the load balancer's subnets. Laravel's TrustProxies reads this key, cached or not.
    // Never '*': since Laravel 13 that trusts every hop, and the client's own X-Forwarded-For with it.
    'proxies' => env('TRUSTED_PROXIES'),

];
