<?php

namespace Tests\Vendor;

use RuntimeException;

/** A server on the loopback address that answers as AWS would, and knows what it was asked. */
final class AwsEndpoint
{
    private const int START_ATTEMPTS = 200;

    private const int START_PAUSE_US = 10_000;

    private readonly string $directory;

    /** @var resource */
    private $process;

    private function __construct(public readonly int $port)
    {
        $this->directory = sys_get_temp_dir().'/aws-endpoint-'.bin2hex(random_bytes(6));
        mkdir($this->directory);
        $this->answers([200, [], '']);
        $this->process = proc_open(
            [PHP_BINARY, '-d', 'auto_prepend_file=', '-S', "127.0.0.1:{$port}", __DIR__.'/aws-endpoint.php'],
            [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']],
            $pipes,
            env_vars: ['AWS_ENDPOINT_DIR' => $this->directory, 'PATH' => getenv('PATH')],
        );
    }

    public static function start(): self
    {
        $probe = stream_socket_server('tcp://127.0.0.1:0');
        $port = (int) explode(':', stream_socket_get_name($probe, false))[1];
        fclose($probe);
        $endpoint = new self($port);

        for ($attempt = 0; $attempt < self::START_ATTEMPTS; $attempt++) {
            if ($connection = @fsockopen('127.0.0.1', $port, timeout: 1)) {
                fclose($connection);

                return $endpoint;
            }

            usleep(self::START_PAUSE_US);
        }

        throw new RuntimeException("The AWS endpoint of the tests does not listen on port {$port}.");
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
        array_map(unlink(...), glob("{$this->directory}/*"));
        rmdir($this->directory);
    }

    public function url(): string
    {
        return "http://127.0.0.1:{$this->port}";
    }

    /**
     * @param  array{int, array<string, string>, string}  ...$answers  status, headers, body; the last is given again
     */
    public function answers(array ...$answers): void
    {
        array_map(unlink(...), glob("{$this->directory}/request-*.json"));
        file_put_contents("{$this->directory}/answers.json", json_encode($answers));
    }

    /**
     * @return list<array{method: string, uri: string, headers: array<string, string>, body: string}>
     */
    public function requests(): array
    {
        return array_map(static function (string $file): array {
            $request = json_decode(file_get_contents($file), true);

            return ['body' => base64_decode($request['body'])] + $request;
        }, glob("{$this->directory}/request-*.json"));
    }
}
