// One WebSocket that comes back: after a loss it is opened again, later and later, with chance in the delay, and at once
// when the browser finds its network again or the page is looked at.

const FIRST_DELAY = 500;
const MOST_DELAY = 30_000;
/** A connection that lasted this long was a good one: the next loss begins with the first delay. */
const GOOD_AFTER = 10_000;
const OPENING_LIMIT = 10_000;
const PROBE_LIMIT = 5_000;

/**
 * ms to wait before that attempt, counted from 0. Half of it is chance: the pages of a server that restarts come back one
 * by one, not all in one moment.
 */
export function retryDelay(attempt, random) {
  const most = Math.min(MOST_DELAY, FIRST_DELAY * 2 ** attempt);
  return most / 2 + (most / 2) * random();
}

/** What a browser has; tests bring their own. */
export function browser() {
  return {
    open: (url) => new WebSocket(url),
    now: () => performance.now(),
    random: Math.random,
    setTimer: (callback, delay) => setTimeout(callback, delay),
    clearTimer: (timer) => clearTimeout(timer),
    isOnline: () => navigator.onLine,
    /** Calls back when a try has become more promising than it was. */
    onHope(callback) {
      addEventListener("online", callback);
      addEventListener("pageshow", (event) => event.persisted && callback());
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") callback();
      });
    },
  };
}

/**
 * @param urlOf what to open, asked for each time.
 * @param handlers
 *   onOpen(); onMessage(object); onClose({code, reason}), of a connection that was open; onState(state), one of
 *   {kind: "connecting"}, {kind: "open"}, {kind: "waiting", until, isOnline}, `until` on the clock of `world.now`.
 * @param {any} [world]
 */
export function keepConnected(urlOf, handlers, world = browser()) {
  let socket = null;
  let attempt = 0;
  let openedAt = null;
  /** Runs while connecting, while waiting, and while a probe is out. */
  let timer = null;

  function setTimer(callback, delay) {
    world.clearTimer(timer);
    timer = callback === null ? null : world.setTimer(callback, delay);
  }

  function connect() {
    openedAt = null;
    socket = world.open(urlOf());
    const own = socket;
    const unlessOld = (act) => (event) => {
      if (socket === own) act(event);
    };
    own.addEventListener("open", unlessOld(opened));
    own.addEventListener("message", unlessOld(received));
    own.addEventListener("close", unlessOld(lost));
    setTimer(abandon, OPENING_LIMIT);
    handlers.onState({ kind: "connecting" });
  }

  function opened() {
    setTimer(null);
    openedAt = world.now();
    handlers.onState({ kind: "open" });
    handlers.onOpen();
  }

  function received({ data }) {
    setTimer(null); // whoever speaks is there
    handlers.onMessage(JSON.parse(data));
  }

  function lost({ code, reason }) {
    const wasOpen = openedAt !== null;
    if (wasOpen && world.now() - openedAt >= GOOD_AFTER) attempt = 0;
    socket = null;
    openedAt = null;
    const delay = retryDelay(attempt, world.random);
    attempt += 1;
    setTimer(connect, delay);
    if (wasOpen) handlers.onClose({ code, reason });
    handlers.onState({ kind: "waiting", until: world.now() + delay, isOnline: world.isOnline() });
  }

  /** Gives the connection up without waiting for what the network has to say about it. */
  function abandon() {
    const old = socket;
    lost({ code: 1006, reason: "no answer" });
    old.close();
  }

  function send(message) {
    if (openedAt === null) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  function retryNow() {
    if (socket !== null) return;
    connect();
  }

  world.onHope(() => {
    retryNow();
    // A connection may have died while nobody looked, and a browser does not notice until it sends.
    if (send({ type: "probe" })) setTimer(abandon, PROBE_LIMIT);
  });
  connect();
  return { send, retryNow };
}
