<?php

namespace Aws\Ses\Exception;

use Aws\Exception\AwsException;

class SesException extends AwsException {}
