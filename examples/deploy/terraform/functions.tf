locals {
  # Posts go to the API itself, whatever address the clients use.
  endpoint = replace(aws_apigatewayv2_stage.live.invoke_url, "wss://", "https://")

  publishing = {
    WEBSOCKET_ENDPOINT = local.endpoint
    QUEUE_URL          = aws_sqs_queue.fan_outs.url
  }

  functions = {
    connect = {
      handler     = "handlers.connect"
      timeout     = 10
      environment = {}
      policy      = data.aws_iam_policy_document.connect.json
    }
    disconnect = {
      handler     = "handlers.disconnect"
      timeout     = 10
      environment = {}
      policy      = data.aws_iam_policy_document.disconnect.json
    }
    default = {
      handler     = "handlers.handler"
      timeout     = 29 # API Gateway waits no longer for an answer
      environment = {}
      policy      = data.aws_iam_policy_document.default.json
    }
    send_ping = {
      handler     = "sendPing.handler"
      timeout     = 30
      environment = local.publishing
      policy      = data.aws_iam_policy_document.send_ping.json
    }
    worker = {
      handler     = "fanOut.worker"
      timeout     = 30
      environment = local.publishing
      policy      = data.aws_iam_policy_document.worker.json
    }
  }
}

# Made by bundle.ts.
data "archive_file" "bundle" {
  type        = "zip"
  source_dir  = "${path.module}/../build"
  output_path = "${path.module}/.terraform/bundle.zip"
}

resource "aws_lambda_function" "ping" {
  for_each = local.functions

  function_name    = "ping-${var.stage}-${each.key}"
  filename         = data.archive_file.bundle.output_path
  source_code_hash = data.archive_file.bundle.output_base64sha256
  handler          = each.value.handler
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = each.value.timeout
  role             = aws_iam_role.functions[each.key].arn

  environment {
    variables = merge({ TABLE_NAME = aws_dynamodb_table.subscriptions.name }, each.value.environment)
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.logs.name
  }

  depends_on = [aws_iam_role_policy.functions, aws_iam_role_policy_attachment.logs]
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "functions" {
  for_each = local.functions

  name               = "ping-${var.stage}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "functions" {
  for_each = local.functions

  role   = aws_iam_role.functions[each.key].name
  policy = each.value.policy
}

resource "aws_iam_role_policy_attachment" "logs" {
  for_each = local.functions

  role       = aws_iam_role.functions[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_event_source_mapping" "worker" {
  event_source_arn        = aws_sqs_queue.fan_outs.arn
  function_name           = aws_lambda_function.ping["worker"].function_name
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  # Workers share the account's quota of requests: more of them only get more refusals.
  scaling_config {
    maximum_concurrency = 5
  }
}
