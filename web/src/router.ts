/** Addresses of pages: history without a library. */

import { useEffect, useState } from "preact/hooks";

const listeners = new Set<() => void>();

export function go(to: string, replace = false): void {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  for (const listener of listeners) listener();
}

export function useAddress(): URL {
  const [address, setAddress] = useState(location.href);
  useEffect(() => {
    const look = (): void => setAddress(location.href);
    listeners.add(look);
    addEventListener("popstate", look);
    return () => {
      listeners.delete(look);
      removeEventListener("popstate", look);
    };
  }, []);
  return new URL(address);
}
