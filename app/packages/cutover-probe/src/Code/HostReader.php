<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Where the app's schedule asks for the name of a host, as a guard against a second cron. */
final readonly class HostReader
{
    private const array ENTRIES = ['command', 'job', 'call', 'exec'];

    /** A comparison of the host's name with a text, on either side. */
    private const string COMPARISON = '/(?:gethostname \( \)|php_uname \( ["\']n["\'] \)) [!=]==? (["\'])(.+?)\1|(["\'])([^"\']+)\3 [!=]==? (?:gethostname|php_uname) \(/';

    /** One of several names, or a part of one: in_array(), str_starts_with() and the like. */
    private const string MEMBERSHIP = '/(?:in_array|str_(?:starts_with|ends_with|contains)) \( (?:gethostname \( \)|php_uname \( ["\']n["\'] \)) , (?:\[ )?(["\'])(.+?)\1/';

    public function __construct(private AppCode $code) {}

    /** @return list<array{host: string, file: string, line: int}> */
    public function hosts(): array
    {
        $found = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                $code = $call->isMethod && in_array($call->name, self::ENTRIES, true) ? $file->functionCode($call) : '';

                if (stripos($code, 'schedule') === false || $file->dependsOnEnvironment($call)) {
                    continue;
                }

                foreach ($this->namesIn($code) as $host) {
                    $found[$file->path.$host] ??= ['host' => $host, 'file' => $file->path, 'line' => $call->line];
                }
            }
        }

        return array_values($found);
    }

    /** @return list<string> */
    private function namesIn(string $code): array
    {
        preg_match_all(self::COMPARISON, $code, $compared);
        preg_match_all(self::MEMBERSHIP, $code, $members);

        return array_values(array_filter([...$compared[2], ...$compared[4], ...$members[2]], fn (string $name): bool => $name !== ''));
    }
}
