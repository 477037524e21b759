import { BuilderError } from "../errors.ts";

/** Says what is wrong with the value of an option, for example `is 5, not a function`. One that is absent is not given. */
export type OptionCheck = (value: unknown, isGiven: boolean) => string | undefined;

/** Every option that there is, with its check: another one is refused. */
export type OptionChecks<TOptions = Record<string, never>> = Readonly<
  Record<keyof TOptions, OptionCheck>
>;

/** Options of steps, by the step's name. */
export type StepOptions = Readonly<Record<string, OptionChecks>>;

/**
 * Checks options for callers without types. A misspelt one does nothing, and what a missing `authorize` does is to let
 * everybody in. Options may be inherited; an unknown one counts where it is the object's own and not `undefined`.
 *
 * @param step - whose options they are, for example `connect()`
 * @throws {@link BuilderError} for options that are no object, an unknown one, or one that its check refuses
 */
export function checkOptions(step: string, options: unknown, checks: OptionChecks): void {
  const known = `Known: ${Object.keys(checks).join(", ")}.`;
  if (typeof options !== "object" || options === null) {
    throw new BuilderError(`${step}: expected an object of options. ${known}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !Object.hasOwn(checks, name)) {
      throw new BuilderError(`${step}: unknown option "${name}". ${known}`);
    }
  }
  for (const [name, check] of Object.entries(checks)) {
    const problem = check(Reflect.get(options, name), name in options);
    if (problem !== undefined) throw new BuilderError(`${step}: ${name} ${problem}.`);
  }
}

/** For what is checked where it is used. */
export const anything: OptionCheck = () => undefined;

/** For what may be left out, and be `undefined`. */
export function optional(check: OptionCheck): OptionCheck {
  return (value, isGiven) => (value === undefined ? undefined : check(value, isGiven));
}

export const callback: OptionCheck = optional((value) =>
  typeof value === "function" ? undefined : `is ${shown(value)}, not a function`,
);

/** `NaN` is none: nothing is below it, and nothing above. */
export function number(least?: number): OptionCheck {
  return optional((value) =>
    typeof value === "number" && value >= (least ?? value)
      ? undefined
      : `is ${shown(value)}, not a number${least === undefined ? "" : ` of ${least} or more`}`,
  );
}

/** For what keeps somebody out. It may be left out, but not be `undefined`, as an import is that has another name. */
export function guard(check: OptionCheck, meaning: string): OptionCheck {
  return (value, isGiven) =>
    isGiven && value === undefined
      ? `is undefined, so ${meaning}. Mend the import or variable it is from, or leave it out if that is meant`
      : check(value, isGiven);
}

/** A value for a message, as far as it is one that is written. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
