<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use Illuminate\Console\Command;
use Psr\Log\LoggerInterface;

final class LogCommand extends Command
{
    protected $signature = 'cutover-probe:log {sign : Word that the error carries}';

    protected $description = 'Log an error from the command line, as a command that fails does';

    public function handle(LoggerInterface $log): int
    {
        $log->error('cutover-probe was told to log an error', ['sign' => $this->argument('sign')]);

        return self::SUCCESS;
    }
}
