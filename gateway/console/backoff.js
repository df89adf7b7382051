/** Waiting before trying again: doubling, capped, with jitter so that many screens do not return at once. */

/** @param {number} attempt from 0 @param {{ firstMs: number, mostMs: number }} limits @returns {number} ms */
export function backoffMs(attempt, { firstMs, mostMs }) {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

/** Wait, or reject as soon as `signal` aborts. @param {number} ms @param {AbortSignal} signal */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const refuse = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", refuse);
      resolve(undefined);
    }, ms);
    if (signal.aborted) refuse();
    else signal.addEventListener("abort", refuse, { once: true });
  });
}
