<?php

namespace Aws\Sqs\Exception;

use Aws\Exception\AwsException;

class SqsException extends AwsException {}
