import os
import subprocess
import sys

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tools.engine.dynamic_host import DynamicHost
from tools.engine.home import REPOSITORY


def test_the_host_can_be_attached_to_and_is_the_sdk_s_own_provider() -> None:
    host = DynamicHost(dict(os.environ))
    try:
        port = host.port()
        assert port > 0
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            provider = provider_pb2_grpc.ResourceProviderStub(channel)
            assert provider.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"), timeout=10) == empty_pb2.Empty()
            assert provider.GetPluginInfo(empty_pb2.Empty(), timeout=10).version
            assert provider.Configure(provider_pb2.ConfigureRequest(), timeout=10).acceptSecrets is False
    finally:
        host.close()


def test_the_host_ends_with_the_command_line_that_started_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "tools.engine.dynamic_host"], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert int(process.stdout.readline()) > 0
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    process.stdout.close()
