"""Start LocalStack with only the services of SERVICES loaded, so that it boots quickly.

Secrets Manager pulls in Lambda for rotation, which takes two seconds and 40 MB to import. We do
not rotate by Lambda, so that dependency is dropped.
"""

from localstack.utils import bootstrap

bootstrap.API_DEPENDENCIES["secretsmanager"] = ["kms"]

from localstack.runtime.main import main  # noqa: E402 - after the change above

main()
