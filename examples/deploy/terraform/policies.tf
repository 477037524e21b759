# The least each function needs: SECURITY.md of the package. A test compares them.

data "aws_iam_policy_document" "connect" {
  statement {
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["connection#*"]
    }
  }
}

data "aws_iam_policy_document" "disconnect" {
  statement {
    actions   = ["dynamodb:UpdateItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["connection#*"]
    }
  }

  statement {
    actions   = ["dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["path#*"]
    }
  }
}

data "aws_iam_policy_document" "default" {
  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["connection#*"]
    }
  }

  statement {
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["connection#*", "path#*"]
    }
  }

  statement {
    actions   = ["dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["path#*"]
    }
  }

  # This one and the next are for routes with history.
  statement {
    actions   = ["dynamodb:Query"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["event#*"]
    }
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["quiet#*"]
    }
  }

  statement {
    actions   = ["execute-api:ManageConnections"]
    resources = ["${aws_apigatewayv2_stage.live.execution_arn}/POST/@connections/*"]
  }
}

data "aws_iam_policy_document" "send_ping" {
  statement {
    actions   = ["dynamodb:Query", "dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["path#*"]
    }
  }

  statement {
    actions   = ["dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["connection#*"]
    }
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["secret#cursor", "fanOut#*"]
    }
  }

  statement {
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["fanOut#*"]
    }
  }

  # This one and the next are for routes with history.
  statement {
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["event#*", "published#*"]
    }
  }

  statement {
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["published#*"]
    }
  }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.fan_outs.arn]
  }

  statement {
    actions = ["execute-api:ManageConnections"]
    resources = [
      "${aws_apigatewayv2_stage.live.execution_arn}/POST/@connections/*",
      "${aws_apigatewayv2_stage.live.execution_arn}/DELETE/@connections/*",
    ]
  }
}

data "aws_iam_policy_document" "worker" {
  statement {
    actions   = ["dynamodb:Query", "dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["path#*"]
    }
  }

  statement {
    actions   = ["dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["connection#*"]
    }
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["fanOut#*"]
    }
  }

  statement {
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["secret#cursor"]
    }
  }

  # An event with history that it comes late to is kept anew.
  statement {
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.subscriptions.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["event#*"]
    }
  }

  statement {
    actions = ["execute-api:ManageConnections"]
    resources = [
      "${aws_apigatewayv2_stage.live.execution_arn}/POST/@connections/*",
      "${aws_apigatewayv2_stage.live.execution_arn}/DELETE/@connections/*",
    ]
  }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.fan_outs.arn]
  }

  statement {
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.fan_outs.arn]
  }
}
