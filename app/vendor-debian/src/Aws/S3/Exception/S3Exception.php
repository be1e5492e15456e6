<?php

namespace Aws\S3\Exception;

use Aws\Exception\AwsException;

class S3Exception extends AwsException {}
