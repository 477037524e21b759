import { Window } from "happy-dom";
import { afterAll } from "vitest";

/** A DOM for React, which looks for the global one when it renders. */
const window = new Window();
export const { document } = window;
Object.assign(globalThis, { window, document });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });

afterAll(() => window.happyDOM.close());
