<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Support\Facades\Exceptions;
use Illuminate\Support\Facades\Storage;
use League\Flysystem\UnableToWriteFile;
use Mockery;

final class FilesTest extends TestCase
{
    protected function setUp(): void
    {
        parent::setUp();

        Storage::fake(config('filesystems.default'));
    }

    public function test_a_file_is_stored_read_and_removed_under_the_own_prefix(): void
    {
        $bytes = random_bytes(3_000_000);
        $target = '/_probe/v1/files/'.rawurlencode('Straße + 1 (a).bin');

        $this->signed('PUT', $target, $bytes, ['Content-Type' => 'application/octet-stream'])->assertOk()->assertExactJson([
            'task' => null,
            'disk' => config('filesystems.default'),
            'path' => 'cutover-probe/Straße + 1 (a).bin',
            'stored' => true,
            'object' => Storage::path('cutover-probe/Straße + 1 (a).bin'),
            'bytes' => 3_000_000,
            'sha256' => hash('sha256', $bytes),
        ]);
        $this->assertSame($bytes, Storage::get('cutover-probe/Straße + 1 (a).bin'));

        $this->assertSame($bytes, $this->signed('GET', $target)->assertOk()->streamedContent());

        $this->signed('DELETE', $target)->assertOk()->assertJson(['deleted' => true]);
        Storage::assertMissing('cutover-probe/Straße + 1 (a).bin');
        $this->signed('GET', $target)->assertNotFound();
    }

    public function test_a_file_is_below_the_folder_of_the_request(): void
    {
        $target = '/_probe/v1/files/a.bin?below=production%2F';

        $this->signed('PUT', $target, 'x', ['Content-Type' => 'application/octet-stream'])->assertOk()->assertJson(['path' => 'production/cutover-probe/a.bin']);
        $this->assertSame('x', $this->signed('GET', $target)->assertOk()->streamedContent());
        $this->signed('DELETE', $target)->assertOk()->assertJson(['deleted' => true]);
        Storage::assertMissing('production/cutover-probe/a.bin');

        $this->signed('GET', '/_probe/v1/files/a.bin?below=..%2F')->assertUnprocessable();
        $this->signed('GET', '/_probe/v1/files/a.bin?below[]=a')->assertUnprocessable();
    }

    public function test_a_key_is_one_segment_of_a_path(): void
    {
        $this->signed('GET', '/_probe/v1/files/../../x')->assertNotFound();
        $this->signed('GET', '/_probe/v1/files/..%2F..%2Fx')->assertNotFound();
    }

    public function test_a_temporary_address(): void
    {
        $this->freezeSecond();
        Storage::disk()->buildTemporaryUrlsUsing(fn (string $path, $until): string => "https://store.example/{$path}?{$until->getTimestamp()}");

        $this->signed('GET', '/_probe/v1/files/a/temporary-url?seconds=5')->assertOk()->assertJson([
            'url' => 'https://store.example/cutover-probe/a?'.(now()->getTimestamp() + 5),
            'expires_at' => now()->addSeconds(5)->utc()->toIso8601ZuluString(),
        ]);
        $this->signed('GET', '/_probe/v1/files/a/temporary-url?seconds=0')->assertUnprocessable();
    }

    public function test_a_temporary_address_for_an_upload(): void
    {
        $this->freezeSecond();
        Storage::disk()->buildTemporaryUploadUrlsUsing(fn (string $path, $until): array => [
            'url' => "https://store.example/{$path}?{$until->getTimestamp()}", 'headers' => ['x-amz-acl' => 'private'],
        ]);

        $this->signed('GET', '/_probe/v1/files/a/temporary-upload-url?seconds=5')->assertOk()->assertJson([
            'url' => 'https://store.example/cutover-probe/a?'.(now()->getTimestamp() + 5),
            'headers' => ['x-amz-acl' => 'private'],
        ]);
        $this->signed('GET', '/_probe/v1/files/a/temporary-upload-url?seconds=0')->assertUnprocessable();
    }

    public function test_a_disk_that_fails_is_reported(): void
    {
        Exceptions::fake();
        $disk = Mockery::mock(Storage::disk())->makePartial();
        $disk->shouldReceive('put')->andThrow(UnableToWriteFile::atLocation('x', 'no answer'));
        Storage::set(config('filesystems.default'), $disk);

        $this->signed('PUT', '/_probe/v1/files/a', 'x')->assertStatus(502)->assertJson(['error' => 'Unable to write file at location: x. no answer']);
        Exceptions::assertReported(UnableToWriteFile::class);
    }
}
