/** The time of the invocation was over; Lambda brings the event again. */
export class OutOfTimeError extends Error {
  constructor(eventId: string) {
    super(`event ${eventId} is not posted to everybody yet; it comes again and is gone on with`);
    this.name = "OutOfTimeError";
  }
}
