variable "stage" {
  type        = string
  description = "Stage of the API, and part of every name, for example live."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,32}$", var.stage))
    error_message = "stage takes 1 to 32 letters, digits, \"-\" and \"_\"."
  }
}

variable "access_logs" {
  type        = bool
  description = "Needs the role of API Gateway's account settings in this region; see README.md."
  default     = false
}

variable "domain" {
  type = object({
    name            = string
    certificate_arn = string
  })
  description = "The clients' host name, if not that of the API, and its certificate in the same region."
  default     = null
}
