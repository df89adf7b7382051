/** One timer for everything that shows running time: a "second" event just after each full second. */

export const ticker = new EventTarget();

function tick() {
  ticker.dispatchEvent(new Event("second"));
  setTimeout(tick, 1005 - (Date.now() % 1000));
}

tick();
