output "client_url" {
  value = var.domain == null ? aws_apigatewayv2_stage.live.invoke_url : "wss://${var.domain.name}"
}

output "publisher_endpoint" {
  value = local.endpoint
}

output "send_ping_function" {
  value = aws_lambda_function.ping["send_ping"].function_name
}

output "domain_target" {
  description = "Make the domain a CNAME of it."
  value       = one(aws_apigatewayv2_domain_name.clients[*].domain_name_configuration[0].target_domain_name)
}
