/** An error of the Event API, as its clients see it. */
export class EventApiFailure extends Error {
  override readonly name = "EventApiFailure";
  /** For example `UnauthorizedException`. */
  readonly errorType: string;
  /** Of the answer to an HTTP request. */
  readonly statusCode: number;

  constructor(errorType: string, message: string, statusCode = 400) {
    super(message);
    this.errorType = errorType;
    this.statusCode = statusCode;
  }
}

/** What cannot be understood, or breaks a quota. */
export function badRequest(message: string): EventApiFailure {
  return new EventApiFailure("BadRequestException", message);
}

/** The one answer to whoever may not do something. */
export function unauthorized(statusCode = 401): EventApiFailure {
  return new EventApiFailure(
    "UnauthorizedException",
    "You are not authorized to make this call.",
    statusCode,
  );
}

/** A failure for whatever was thrown. */
export function failureOf(error: unknown): EventApiFailure {
  if (error instanceof EventApiFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EventApiFailure("InternalFailure", message, 500);
}
