<?php

namespace Tests\Vendor;

use Aws\Sqs\Exception\SqsException;
use Illuminate\Support\Facades\Mail;
use Illuminate\Support\Facades\Queue;
use Illuminate\Support\Facades\Storage;
use League\Flysystem\UnableToCheckFileExistence;
use League\Flysystem\UnableToReadFile;
use League\Flysystem\UnableToWriteFile;
use Symfony\Component\Mailer\Exception\TransportException;
use Tests\TestCase;

/**
 * What the app relies on when Laravel's own drivers call AWS. It holds for aws-sdk-php and for the classes that stand in for
 * it where the packages are Debian's.
 */
class AwsContractTest extends TestCase
{
    private const array KEYS = ['key' => 'AKIDEXAMPLE', 'secret' => 'secret', 'token' => 'session-token'];

    private static AwsEndpoint $aws;

    public static function setUpBeforeClass(): void
    {
        parent::setUpBeforeClass();
        self::$aws = AwsEndpoint::start();
    }

    public static function tearDownAfterClass(): void
    {
        self::$aws->stop();
        parent::tearDownAfterClass();
    }

    protected function setUp(): void
    {
        parent::setUp();
        putenv('AWS_ENDPOINT_URL='.self::$aws->url());
        putenv('AWS_EC2_METADATA_DISABLED=true');
        self::$aws->answers([200, [], '']);

        config([
            'filesystems.disks.s3' => [
                'region' => 'us-east-1', 'bucket' => 'uploads', 'use_path_style_endpoint' => true,
            ] + self::KEYS + config('filesystems.disks.s3'),
            'queue.connections.sqs' => [
                'prefix' => self::$aws->url().'/876000000876', 'queue' => 'tickets-jobs', 'after_commit' => false,
            ] + self::KEYS + config('queue.connections.sqs'),
            'services.ses' => ['region' => 'us-east-1'] + self::KEYS,
            'mail.from' => ['address' => 'tickets@876events.example', 'name' => '876 Events'],
        ]);
    }

