"""Start LocalStack so that it boots in a second, and refuses as AWS refuses."""

import os
import sys

from localstack.utils import bootstrap
from localstack.utils.aws import aws_stack

# Secrets Manager asks for Lambda, for rotation. We do not rotate by Lambda, which takes two seconds
# and 40 MB to import.
bootstrap.API_DEPENDENCIES["secretsmanager"] = ["kms"]

# Its own client of S3 looks up a name on the internet, for ten seconds where there is none.
aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS = False

from localstack.runtime.main import main  # noqa: E402 - after the changes above

sys.path.insert(0, "/opt/harness")
from harness.standins.emulator import gateway, smtp  # noqa: E402 - from the place above

gateway.install()
smtp.start(os.environ, api="http://127.0.0.1:4566")
main()
