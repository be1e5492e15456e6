<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Support\Facades\Artisan;

final class InstallCommandTest extends TestCase
{
    protected ?string $key = null;

    private string $directory;

    protected function setUp(): void
    {
        parent::setUp();

        $this->directory = sys_get_temp_dir().'/cutover-install-'.getmypid();
        $this->app->useConfigPath($this->directory.'/config');
        $this->app->useDatabasePath($this->directory.'/database');
        $this->app->register(\CutoverProbe\CutoverProbeServiceProvider::class, force: true);
    }

    protected function tearDown(): void
    {
        $this->app['files']->deleteDirectory($this->directory);

        parent::tearDown();
    }

    public function test_the_configuration_is_copied_and_the_next_steps_are_named(): void
    {
        $status = Artisan::call('cutover:install');
        $output = Artisan::output();

        $this->assertSame(0, $status);
        $this->assertFileEquals(dirname(__DIR__).'/config/cutover-probe.php', $this->directory.'/config/cutover-probe.php');
        $this->assertDirectoryDoesNotExist($this->directory.'/database/migrations');
        $this->assertStringContainsString('CUTOVER_PROBE_KEY', $output);
        $this->assertStringContainsString('php artisan cutover:doctor', $output);
    }

    public function test_a_configuration_of_the_apps_own_is_kept_unless_forced(): void
    {
        Artisan::call('cutover:install');
        $file = $this->directory.'/config/cutover-probe.php';
        file_put_contents($file, '<?php return [];');

        Artisan::call('cutover:install');
        $this->assertSame('<?php return [];', file_get_contents($file));

        Artisan::call('cutover:install', ['--force' => true]);
        $this->assertNotSame('<?php return [];', file_get_contents($file));
    }

    public function test_migrations_keep_their_names(): void
    {
        Artisan::call('cutover:install', ['--migrations' => true]);

        $names = fn (string $directory): array => array_map(basename(...), glob($directory.'/*.php') ?: []);
        $this->assertSame($names(dirname(__DIR__).'/database/migrations'), $names($this->directory.'/database/migrations'));
    }
}