    protected function tearDown(): void
    {
        foreach (['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_EC2_METADATA_DISABLED', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'] as $variable) {
            putenv($variable);
        }

        parent::tearDown();
    }

    public function test_a_job_is_posted_to_the_queue_and_signed(): void
    {
        self::$aws->answers([200, [], json_encode(['MessageId' => 'message-1'])]);

        $id = Queue::connection('sqs')->pushRaw('{"job":"x"}');

        $request = self::$aws->requests()[0];
        $this->assertSame('message-1', $id);
        $this->assertSame('POST /876000000876/tickets-jobs', "{$request['method']} {$request['uri']}");
        $this->assertSame('AmazonSQS.SendMessage', $request['headers']['x-amz-target']);
        $this->assertSame('{"job":"x"}', json_decode($request['body'], true)['MessageBody']);
        $this->assertMatchesRegularExpression('~Credential=AKIDEXAMPLE/\d{8}/us-east-1/sqs/aws4_request~', $request['headers']['authorization']);
        $this->assertSame('session-token', $request['headers']['x-amz-security-token']);
    }

    public function test_the_host_of_the_queue_wins_over_the_endpoint(): void
    {
        putenv('AWS_ENDPOINT_URL=http://127.0.0.1:9');
        self::$aws->answers([200, [], json_encode(['MessageId' => 'message-1'])]);

        Queue::connection('sqs')->pushRaw('{}');

        $this->assertCount(1, self::$aws->requests());
    }

    public function test_an_empty_queue_gives_no_job(): void
    {
        self::$aws->answers([200, [], '{}']);

        $this->assertNull(Queue::connection('sqs')->pop());
    }

    public function test_a_job_knows_how_often_it_was_received(): void
    {
        self::$aws->answers([200, [], json_encode(['Messages' => [[
            'MessageId' => 'message-1', 'ReceiptHandle' => 'handle', 'Body' => '{}', 'MD5OfBody' => md5('{}'),
            'Attributes' => ['ApproximateReceiveCount' => '2'],
        ]]])], [200, [], '']);

        $job = Queue::connection('sqs')->pop();
        $job->delete();

        $this->assertSame(2, $job->attempts());
        $this->assertSame('handle', json_decode(self::$aws->requests()[1]['body'], true)['ReceiptHandle']);
    }

    public function test_a_missing_queue_is_named_as_it_always_was(): void
    {
        self::$aws->answers([
            400,
            ['x-amzn-query-error' => 'AWS.SimpleQueueService.NonExistentQueue;Sender'],
            '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}',
        ]);

        try {
            Queue::connection('sqs')->pushRaw('{}');
            $this->fail('The queue is missing.');
        } catch (SqsException $exception) {
            $this->assertSame('AWS.SimpleQueueService.NonExistentQueue', $exception->getAwsErrorCode());
            $this->assertSame('The specified queue does not exist.', $exception->getAwsErrorMessage());
            $this->assertSame(400, $exception->getStatusCode());
        }
    }

    public function test_an_upload_names_no_acl_and_carries_its_digest(): void
    {
        Storage::disk('s3')->put('posters/a b+ü.txt', 'hello', ['ContentType' => 'text/plain']);

        $request = self::$aws->requests()[0];
        $this->assertSame('PUT /uploads/posters/a%20b%2B%C3%BC.txt', "{$request['method']} {$request['uri']}");
        $this->assertSame('hello', $request['body']);
        $this->assertSame('text/plain', $request['headers']['content-type']);
        $this->assertSame('', $request['headers']['x-amz-acl'] ?? '');
        $this->assertSame(hash('sha256', 'hello'), $request['headers']['x-amz-content-sha256']);
    }

    public function test_a_streamed_upload_is_whole_when_it_is_tried_again(): void
    {
        $body = random_bytes(300_000);
        $stream = fopen('php://temp', 'w+b');
        fwrite($stream, $body);
        rewind($stream);
        self::$aws->answers([503, [], ''], [200, [], '']);

        Storage::disk('s3')->writeStream('big.bin', $stream);

        $requests = self::$aws->requests();
        $this->assertCount(2, $requests);
        $this->assertSame(md5($body), md5($requests[1]['body']));
    }

    public function test_a_refused_upload_is_an_exception(): void
    {
        self::$aws->answers([403, [], '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>']);

        try {
            Storage::disk('s3')->put('a.txt', 'hello');
            $this->fail('The upload was refused.');
        } catch (UnableToWriteFile $exception) {
            $this->assertSame('AccessDenied', $exception->getPrevious()->getAwsErrorCode());
        }
    }

    public function test_a_missing_file_is_told_from_a_forbidden_one(): void
    {
        self::$aws->answers([404, [], '']);
        $this->assertFalse(Storage::disk('s3')->fileExists('a.txt'));

        self::$aws->answers([403, [], '']);
        $this->expectException(UnableToCheckFileExistence::class);
        Storage::disk('s3')->fileExists('a.txt');
    }

    public function test_a_file_is_read_with_its_type_and_its_metadata(): void
    {
        self::$aws->answers([200, ['Content-Type' => 'application/pdf', 'Last-Modified' => 'Mon, 23 Nov 2026 04:00:00 GMT'], '%PDF']);

        $this->assertSame('%PDF', Storage::disk('s3')->get('a.pdf'));
        $this->assertSame('application/pdf', Storage::disk('s3')->mimeType('a.pdf'));
        $this->assertSame(strtotime('2026-11-23T04:00:00Z'), Storage::disk('s3')->lastModified('a.pdf'));
    }

    public function test_reading_a_missing_file_says_which_key(): void
    {
        self::$aws->answers([404, [], '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>']);

        $this->expectException(UnableToReadFile::class);
        $this->expectExceptionMessage('posters/none.png');
        Storage::disk('s3')->get('posters/none.png');
    }

    public function test_a_listing_goes_on_to_the_next_page(): void
    {
        $page = static fn (string $key, string $more): array => [200, ['Content-Type' => 'application/xml'], <<<XML
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{$more}</IsTruncated>
            <Contents><Key>{$key}</Key><LastModified>2026-11-23T04:00:00.000Z</LastModified><Size>5</Size></Contents>
            <NextContinuationToken>next</NextContinuationToken></ListBucketResult>
            XML];
        self::$aws->answers($page('posters/1.png', 'true'), $page('posters/2.png', 'false'));

        $this->assertSame(['posters/1.png', 'posters/2.png'], Storage::disk('s3')->files('posters'));
        $this->assertStringContainsString('continuation-token=next', self::$aws->requests()[1]['uri']);
    }

    public function test_a_temporary_url_is_signed_for_its_time_and_makes_no_request(): void
    {
        parse_str(parse_url(Storage::disk('s3')->temporaryUrl('a.pdf', now()->addMinutes(5)), PHP_URL_QUERY), $query);

        $this->assertEqualsWithDelta(300, (int) $query['X-Amz-Expires'], 2);
        $this->assertSame('session-token', $query['X-Amz-Security-Token']);
        $this->assertMatchesRegularExpression('~^[0-9a-f]{64}$~', $query['X-Amz-Signature']);
        $this->assertSame([], self::$aws->requests());
    }

    public function test_a_service_may_have_an_endpoint_of_its_own(): void
    {
        putenv('AWS_ENDPOINT_URL=http://127.0.0.1:9');
        putenv('AWS_ENDPOINT_URL_S3='.self::$aws->url());

        Storage::disk('s3')->put('a.txt', 'hello');

        $this->assertCount(1, self::$aws->requests());
    }

    public function test_without_keys_the_task_role_signs(): void
    {
        putenv('AWS_CONTAINER_CREDENTIALS_FULL_URI='.self::$aws->url().'/v2/credentials/1');
        config(['filesystems.disks.s3.key' => null, 'filesystems.disks.s3.secret' => null, 'filesystems.disks.s3.token' => null]);
        self::$aws->answers([200, ['Content-Type' => 'application/json'], json_encode([
            'AccessKeyId' => 'ASIATASKROLE', 'SecretAccessKey' => 'secret', 'Token' => 'role-token',
            'Expiration' => gmdate('Y-m-d\TH:i:s\Z', time() + 3600),
        ])], [200, [], '']);

        Storage::disk('s3')->put('a.txt', 'hello');

        [$credentials, $upload] = self::$aws->requests();
        $this->assertSame('/v2/credentials/1', $credentials['uri']);
        $this->assertStringContainsString('Credential=ASIATASKROLE/', $upload['headers']['authorization']);
        $this->assertSame('role-token', $upload['headers']['x-amz-security-token']);
    }

    public function test_a_mail_goes_out_raw_with_its_recipients(): void
    {
        self::$aws->answers([200, ['Content-Type' => 'text/xml'], <<<'XML'
            <SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>mail-1</MessageId></SendRawEmailResult></SendRawEmailResponse>
            XML]);

        $sent = Mail::mailer('ses')->raw('Grüße', fn ($mail) => $mail->to('buyer@example.org')->bcc('archive@example.org')->subject('Hallo'));

        parse_str(str_replace('.', '_', self::$aws->requests()[0]['body']), $form);
        $this->assertSame('SendRawEmail', $form['Action']);
        $this->assertSame('buyer@example_org', $form['Destinations_member_1']);
        $this->assertSame('archive@example_org', $form['Destinations_member_2']);
        $this->assertStringContainsString("Subject: Hallo\r\n", base64_decode($form['RawMessage_Data']));
        $this->assertSame('mail-1', $sent->getOriginalMessage()->getHeaders()->get('X-SES-Message-ID')->getBodyAsString());
    }

    public function test_a_refused_mail_says_why(): void
    {
        self::$aws->answers([400, [], <<<'XML'
            <ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type><Code>MessageRejected</Code><Message>Email address is not verified.</Message></Error></ErrorResponse>
            XML]);

        $this->expectException(TransportException::class);
        $this->expectExceptionMessage('Request to AWS SES API failed. Reason: Email address is not verified.');
        Mail::mailer('ses')->raw('x', fn ($mail) => $mail->to('buyer@example.org')->subject('x'));
    }
}
