<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use CutoverProbe\Checkup;
use Illuminate\Console\Command;

final class DoctorCommand extends Command
{
    protected $signature = 'cutover:doctor {--json : Print JSON}';

    protected $description = 'Check what the cutover probe needs of this app';

    /** The exit code is 1 when something is missing. */
    public function handle(Checkup $checkup): int
    {
        $results = $checkup->results();

        if ($this->option('json')) {
            $this->line((string) json_encode($results, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR));
        } else {
            foreach ($results as ['name' => $name, 'ok' => $ok, 'text' => $text]) {
                $this->line(sprintf('%-4s %-12s %s', $ok ? '<info>ok</info>' : '<error>no</error>', $name, $text));
            }
        }

        return in_array(false, array_column($results, 'ok'), true) ? self::FAILURE : self::SUCCESS;
    }
}
