<?php

namespace Aws\Layer;

use AsyncAws\Core\Request;
use AsyncAws\Core\Signer\SignerV4;
use AsyncAws\Core\Signer\SigningContext;

/** Signature version 4 as S3 wants it: the path is signed as sent, and a large body stays a stream. */
final class S3Signer extends SignerV4
{
    protected function buildCanonicalPath(Request $request): string
    {
        return '/'.ltrim($request->getUri(), '/');
    }

    protected function convertBodyToStream(SigningContext $context): void {}
}
