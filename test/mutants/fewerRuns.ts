import fc from "fast-check";

/** Longest time of one property: a mutant that it notices, it notices early. */
const LIMIT_MS = 300;

fc.configureGlobal({ interruptAfterTimeLimit: LIMIT_MS });
