/** An image that the service may have to draw first: few at a time, so that they never hold up the page's other calls. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const AT_ONCE = 2;
const waiting: (() => void)[] = [];
let active = 0;

function pump(): void {
  while (active < AT_ONCE) {
    const next = waiting.shift();
    if (!next) return;
    active++;
    next();
  }
}

/** Shows `children` until the image is there, and for good when there is none. */
export function PatientImage({ src, children }: { src: string; children: ComponentChildren }): JSX.Element {
  const place = useRef<HTMLSpanElement>(null);
  const [state, setState] = useState<"waiting" | "loading" | "there" | "missing">("waiting");
  const done = useRef<() => void>(() => undefined);

  useEffect(() => {
    let begun = false;
    let over = false;
    const start = (): void => {
      begun = true;
      setState("loading");
    };
    done.current = () => {
      if (over) return;
      over = true;
      if (begun) {
        active--;
        pump();
      } else if (waiting.includes(start)) waiting.splice(waiting.indexOf(start), 1);
    };
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((e) => e.isIntersecting)) return;
      seen.disconnect();
      waiting.push(start);
      pump();
    });
    if (place.current) seen.observe(place.current);
    return () => {
      seen.disconnect();
      done.current();
    };
  }, [src]);

  const end = (found: boolean): void => {
    setState(found ? "there" : "missing");
    done.current();
  };
  return (
    <span class="patient" ref={place}>
      {state !== "there" && children}
      {(state === "loading" || state === "there") && (
        <img class={state === "there" ? "" : "hidden"} src={src} alt="" onLoad={() => end(true)} onError={() => end(false)} />
      )}
    </span>
  );
}
