terraform {
  required_version = ">= 1.5"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.0"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

resource "aws_dynamodb_table" "subscriptions" {
  name         = "ping-${var.stage}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "expireAt"
    enabled        = true
  }

  # Rows last as long as a connection. A backup would only keep sessions for longer.
  point_in_time_recovery {
    enabled = false
  }
}

# For publishes to more subscribers than one function should post to.
resource "aws_sqs_queue" "fan_outs" {
  name                       = "ping-${var.stage}-fan-outs"
  visibility_timeout_seconds = 180 # six times the worker's timeout

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_fan_outs.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "dead_fan_outs" {
  name                      = "ping-${var.stage}-dead-fan-outs"
  message_retention_seconds = 1209600
}

resource "aws_cloudwatch_log_group" "logs" {
  name              = "/ping/${var.stage}"
  retention_in_days = 30
}
