<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Jobs\ProbeJob;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Queue\Events\JobQueued;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Queue;
use Illuminate\Support\Facades\Schema;
use Illuminate\Testing\TestResponse;

final class JobsTest extends TestCase
{
    use RefreshDatabase;

    protected function setUp(): void
    {
        parent::setUp();

        config(['queue.default' => 'database']);
    }

    public function test_a_job_runs_and_leaves_one_effect(): void
    {
        $id = $this->dispatchJob([]);
        $this->jobStatus($id)->assertJson(['runs' => [], 'effects' => [], 'failed' => false, 'kind' => 'job', 'options' => []]);

        $this->work();

        $status = $this->jobStatus($id)->assertJson([
            'runs' => [['task' => null, 'attempt' => 1, 'outcome' => 'succeeded', 'error' => null]],
            'failed' => false,
        ]);
        $this->assertCount(1, $status->json('effects'));
        $this->assertMatchesRegularExpression('/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\z/', $status->json('runs.0.started_at'));
        $this->assertGreaterThanOrEqual($status->json('runs.0.started_at'), $status->json('runs.0.ended_at'));
    }

    public function test_a_job_fails_as_often_as_told_and_then_succeeds(): void
    {
        $id = $this->dispatchJob(['fail_times' => 2, 'tries' => 3, 'backoff_s' => [0, 0]]);

        $this->work(times: 3);

        $status = $this->jobStatus($id)->assertJson(['failed' => false]);
        $this->assertSame(['threw', 'threw', 'succeeded'], array_column($status->json('runs'), 'outcome'));
        $this->assertSame([1, 2, 3], array_column($status->json('runs'), 'attempt'));
        $this->assertStringContainsString('was told to fail (attempt 1)', $status->json('runs.0.error'));
        $this->assertCount(1, $status->json('effects'));
    }

    public function test_back_off_makes_the_next_attempt_wait(): void
    {
        $id = $this->dispatchJob(['fail_times' => 1, 'tries' => 2, 'backoff_s' => [30]]);

        $this->work(times: 2);
        $this->assertCount(1, $this->jobStatus($id)->json('runs'));

        $this->travel(31)->seconds();
        $this->work();
        $this->assertCount(2, $this->jobStatus($id)->json('runs'));
    }

    public function test_a_poison_job_ends_among_the_failed(): void
    {
        $id = $this->dispatchJob(['poison' => true, 'tries' => 2, 'backoff_s' => [0]]);

        $this->work(times: 3);

        $status = $this->jobStatus($id)->assertJson(['failed' => true, 'effects' => []]);
        $this->assertSame(['threw', 'failed'], array_column($status->json('runs'), 'outcome'));
    }

    public function test_a_delayed_job_is_not_early(): void
    {
        $id = $this->dispatchJob(['delay_s' => 60]);
        $this->work();
        $this->assertSame([], $this->jobStatus($id)->json('runs'));

        $this->travel(61)->seconds();
        $this->work();
        $this->assertCount(1, $this->jobStatus($id)->json('effects'));
    }

    public function test_a_slow_job_takes_its_time(): void
    {
        $id = $this->dispatchJob(['duration_s' => 0.2]);
        $start = hrtime(true);
        $this->work();

        $this->assertGreaterThanOrEqual(0.2, (hrtime(true) - $start) / 1e9);
        $this->assertCount(1, $this->jobStatus($id)->json('effects'));
    }

    public function test_runs_of_all_jobs_are_listed_by_name_and_time(): void
    {
        $id = $this->dispatchJob([]);
        $this->work();

        $this->assertSame(["cutover-probe:{$id}"], array_column($this->signed('GET', '/_probe/v1/runs')->json('runs'), 'name'));
        $this->signed('GET', '/_probe/v1/runs?name=other')->assertOk()->assertJson(['runs' => []]);
        $this->signed('GET', '/_probe/v1/runs?since='.(time() + 60))->assertOk()->assertExactJson(['task' => null, 'runs' => []]);
        $this->assertCount(1, $this->signed('GET', '/_probe/v1/runs?since='.(time() - 60))->json('runs'));
        $this->assertCount(1, $this->signed('GET', '/_probe/v1/runs?since=2020-01-01T00:00:00Z')->json('runs'));
    }

