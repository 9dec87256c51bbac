"""Beside OpenTelemetry's instrumentation of botocore: calls to a mock are traced like others."""


def test_spans(run_pytest):
    """Each call to a mock has its span, with status, Region and error, through both seams."""
    result = run_pytest(
        """
    import boto3, pytest
    from botocore.exceptions import ClientError
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from pytest_kmsmock import mock_kms

    @pytest.fixture
    def spans():
        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        instrumentor = BotocoreInstrumentor()
        instrumentor.instrument(tracer_provider=provider)
        yield exporter
        instrumentor.uninstrument()
        provider.shutdown()

    @pytest.mark.parametrize("wire", [False, True])
    def test_it(spans, wire):
        with mock_kms(wire=wire):
            client = boto3.client("kms", region_name="eu-west-1")
            created = client.create_key()
            with pytest.raises(ClientError):
                client.describe_key(KeyId="alias/app")

        assert [
            ("KMS.CreateKey", "eu-west-1", 200, True, None),
            ("KMS.DescribeKey", "eu-west-1", 400, False, "NotFoundException"),
        ] == [
            (
                span.name,
                span.attributes["cloud.region"],
                span.attributes["http.status_code"],
                span.status.is_ok,
                next((event.attributes["exception.type"].split(".")[-1]
                      for event in span.events), None),
            )
            for span in spans.get_finished_spans()
        ]
        assert (
            created["ResponseMetadata"]["RequestId"]
            == spans.get_finished_spans()[0].attributes["aws.request_id"]
        )
    """
    )

    result.assert_outcomes(passed=2)
