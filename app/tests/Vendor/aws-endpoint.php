<?php

/**
 * An AWS endpoint for `php -S`: notes each request in $AWS_ENDPOINT_DIR, gives the answers that the test put there, in order.
 */
$directory = getenv('AWS_ENDPOINT_DIR');
$number = count(glob("{$directory}/request-*.json"));

file_put_contents(sprintf('%s/request-%03d.json', $directory, $number), json_encode([
    'method' => $_SERVER['REQUEST_METHOD'],
    'uri' => $_SERVER['REQUEST_URI'],
    'headers' => array_change_key_case(getallheaders()),
    'body' => base64_encode(file_get_contents('php://input')),
]));

$answers = json_decode(file_get_contents("{$directory}/answers.json"), true);
[$status, $headers, $body] = $answers[min($number, count($answers) - 1)];

http_response_code($status);

foreach ($headers as $name => $value) {
    header("{$name}: {$value}");
}

echo $body;