    public function test_a_run_tells_what_its_job_asks_for(): void
    {
        $id = $this->dispatchJob(['tries' => 3, 'timeout_s' => 20]);
        $plain = $this->dispatchJob([]);
        $this->work(times: 2);

        $this->jobStatus($id)->assertJson(['runs' => [['max_tries' => 3, 'timeout_s' => 20, 'overtook' => false]]]);
        $this->jobStatus($plain)->assertJson(['runs' => [['max_tries' => null, 'timeout_s' => null]]]);
    }

    public function test_a_job_that_is_sent_in_an_open_transaction_is_noted(): void
    {
        $id = $this->dispatchJob([]);
        $payload = (string) DB::table('jobs')->value('payload');
        $this->assertGreaterThan(0, DB::transactionLevel());

        event(new JobQueued('database', 'default', '1', 'job', $payload, null));
        $this->assertSame(0, DB::table('cutover_probe_overtakings')->count());

        event(new JobQueued('sqs', 'default', '1', 'job', $payload, null));
        $this->work();
        $this->jobStatus($id)->assertJson(['runs' => [['overtook' => true]]]);
    }

    public function test_options_are_checked(): void
    {
        foreach (['fail_times' => -1, 'delay_s' => 901, 'tries' => 0, 'backoff_s' => ['x'], 'duration_s' => 'x'] as $option => $value) {
            $this->signedJson('POST', '/_probe/v1/jobs', [$option => $value])->assertUnprocessable();
        }
    }

    public function test_an_unknown_job_is_not_found(): void
    {
        $this->signed('GET', '/_probe/v1/jobs/01aryz6s41tsv4rrffq69g5fav')->assertNotFound();
        $this->signed('DELETE', '/_probe/v1/jobs/01aryz6s41tsv4rrffq69g5fav')->assertNotFound();
    }

    public function test_a_job_is_forgotten_with_all_that_it_did(): void
    {
        $kept = $this->dispatchJob([]);
        $id = $this->dispatchJob([]);
        $this->work(times: 2);

        $this->signed('DELETE', "/_probe/v1/jobs/{$id}")->assertOk()->assertJson(['deleted' => true]);

        $this->signed('GET', "/_probe/v1/jobs/{$id}")->assertNotFound();
        foreach (['jobs', 'effects', 'runs'] as $table) {
            $this->assertSame(1, DB::table("cutover_probe_{$table}")->count());
        }
        $this->assertCount(1, $this->jobStatus($kept)->json('effects'));
    }

    public function test_a_job_for_a_fifo_queue_has_a_group_of_its_own(): void
    {
        config(['queue.connections.database.queue' => 'jobs.fifo']);
        Queue::fake();

        $id = $this->dispatchJob([]);

        Queue::assertPushed(ProbeJob::class, fn (ProbeJob $job): bool => $job->messageGroup === $id);
    }

    public function test_a_job_for_a_standard_queue_has_no_group(): void
    {
        Queue::fake();

        $this->dispatchJob([]);

        Queue::assertPushed(ProbeJob::class, fn (ProbeJob $job): bool => $job->messageGroup === null);
    }

    public function test_a_job_runs_although_it_cannot_be_written_down(): void
    {
        $id = $this->dispatchJob([]);
        Schema::drop('cutover_probe_runs');

        $this->work();

        $this->assertSame(1, DB::table('cutover_probe_effects')->where('job_id', $id)->count());
        $this->assertStringContainsString('could not write down what ran', $this->logged[0]->message);
    }

    /** @param  array<string, mixed>  $options */
    private function dispatchJob(array $options): string
    {
        return $this->signed('POST', '/_probe/v1/jobs', (string) json_encode((object) $options))->assertAccepted()->json('id');
    }

    private function jobStatus(string $id): TestResponse
    {
        return $this->signed('GET', "/_probe/v1/jobs/{$id}")->assertOk();
    }

    private function work(int $times = 1): void
    {
        foreach (range(1, $times) as $turn) {
            $this->artisan('queue:work', ['--once' => true, '--sleep' => 0])->run();
        }
    }
}
