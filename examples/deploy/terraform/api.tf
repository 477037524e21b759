resource "aws_apigatewayv2_api" "ping" {
  name                       = "ping-${var.stage}"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_stage" "live" {
  api_id      = aws_apigatewayv2_api.ping.id
  name        = var.stage
  auto_deploy = true

  # Of the 10,000 requests a second that the account has by default, posts to subscribers take the rest.
  default_route_settings {
    throttling_rate_limit  = 1000
    throttling_burst_limit = 500
  }

  # A query string, a header or what an authorizer returned may hold a token: none of them is logged.
  dynamic "access_log_settings" {
    for_each = var.access_logs ? [true] : []

    content {
      destination_arn = aws_cloudwatch_log_group.logs.arn
      format = jsonencode({
        requestId          = "$context.requestId"
        requestTime        = "$context.requestTime"
        eventType          = "$context.eventType"
        routeKey           = "$context.routeKey"
        connectionId       = "$context.connectionId"
        status             = "$context.status"
        integrationStatus  = "$context.integrationStatus"
        integrationLatency = "$context.integrationLatency"
        error              = "$context.error.message"
      })
    }
  }
}

locals {
  # Route key to function. All three may go to one; see README.md.
  routes = {
    "$connect"    = "connect"
    "$disconnect" = "disconnect"
    "$default"    = "default"
  }
}

resource "aws_apigatewayv2_integration" "routes" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.ping.id
  integration_type   = "AWS_PROXY"
  integration_method = "POST"
  integration_uri    = aws_lambda_function.ping[each.value].invoke_arn
}

resource "aws_apigatewayv2_route" "routes" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.ping.id
  route_key          = each.key
  authorization_type = "NONE" # `authorize` of the handler decides
  target             = "integrations/${aws_apigatewayv2_integration.routes[each.key].id}"
}

resource "aws_lambda_permission" "routes" {
  for_each = local.routes

  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.ping[each.value].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.ping.execution_arn}/*/${each.key}"
}

resource "aws_apigatewayv2_domain_name" "clients" {
  count = var.domain == null ? 0 : 1

  domain_name = var.domain.name

  domain_name_configuration {
    certificate_arn = var.domain.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "clients" {
  count = var.domain == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.ping.id
  domain_name = aws_apigatewayv2_domain_name.clients[0].id
  stage       = aws_apigatewayv2_stage.live.id
}
