<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use CutoverProbe\Code\BackoffReader;
use CutoverProbe\Code\ClockReader;
use CutoverProbe\Code\DelayReader;
use CutoverProbe\Code\FileReader;
use CutoverProbe\Code\GroupReader;
use CutoverProbe\Code\HostReader;
use CutoverProbe\Code\JobReader;
use CutoverProbe\Code\LinkReader;
use CutoverProbe\Code\LockReader;
use CutoverProbe\Code\NameReader;
use CutoverProbe\Code\NativeSessionReader;
use CutoverProbe\Code\PeerReader;
use CutoverProbe\Code\UploadReader;
use Illuminate\Console\Command;

final class CodeCommand extends Command
{
    protected $signature = 'cutover-probe:code';

    protected $description = 'Print as JSON what the code of the app names, locks and writes';

    public function handle(NameReader $names, LockReader $locks, FileReader $files, JobReader $jobs, ClockReader $clocks, HostReader $hosts, PeerReader $peers, BackoffReader $backoffs, DelayReader $delays, LinkReader $links, GroupReader $groups, NativeSessionReader $sessions, UploadReader $uploads): int
    {
        $this->line((string) json_encode([
            'names' => $names->names(),
            'locks' => $locks->locks(),
            'files' => $files->files(),
            'jobs' => $jobs->jobs(),
            'tries' => $jobs->tries(),
            'clocks' => $clocks->clocks(),
            'hosts' => $hosts->hosts(),
            'peers' => $peers->peers(),
            'backoffs' => $backoffs->waits(),
            'delays' => $delays->delays(),
            'links' => $links->links(),
            'ungrouped' => $groups->ungrouped(),
            'native_sessions' => $sessions->sessions(),
            'uploads' => $uploads->uploads(),
        ], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR));

        return self::SUCCESS;
    }
}
