<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use Illuminate\Console\Attributes\Description;
use Illuminate\Console\Attributes\Signature;
use Illuminate\Console\Command;
use Psr\Log\LoggerInterface;

#[Signature('cutover-probe:log {sign : Word that the error carries}')]
#[Description('Log an error from the command line, as a command that fails does')]
final class LogCommand extends Command
{
    public function handle(LoggerInterface $log): int
    {
        $log->error('cutover-probe was told to log an error', ['sign' => $this->argument('sign')]);

        return self::SUCCESS;
    }
}
