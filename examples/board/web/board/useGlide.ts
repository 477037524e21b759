import { type RefObject, useLayoutEffect, useRef } from "react";

const GLIDE = { duration: 320, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };

interface Place {
  readonly left: number;
  readonly top: number;
}

/**
 * Lets cards glide from where they were to where they are, also from one lane to another.
 *
 * @param isOn - off while a card is held: the one who holds it moves it
 */
export function useGlide(container: RefObject<HTMLElement | null>, isOn: boolean): void {
  const places = useRef<ReadonlyMap<string, Place>>(new Map());
  const wasOn = useRef(isOn);
  useLayoutEffect(() => {
    const { current: element } = container;
    if (element === null) return;
    const before = places.current;
    const glides = isOn && wasOn.current && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const origin = element.getBoundingClientRect();
    const after = new Map<string, Place>();
    for (const card of element.querySelectorAll<HTMLElement>("[data-card]")) {
      const id = card.dataset["card"] ?? "";
      const { left, top } = card.getBoundingClientRect();
      const place = { left: left - origin.left, top: top - origin.top };
      after.set(id, place);
      const from = before.get(id);
      if (glides && from !== undefined) glide(card, from, place);
    }
    places.current = after;
    wasOn.current = isOn;
  });
}

function glide(card: HTMLElement, from: Place, to: Place): void {
  const x = from.left - to.left;
  const y = from.top - to.top;
  if (Math.abs(x) < 1 && Math.abs(y) < 1) return;
  card.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], GLIDE);
}
