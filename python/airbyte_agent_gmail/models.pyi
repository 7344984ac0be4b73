from ._config import AirbyteAuthConfig as AirbyteAuthConfig
from ._config import GmailAuthConfig as GmailAuthConfig
from ._config import GmailReplicationConfig as GmailReplicationConfig
from ._models import *
from ._result import GmailCheckResult as GmailCheckResult
