<?php

return [

    'default' => env('MAIL_MAILER', 'log'),

    'mailers' => [

        // SES v1, SendRawEmail. The identity must be verified in the region of services.ses.
        'ses' => [
            'transport' => 'ses',
        ],

        'log' => [
            'transport' => 'log',
            'channel' => env('MAIL_LOG_CHANNEL'),
        ],

        'array' => [
            'transport' => 'array',
        ],

    ],

    'from' => [
        'address' => env('MAIL_FROM_ADDRESS', 'tickets@876events.example'),
        'name' => env('MAIL_FROM_NAME', env('APP_NAME', '876 Events')),
    ],

];
